//! Bringing the schema to this program's version.
//!
//! A statement that makes or changes a table commits by itself here, so a step is no transaction. The
//! database remembers how many statements of a step are done; whoever comes after a crash goes on there.

use longshore_core::Timestamp;
use longshore_store::{Migrated, Result, SchemaStatus, SchemaStep};

use crate::{
    bind::bind,
    clock::now,
    error::is_done_already,
    schema::{Begun, Found, STEPS},
    sql::{Home, Sql},
    weeks,
    wire::Wire,
};

/// Weeks that a schema has ahead after a migration.
pub(crate) const WEEKS_AHEAD: u32 = 5;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS longshore_migrations (
    version INT NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL, checksum CHAR(64) NOT NULL,
    done INT NOT NULL DEFAULT 0, applied_at DATETIME(6)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

const DONE: &str = "UPDATE longshore_migrations SET done = ? WHERE version = ?";

/// Applies what is missing, on a connection that holds the lock of migrations.
pub(crate) async fn migrate(wire: &mut Wire<'_>, sql: &Sql, home: &Home) -> Result<Migrated> {
    let found = Found::look(wire, home).await?;
    let status = found.status();
    status.known()?;
    if let SchemaStatus::Current { version } | SchemaStatus::Newer { version } = status {
        return Ok(Migrated { applied: Vec::new(), version });
    }
    wire.raw(home.render(TABLE)).await?;
    let mut migrated = Migrated::default();
    for step in STEPS {
        migrated.version = step.version;
        let begun = found.begun(step);
        if begun != Begun::Complete {
            apply(wire, sql, home, step, begun).await?;
            migrated.applied.push(step.name());
        }
    }
    Ok(migrated)
}

async fn apply(
    wire: &mut Wire<'_>,
    sql: &Sql,
    home: &Home,
    step: &SchemaStep,
    begun: Begun,
) -> Result<()> {
    let before = match begun {
        Begun::Half { done } => Some(done),
        Begun::Not | Begun::Complete => {
            wire.raw(home.render(&recording(step))).await?;
            None
        }
    };
    let version = i32::try_from(step.version).unwrap_or(i32::MAX);
    let done = before.unwrap_or(0);
    for (number, statement) in (1i32..).zip(step.statements()).filter(|(number, _)| *number > done)
    {
        let made = wire.raw(home.render(&statement)).await;
        // Whoever broke off may have made it without the time to say so.
        let made_before = before.is_some() && number == done + 1;
        made.or_else(
            |error| if made_before && is_done_already(&error) { Ok(()) } else { Err(error) },
        )?;
        wire.change(&home.render(DONE), bind![number, version]?).await?;
    }
    if step.version == 1 {
        let now = now(wire).await?;
        weeks::make(wire, sql, home, now, WEEKS_AHEAD).await?;
    }
    wire.raw(home.render(&completing(step))).await
}

/// What a migration of a schema of this version runs, for people.
pub(crate) fn statements(home: &Home, version: u32, now: Timestamp) -> Vec<String> {
    let record = (version == 0).then(|| TABLE.to_owned());
    let steps = STEPS.iter().filter(|step| step.version > version).flat_map(|step| {
        let weeks = match step.version {
            1 => weeks::making(now, WEEKS_AHEAD),
            _ => Vec::new(),
        };
        let ends = weeks.into_iter().chain([completing(step)]);
        [recording(step)].into_iter().chain(step.statements()).chain(ends).collect::<Vec<_>>()
    });
    let all = record.into_iter().chain(steps);
    all.map(|statement| format!("{};", home.render(&statement).as_str())).collect()
}

/// Remembers that a step is begun: plain text, all of it ours.
fn recording(step: &SchemaStep) -> String {
    let (version, title, checksum) = (step.version, step.title, step.checksum());
    format!(
        "INSERT INTO longshore_migrations (version, name, checksum) VALUES ({version}, '{title}', '{checksum}')"
    )
}

/// Remembers that it is complete.
fn completing(step: &SchemaStep) -> String {
    format!(
        "UPDATE longshore_migrations SET applied_at = UTC_TIMESTAMP(6) WHERE version = {}",
        step.version
    )
}
