//! The schema: forward only, each step embedded, checksummed and applied once, by one of many processes.

use async_trait::async_trait;
use longshore_store::{Error, ErrorKind, Migrated, Result, SchemaStatus};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use crate::{clock, fault, row::Row, store::Read, writer::Write};

struct Migration {
    version: u32,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "foundation",
    sql: include_str!("../migrations/0001_foundation.sql"),
}];

/// The tables of the newest version, besides the record of the steps itself.
const TABLES: [&str; 12] = [
    "jobs", "labels", "queue", "leases", "attempts", "dead", "uniques", "lanes", "results",
    "queues", "workers", "samples",
];

const PRESENT: &str = include_str!("../sql/maintain/tables.sql");
const APPLIED: &str = include_str!("../sql/maintain/migrations.sql");
const NOTE: &str = include_str!("../sql/maintain/migrated.sql");

/// Whether this version works on a schema.
///
/// # Errors
/// [`ErrorKind::Schema`] with what to do.
pub(crate) fn usable(status: &SchemaStatus) -> Result<()> {
    let advice = match status {
        SchemaStatus::Current { .. } | SchemaStatus::Newer { .. } => return Ok(()),
        SchemaStatus::Pending { version: 0, .. } => {
            "the database has no tables of Longshore: run `longshore migrate`".to_owned()
        }
        SchemaStatus::Pending { version, .. } => {
            format!(
                "the schema of Longshore has version {version}, which is old: run `longshore migrate`"
            )
        }
        SchemaStatus::Unknown { version, problem } => format!(
            "the schema of Longshore (version {version}) is not one that this program knows ({problem}): \
             nothing was written; update the program, or restore the schema"
        ),
    };
    Err(Error::new(ErrorKind::Schema, advice))
}

/// How the schema relates to this version.
pub(crate) async fn status(connection: &mut SqliteConnection) -> Result<SchemaStatus> {
    let rows = sqlx::query(PRESENT).fetch_all(&mut *connection).await.map_err(fault::error)?;
    let present = rows.iter().map(|row| row.take("name")).collect::<Result<Vec<String>>>()?;
    if !present.iter().any(|table| table == "migrations") {
        return Ok(complete(judge(&[]), &present));
    }
    let rows = sqlx::query(APPLIED).fetch_all(connection).await.map_err(fault::error)?;
    let applied = rows.iter().map(|row| Ok((row.take("version")?, row.take("checksum")?)));
    Ok(complete(judge(&applied.collect::<Result<Vec<_>>>()?), &present))
}

/// Whether the tables are those that the record of the steps tells of. To migrate would mend neither.
fn complete(status: SchemaStatus, present: &[String]) -> SchemaStatus {
    let is_there = |table: &&str| present.iter().any(|name| name == table);
    let (there, missing): (Vec<&str>, Vec<&str>) = TABLES.into_iter().partition(is_there);
    match status {
        SchemaStatus::Pending { version: 0, .. } if !there.is_empty() => SchemaStatus::Unknown {
            version: 0,
            problem: format!(
                "there are tables ({}) but `longshore_migrations` does not tell of the steps that made them: \
                 restore it from a backup",
                there.join(", ")
            ),
        },
        SchemaStatus::Current { version } if !missing.is_empty() => SchemaStatus::Unknown {
            version,
            problem: format!(
                "every step was applied, but tables are missing ({}): restore them from a backup",
                missing.join(", ")
            ),
        },
        status => status,
    }
}

fn judge(applied: &[(u32, String)]) -> SchemaStatus {
    let newest = MIGRATIONS.len() as u32;
    let version = applied.last().map_or(0, |(version, _)| *version);
    let unknown = |problem: String| SchemaStatus::Unknown { version, problem };
    if let Some(gap) = (1..).zip(applied).find(|(n, (version, _))| n != version) {
        return unknown(format!("step {} is missing", gap.0));
    }
    let changed =
        MIGRATIONS.iter().zip(applied).find(|(step, (_, found))| checksum(step) != *found);
    if let Some((step, _)) = changed {
        return unknown(format!(
            "step {} `{}` was applied in another form",
            step.version, step.name
        ));
    }
    if version > newest + 1 {
        return unknown(format!(
            "this program knows version {newest} and works up to {}",
            newest + 1
        ));
    }
    if version > newest {
        return SchemaStatus::Newer { version };
    }
    let steps: Vec<String> = MIGRATIONS.iter().skip(applied.len()).map(name).collect();
    if steps.is_empty() {
        SchemaStatus::Current { version }
    } else {
        SchemaStatus::Pending { version, steps }
    }
}

fn name(step: &Migration) -> String {
    format!("{:04}_{}", step.version, step.name)
}

fn checksum(step: &Migration) -> String {
    Sha256::digest(step.sql).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The question for the schema.
pub(crate) struct Status;

#[async_trait]
impl Read for Status {
    type Answer = SchemaStatus;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<SchemaStatus> {
        status(connection).await
    }
}

/// Applies what is missing, in the writer's transaction: whoever comes second finds nothing to do.
pub(crate) struct Migrating;

#[async_trait]
impl Write for Migrating {
    type Answer = Migrated;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Migrated> {
        let found = status(connection).await?;
        let (version, pending) = match &found {
            SchemaStatus::Pending { version, .. } => (*version, &MIGRATIONS[*version as usize..]),
            SchemaStatus::Current { version } | SchemaStatus::Newer { version } => {
                (*version, &[][..])
            }
            SchemaStatus::Unknown { .. } => return usable(&found).map(|()| Migrated::default()),
        };
        let mut migrated = Migrated { applied: Vec::new(), version };
        for step in pending {
            sqlx::raw_sql(step.sql).execute(&mut *connection).await.map_err(fault::error)?;
            let noting = sqlx::query(NOTE).bind(step.version).bind(step.name).bind(checksum(step));
            noting.bind(clock::now()).execute(&mut *connection).await.map_err(fault::error)?;
            migrated.applied.push(name(step));
            migrated.version = step.version;
        }
        Ok(migrated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(versions: impl IntoIterator<Item = u32>) -> Vec<(u32, String)> {
        let sum =
            |version: u32| MIGRATIONS.get(version as usize - 1).map(checksum).unwrap_or_default();
        versions.into_iter().map(|version| (version, sum(version))).collect()
    }

    #[test]
    fn one_version_more_works_and_two_do_not() {
        let newest = MIGRATIONS.len() as u32;
        assert_eq!(judge(&applied(1..=newest)), SchemaStatus::Current { version: newest });
        assert_eq!(judge(&applied(1..=newest + 1)), SchemaStatus::Newer { version: newest + 1 });
        assert!(matches!(judge(&applied(1..=newest + 2)), SchemaStatus::Unknown { .. }));
        assert!(matches!(judge(&[]), SchemaStatus::Pending { version: 0, .. }));
    }

    #[test]
    fn a_changed_or_missing_step_is_unknown() {
        assert!(matches!(judge(&[(1, "other".into())]), SchemaStatus::Unknown { .. }));
        assert!(matches!(judge(&[(2, String::new())]), SchemaStatus::Unknown { .. }));
    }

    #[test]
    fn steps_are_numbered_from_one() {
        assert!((1..).zip(MIGRATIONS).all(|(n, step)| n == step.version));
    }
}
