//! What the schema of a database is, compared with what this program knows.

use longshore_store::{Result, SchemaStatus};
use sha2::{Digest, Sha256};
use sqlx::{Row, SqlStr};

use crate::{bind::bind, error::refused, sql::render, wire::Wire};

/// A step of the schema: its version, its name, its text. Never changed once released.
pub(crate) struct Migration {
    pub(crate) version: i32,
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// All steps in order.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "tables",
    text: include_str!("../migrations/0001_tables.sql"),
}];

/// The tables of the newest version, besides the record of the steps itself.
const TABLES: [&str; 12] = [
    "jobs", "labels", "queue", "leases", "attempts", "dead", "uniques", "lanes", "results",
    "queues", "workers", "samples",
];

impl Migration {
    /// Tells a text that somebody changed.
    pub(crate) fn checksum(&self) -> String {
        Sha256::digest(self.text).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Compares the steps that were applied with those of this program.
pub(crate) async fn status(wire: &mut Wire<'_>, schema: &str) -> Result<SchemaStatus> {
    let exists = SqlStr::from_static(
        "SELECT name FROM unnest($2::text[]) AS t (name) WHERE to_regclass(format('%I.%I', $1::text, name)) IS NOT NULL",
    );
    let names = [&["migrations"], &TABLES[..]].concat();
    let rows = wire.rows(&exists, bind![schema, names]?).await?;
    let present: Result<Vec<String>, sqlx::Error> =
        rows.iter().map(|row| row.try_get("name")).collect();
    let present = present.map_err(refused)?;
    if !present.iter().any(|table| table == "migrations") {
        return Ok(complete(compare(&[]), &present));
    }
    let all = render(schema, "SELECT version, checksum FROM longshore.migrations ORDER BY version");
    let rows = wire.rows(&all, bind![]?).await?;
    let applied: Result<Vec<(i32, String)>, sqlx::Error> =
        rows.iter().map(|row| Ok((row.try_get("version")?, row.try_get("checksum")?))).collect();
    Ok(complete(compare(&applied.map_err(refused)?), &present))
}

/// Whether the tables are those that the record of the steps tells of. To migrate would mend neither.
fn complete(status: SchemaStatus, present: &[String]) -> SchemaStatus {
    let is_there = |table: &&str| present.iter().any(|name| name == table);
    let (there, missing): (Vec<&str>, Vec<&str>) = TABLES.into_iter().partition(is_there);
    match status {
        SchemaStatus::Pending { version: 0, .. } if !there.is_empty() => SchemaStatus::Unknown {
            version: 0,
            problem: format!(
                "there are tables ({}) but `migrations` does not tell of the steps that made them: restore it \
                 from a backup, or give Longshore a schema of its own (`?schema=NAME`)",
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

/// One version ahead is a program that is being rolled out; more is another product.
fn compare(applied: &[(i32, String)]) -> SchemaStatus {
    let found = applied.last().map_or(0, |(version, _)| *version);
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    let version = u32::try_from(found).unwrap_or_default();
    let unknown = |problem: String| SchemaStatus::Unknown { version, problem };
    for step in MIGRATIONS.iter().take_while(|step| step.version <= found) {
        match applied.iter().find(|(version, _)| *version == step.version) {
            None => {
                return unknown(format!(
                    "step {} ({}) is missing from the middle",
                    step.version, step.name
                ));
            }
            Some((_, checksum)) if *checksum != step.checksum() => {
                return unknown(format!(
                    "step {} ({}) was applied with another text",
                    step.version, step.name
                ));
            }
            Some(_) => {}
        }
    }
    match found - known {
        0 => SchemaStatus::Current { version },
        1 => SchemaStatus::Newer { version },
        ahead if ahead > 1 => unknown(format!(
            "it is {ahead} versions newer than this program, which knows version {known}: update the program"
        )),
        _ => {
            let missing = MIGRATIONS.iter().filter(|step| step.version > found);
            SchemaStatus::Pending {
                version,
                steps: missing.map(|step| step.name.to_owned()).collect(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(upto: i32) -> Vec<(i32, String)> {
        let checksum = |version| {
            let step = MIGRATIONS.iter().find(|step| step.version == version);
            step.map_or_else(|| "from the future".into(), Migration::checksum)
        };
        (1..=upto).map(|version| (version, checksum(version))).collect()
    }

    #[test]
    fn the_next_version_is_worked_with_and_a_later_one_is_not() {
        let mine = MIGRATIONS.last().unwrap().version;
        assert!(matches!(compare(&[]), SchemaStatus::Pending { version: 0, .. }));
        assert!(matches!(compare(&applied(mine)), SchemaStatus::Current { .. }));
        assert!(matches!(compare(&applied(mine + 1)), SchemaStatus::Newer { .. }));
        assert!(matches!(compare(&applied(mine + 2)), SchemaStatus::Unknown { .. }));
    }

    #[test]
    fn a_changed_step_is_noticed() {
        assert!(matches!(compare(&[(1, "other".into())]), SchemaStatus::Unknown { .. }));
    }
}
