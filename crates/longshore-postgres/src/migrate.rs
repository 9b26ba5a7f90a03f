//! Bringing the schema to this program's version.

use longshore_core::Timestamp;
use longshore_store::{Error, ErrorKind, Migrated, Result, SchemaStatus, SchemaStep};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Row, SqlStr};

use crate::{
    bind::bind,
    error::refused,
    schema::{STEPS, status},
    sql::{renamed, render},
    weeks,
    wire::Wire,
};

/// Weeks that a schema has ahead after a migration.
pub(crate) const WEEKS_AHEAD: u32 = 5;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS longshore.migrations (
    version integer NOT NULL PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT statement_timestamp())";

/// Applies what is missing, inside the caller's transaction. Whoever comes second waits for the lock,
/// and then finds nothing to do.
pub(crate) async fn migrate(wire: &mut Wire<'_>, schema: &str) -> Result<Migrated> {
    wire.raw("SET LOCAL statement_timeout = 0").await?;
    let lock = SqlStr::from_static("SELECT pg_advisory_xact_lock($1::int8)");
    wire.rows(&lock, bind![lock_number("migrate", schema)]?).await?;
    let status = status(wire, schema).await?;
    status.known()?;
    let found = match status {
        SchemaStatus::Pending { version, .. } => version,
        SchemaStatus::Current { version }
        | SchemaStatus::Newer { version }
        | SchemaStatus::Unknown { version, .. } => {
            return Ok(Migrated { applied: Vec::new(), version });
        }
    };
    make_schema(wire, schema).await?;
    wire.raw(render(schema, TABLE)).await?;
    let mut migrated = Migrated::default();
    for step in missing(found) {
        wire.raw(render(schema, step.text)).await?;
        wire.raw(AssertSqlSafe(recording(schema, step))).await?;
        migrated.applied.push(step.name());
        migrated.version = step.version;
    }
    if found == 0 {
        for week in weeks::around(now(wire).await?, WEEKS_AHEAD) {
            weeks::make(wire, schema, week).await?;
        }
    }
    Ok(migrated)
}

/// What a migration of a schema of this version runs, for people.
pub(crate) fn statements(schema: &str, version: u32, now: Timestamp) -> Vec<String> {
    let is_fresh = version == 0;
    let first = is_fresh.then(|| format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""));
    let steps = missing(version).flat_map(|step| {
        let made = step.statements().map(|text| renamed(schema, &text));
        made.chain([recording(schema, step)]).collect::<Vec<_>>()
    });
    let weeks = weeks::around(now, WEEKS_AHEAD).filter(|_| is_fresh);
    let weeks = weeks.flat_map(|week| weeks::making(schema, week));
    let record = is_fresh.then(|| renamed(schema, TABLE));
    let all = first.into_iter().chain(record).chain(steps).chain(weeks);
    all.map(|statement| format!("{statement};")).collect()
}

fn missing(found: u32) -> impl Iterator<Item = &'static SchemaStep> {
    STEPS.iter().filter(move |step| step.version > found)
}

/// Remembers a step. Safe: a checked schema, and the rest is ours.
fn recording(schema: &str, step: &SchemaStep) -> String {
    let (version, title, checksum) = (step.version, step.title, step.checksum());
    format!(
        "INSERT INTO \"{schema}\".migrations (version, name, checksum) VALUES ({version}, '{title}', '{checksum}')"
    )
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
