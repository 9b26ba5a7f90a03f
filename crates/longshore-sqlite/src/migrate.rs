//! Bringing the schema to this program's version.

use async_trait::async_trait;
use longshore_core::Timestamp;
use longshore_store::{Migrated, Result, SchemaStatus, SchemaStep};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::{
    clock, fault,
    schema::{STEPS, status},
    writer::Write,
};

/// Applies what is missing, in the writer's transaction: whoever comes second finds nothing to do.
pub(crate) struct Migrating;

#[async_trait]
impl Write for Migrating {
    type Answer = Migrated;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Migrated> {
        let status = status(connection).await?;
        status.known()?;
        if let SchemaStatus::Current { version } | SchemaStatus::Newer { version } = status {
            return Ok(Migrated { applied: Vec::new(), version });
        }
        let SchemaStatus::Pending { version, .. } = status else {
            return Ok(Migrated::default());
        };
        let mut migrated = Migrated { applied: Vec::new(), version };
        for step in missing(version) {
            // Safe: all of it is ours.
            let recording = AssertSqlSafe(recording(step, clock::now()));
            sqlx::raw_sql(step.text).execute(&mut *connection).await.map_err(fault::error)?;
            sqlx::raw_sql(recording).execute(&mut *connection).await.map_err(fault::error)?;
            migrated.applied.push(step.name());
            migrated.version = step.version;
        }
        Ok(migrated)
    }
}

/// What a migration of a schema of this version runs, for people.
pub(crate) fn statements(version: u32, now: Timestamp) -> Vec<String> {
    let steps = missing(version).flat_map(|step| {
        step.statements().chain([recording(step, now.timestamp_micros())]).collect::<Vec<_>>()
    });
    steps.map(|statement| format!("{statement};")).collect()
}

fn missing(found: u32) -> impl Iterator<Item = &'static SchemaStep> {
    STEPS.iter().filter(move |step| step.version > found)
}

/// Remembers a step: plain text, all of it ours.
fn recording(step: &SchemaStep, now: i64) -> String {
    let (version, title, checksum) = (step.version, step.title, step.checksum());
    format!(
        "INSERT INTO longshore_migrations (version, name, checksum, applied_at) \
         VALUES ({version}, '{title}', '{checksum}', {now})"
    )
}
