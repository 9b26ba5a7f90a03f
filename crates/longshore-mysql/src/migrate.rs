//! Bringing the schema to this program's version.
//!
//! A statement that makes or changes a table commits by itself here, so a step is no transaction. The
//! database remembers how many statements of a step are done; whoever comes after a crash goes on there.

use longshore_store::{Error, ErrorKind, Migrated, Result, SchemaStatus};

use crate::{
    bind::bind,
    error::is_done_already,
    schema::{Applied, Found, MIGRATIONS, Migration},
    sql::{Home, Sql},
    unit::now,
    weeks,
    wire::Wire,
};

/// Weeks that a schema has ahead after a migration.
pub(crate) const WEEKS_AHEAD: u32 = 5;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS longshore_migrations (
    version INT NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, checksum CHAR(64) NOT NULL,
    done INT NOT NULL DEFAULT 0, applied_at DATETIME(6)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

const BEGIN: &str = "INSERT INTO longshore_migrations (version, name, checksum) VALUES (?, ?, ?)";
const DONE: &str = "UPDATE longshore_migrations SET done = ? WHERE version = ?";
const END: &str = "UPDATE longshore_migrations SET applied_at = UTC_TIMESTAMP(6) WHERE version = ?";

/// Applies what is missing, on a connection that holds the lock of migrations.
pub(crate) async fn migrate(wire: &mut Wire<'_>, sql: &Sql, home: &Home) -> Result<Migrated> {
    let found = Found::look(wire, home).await?;
    match found.status() {
        SchemaStatus::Unknown { problem, .. } => return Err(unknown(&problem)),
        SchemaStatus::Current { version } | SchemaStatus::Newer { version } => {
            return Ok(Migrated { applied: Vec::new(), version });
        }
        SchemaStatus::Pending { .. } => {}
    }
    wire.raw(home.render(TABLE)).await?;
    let mut migrated = Migrated::default();
    for step in MIGRATIONS {
        migrated.version = u32::try_from(step.version).unwrap_or_default();
        let before = found.begun.iter().find(|one| one.version == step.version);
        if before.is_none_or(|one| !one.is_complete) {
            apply(wire, sql, home, step, before).await?;
            migrated.applied.push(step.name.to_owned());
        }
    }
    Ok(migrated)
}

async fn apply(
    wire: &mut Wire<'_>,
    sql: &Sql,
    home: &Home,
    step: &Migration,
    before: Option<&Applied>,
) -> Result<()> {
    if before.is_none() {
        let begin = bind![step.version, step.name, step.checksum()]?;
        wire.change(&home.render(BEGIN), begin).await?;
    }
    let done = before.map_or(0, |one| one.done);
    for (number, statement) in (1i32..).zip(step.statements()).filter(|(number, _)| *number > done)
    {
        let made = wire.raw(home.render(&statement)).await;
        // Whoever broke off may have made it without the time to say so.
        let made_before = before.is_some() && number == done + 1;
        made.or_else(
            |error| if made_before && is_done_already(&error) { Ok(()) } else { Err(error) },
        )?;
        wire.change(&home.render(DONE), bind![number, step.version]?).await?;
    }
    if step.version == 1 {
        let now = now(wire).await?;
        weeks::make(wire, sql, home, now, WEEKS_AHEAD).await?;
    }
    wire.change(&home.render(END), bind![step.version]?).await.map(|_| ())
}

/// The error for a schema that this program must not touch.
pub(crate) fn unknown(problem: &str) -> Error {
    let message =
        format!("this program does not know the database's schema, and writes nothing: {problem}");
    Error::new(ErrorKind::Schema, message)
}
