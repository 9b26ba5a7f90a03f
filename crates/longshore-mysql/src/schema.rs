//! What the schema of a database is, compared with what this program knows.

use longshore_store::{Result, SchemaStatus};
use sha2::{Digest, Sha256};
use sqlx::SqlStr;

use crate::{bind::bind, row::get, sql::Home, wire::Wire};

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
    "jobs", "labels", "queue", "leases", "attempts", "results", "dead", "uniques", "lanes",
    "queues", "workers", "samples",
];

impl Migration {
    /// Tells a text that somebody changed.
    pub(crate) fn checksum(&self) -> String {
        Sha256::digest(self.text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Its statements, in order.
    ///
    /// A statement ends with a semicolon at the end of a line; lines that begin with `--` are left out.
    pub(crate) fn statements(&self) -> impl Iterator<Item = String> {
        let mut rest = self.text.lines().filter(|line| !line.starts_with("--") && !line.is_empty());
        std::iter::from_fn(move || {
            let mut statement = String::new();
            for line in rest.by_ref() {
                if let Some(end) = line.strip_suffix(';') {
                    statement.push_str(end);
                    return Some(statement);
                }
                statement.push_str(line);
                statement.push('\n');
            }
            None
        })
    }
}

/// A step that was begun, as the database remembers it.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) version: i32,
    pub(crate) checksum: String,
    /// How many of its statements are done.
    pub(crate) done: i32,
    /// Whether all of them are.
    pub(crate) is_complete: bool,
}

/// What a database holds of ours.
#[derive(Debug)]
pub(crate) struct Found {
    /// The steps that were begun, in order.
    pub(crate) begun: Vec<Applied>,
    /// The tables that are there, and those that are not.
    there: Vec<String>,
    missing: Vec<String>,
}

impl Found {
    /// Looks at the names of the tables and at the record of the steps.
    pub(crate) async fn look(wire: &mut Wire<'_>, home: &Home) -> Result<Self> {
        let tables = SqlStr::from_static(
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?",
        );
        let rows = wire.rows(&tables, bind![&home.database]?).await?;
        let present: Vec<String> =
            rows.iter().map(|row| get(row, "name")).collect::<Result<_>>()?;
        let is_there = |table: &String| present.contains(table);
        let begun = match is_there(&home.table("migrations")) {
            true => begun(wire, home).await?,
            false => Vec::new(),
        };
        let tables = TABLES.iter().map(|table| home.table(table));
        let (there, missing) = tables.partition(is_there);
        Ok(Self { begun, there, missing })
    }

    /// Whether the tables are those that the record of the steps tells of. To migrate would mend neither.
    pub(crate) fn status(&self) -> SchemaStatus {
        match compare(&self.begun) {
            SchemaStatus::Pending { version: 0, .. }
                if self.begun.is_empty() && !self.there.is_empty() =>
            {
                SchemaStatus::Unknown {
                    version: 0,
                    problem: format!(
                        "there are tables ({}) but no table `migrations` tells of the steps that made them: \
                         restore it from a backup, or give Longshore names of its own (`?prefix=NAME_`)",
                        self.there.join(", ")
                    ),
                }
            }
            SchemaStatus::Current { version } if !self.missing.is_empty() => {
                SchemaStatus::Unknown {
                    version,
                    problem: format!(
                        "every step was applied, but tables are missing ({}): restore them from a backup, or \
                         grant this user the right to see them",
                        self.missing.join(", ")
                    ),
                }
            }
            status => status,
        }
    }
}

async fn begun(wire: &mut Wire<'_>, home: &Home) -> Result<Vec<Applied>> {
    let all = home.render(
        "SELECT version, checksum, done, applied_at IS NOT NULL AS complete FROM longshore_migrations \
         ORDER BY version",
    );
    let applied = |row: &sqlx::mysql::MySqlRow| {
        Ok(Applied {
            version: get(row, "version")?,
            checksum: get(row, "checksum")?,
            done: get(row, "done")?,
            is_complete: get(row, "complete")?,
        })
    };
    wire.rows(&all, bind![]?).await?.iter().map(applied).collect()
}

/// One version ahead is a program that is being rolled out; more is another product.
///
/// A step that broke off half way counts as missing: whoever migrates goes on with it.
fn compare(applied: &[Applied]) -> SchemaStatus {
    let half = applied.iter().filter(|step| !step.is_complete).map(|step| step.version).min();
    let last = applied.last().map_or(0, |step| step.version);
    let found = half.map_or(last, |half| half - 1);
    let known = MIGRATIONS.last().map_or(0, |last| last.version);
    let version = u32::try_from(found).unwrap_or_default();
    let unknown = |problem: String| SchemaStatus::Unknown { version, problem };
    for step in MIGRATIONS.iter().take_while(|step| step.version <= last) {
        match applied.iter().find(|one| one.version == step.version) {
            None => {
                return unknown(format!(
                    "step {} ({}) is missing from the middle",
                    step.version, step.name
                ));
            }
            Some(one) if one.checksum != step.checksum() => {
                return unknown(format!(
                    "step {} ({}) was applied with another text",
                    step.version, step.name
                ));
            }
            Some(_) => {}
        }
    }
    if half.is_some_and(|half| half > known) {
        return unknown("a newer program is at work on it, or broke off half way".into());
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

    fn applied(upto: i32) -> Vec<Applied> {
        let one = |version| {
            let step = MIGRATIONS.iter().find(|step| step.version == version);
            let checksum = step.map_or_else(|| "from the future".into(), Migration::checksum);
            Applied { version, checksum, done: 1, is_complete: true }
        };
        (1..=upto).map(one).collect()
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
        let changed = Applied { checksum: "other".into(), ..applied(1).remove(0) };
        assert!(matches!(compare(&[changed]), SchemaStatus::Unknown { .. }));
    }

    #[test]
    fn a_step_that_broke_off_is_missing() {
        let half = |version: i32| {
            let mut all = applied(version);
            all.iter_mut()
                .filter(|one| one.version == version)
                .for_each(|one| one.is_complete = false);
            all
        };
        let mine = MIGRATIONS.last().unwrap().version;
        let found = u32::try_from(mine - 1).unwrap();
        assert!(
            matches!(compare(&half(mine)), SchemaStatus::Pending { version, .. } if version == found)
        );
        assert!(matches!(compare(&half(mine + 1)), SchemaStatus::Unknown { .. }));
    }

    #[test]
    fn statements_end_at_the_end_of_a_line() {
        let step = Migration {
            version: 1,
            name: "",
            text: "-- one; two;\n\nCREATE TABLE a (b INT); -- no end\n  ;\nDROP TABLE a;\n-- end\n",
        };
        let found: Vec<String> = step.statements().collect();
        assert_eq!(found, ["CREATE TABLE a (b INT); -- no end\n  ", "DROP TABLE a"]);
    }

    #[test]
    fn every_step_is_made_of_whole_statements() {
        for step in MIGRATIONS {
            for statement in step.statements() {
                assert!(
                    statement.starts_with("CREATE ") || statement.starts_with("ALTER "),
                    "{statement}"
                );
            }
            assert!(step.text.ends_with(";\n"), "{}", step.name);
        }
    }
}
