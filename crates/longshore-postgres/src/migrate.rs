//! Bringing the schema to this program's version.

use longshore_core::Timestamp;
use longshore_store::{Error, ErrorKind, Migrated, Result, SchemaStatus};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, SqlStr};

use crate::{
    bind::bind,
    error::refused,
    schema::{MIGRATIONS, status},
    sql::render,
    weeks,
    wire::Wire,
};

/// Weeks that a schema has ahead after a migration.
pub(crate) const WEEKS_AHEAD: u32 = 5;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS longshore.migrations (
    version integer NOT NULL PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT statement_timestamp())";

const RECORD: &str =
    "INSERT INTO longshore.migrations (version, name, checksum) VALUES ($1, $2, $3)";

/// Applies what is missing, inside the caller's transaction. Whoever comes second waits for the lock,
/// and then finds nothing to do.
pub(crate) async fn migrate(wire: &mut Wire<'_>, schema: &str) -> Result<Migrated> {
    wire.raw("SET LOCAL statement_timeout = 0").await?;
    let lock = SqlStr::from_static("SELECT pg_advisory_xact_lock($1::int8)");
    wire.rows(&lock, bind![lock_number("migrate", schema)]?).await?;
    let missing = match status(wire, schema).await? {
        SchemaStatus::Unknown { problem, .. } => return Err(unknown(&problem)),
        SchemaStatus::Current { version } | SchemaStatus::Newer { version } => {
            return Ok(Migrated { applied: Vec::new(), version });
        }
        SchemaStatus::Pending { version, .. } => i32::try_from(version).unwrap_or(i32::MAX),
    };
    make_schema(wire, schema).await?;
    wire.raw(render(schema, TABLE)).await?;
    let mut migrated = Migrated::default();
    for step in MIGRATIONS.iter().filter(|step| step.version > missing) {
        wire.raw(render(schema, step.text)).await?;
        let record = render(schema, RECORD);
        wire.rows(&record, bind![step.version, step.name, step.checksum()]?).await?;
        migrated.applied.push(step.name.to_owned());
        migrated.version = u32::try_from(step.version).unwrap_or_default();
    }
    if missing == 0 {
        for week in weeks::around(now(wire).await?, WEEKS_AHEAD) {
            weeks::make(wire, schema, week).await?;
        }
    }
    Ok(migrated)
}

/// The error for a schema that this program must not touch.
pub(crate) fn unknown(problem: &str) -> Error {
    let message =
        format!("this program does not know the database's schema, and writes nothing: {problem}");
    Error::new(ErrorKind::Schema, message)
}

/// The number of an advisory lock for a purpose of ours in this schema.
pub(crate) fn lock_number(purpose: &str, schema: &str) -> i64 {
    let digest = Sha256::digest(format!("longshore {purpose} {schema}"));
    digest.iter().take(8).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

/// The server's clock.
pub(crate) async fn now(wire: &mut Wire<'_>) -> Result<Timestamp> {
    let ask = SqlStr::from_static("SELECT statement_timestamp() AS now");
    let row = wire.row(&ask, bind![]?).await?;
    let row = row.ok_or_else(|| {
        Error::new(ErrorKind::Internal, "PostgreSQL does not say what time it is")
    })?;
    row.try_get("now").map_err(refused)
}

/// `IF NOT EXISTS` would ask for the right to create schemas even where ours was made by somebody else.
async fn make_schema(wire: &mut Wire<'_>, schema: &str) -> Result<()> {
    let ask = SqlStr::from_static("SELECT to_regnamespace($1::text) IS NOT NULL AS made");
    let row = wire.row(&ask, bind![format!("\"{schema}\"")]?).await?;
    let made: bool = row.map_or(Ok(false), |row| row.try_get("made")).map_err(refused)?;
    if made {
        return Ok(());
    }
    // Safe: the name was checked to be a plain identifier.
    wire.raw(AssertSqlSafe(format!("CREATE SCHEMA \"{schema}\""))).await
}
