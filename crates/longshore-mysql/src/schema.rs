//! The steps of the schema, and what a database holds of them.

use longshore_store::{Result, SchemaFound, SchemaStatus, SchemaStep, StepFound};
use sqlx::SqlStr;

use crate::{bind::bind, row::get, sql::Home, wire::Wire};

/// All steps in order.
pub(crate) const STEPS: &[SchemaStep] = &[SchemaStep {
    version: 1,
    title: "tables",
    text: include_str!("../migrations/0001_tables.sql"),
}];

/// The tables of the newest version, besides the record of the steps itself.
const TABLES: [&str; 13] = [
    "jobs", "labels", "queue", "leases", "attempts", "results", "dead", "uniques", "lanes",
    "queues", "workers", "samples", "guard",
];

/// What a database holds of ours.
#[derive(Debug)]
pub(crate) struct Found {
    schema: SchemaFound,
    /// How many statements of each step are done, where a step is no transaction.
    done: Vec<i32>,
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
        let (steps, done) = match is_there(&home.table("migrations")) {
            true => begun(wire, home).await?,
            false => (Vec::new(), Vec::new()),
        };
        let (there, missing) =
            TABLES.map(|table| home.table(table)).into_iter().partition(is_there);
        let elsewhere = "give Longshore names of its own (`?prefix=NAME_`)";
        Ok(Self { schema: SchemaFound { steps, there, missing, elsewhere }, done })
    }

    pub(crate) fn status(&self) -> SchemaStatus {
        self.schema.status(STEPS)
    }

    /// How many statements of a step are done, if it was begun; nothing if it is complete.
    pub(crate) fn begun(&self, step: &SchemaStep) -> Begun {
        let mut found = self.schema.steps.iter().zip(&self.done);
        match found.find(|(one, _)| one.version == step.version) {
            None => Begun::Not,
            Some((one, _)) if one.is_complete => Begun::Complete,
            Some((_, done)) => Begun::Half { done: *done },
        }
    }
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    Not,
    /// So many of its statements are done, and maybe one more.
    Half {
        done: i32,
    },
    Complete,
}

async fn begun(wire: &mut Wire<'_>, home: &Home) -> Result<(Vec<StepFound>, Vec<i32>)> {
    let all = home.render(
        "SELECT version, checksum, done, applied_at IS NOT NULL AS complete FROM longshore_migrations \
         ORDER BY version",
    );
    let (mut steps, mut done) = (Vec::new(), Vec::new());
    for row in &wire.rows(&all, bind![]?).await? {
        let version: i32 = get(row, "version")?;
        let version = u32::try_from(version).unwrap_or_default();
        let is_complete = get(row, "complete")?;
        steps.push(StepFound { version, checksum: get(row, "checksum")?, is_complete });
        done.push(get(row, "done")?);
    }
    Ok((steps, done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_made_of_whole_statements() {
        for step in STEPS {
            for statement in step.statements() {
                // What was done already must be no error, or one that says so.
                let repeatable = ["CREATE ", "ALTER ", "INSERT IGNORE "];
                assert!(repeatable.iter().any(|verb| statement.starts_with(verb)), "{statement}");
            }
            assert!(step.text.ends_with(";\n"), "{}", step.title);
        }
    }
}
