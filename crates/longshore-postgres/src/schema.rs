//! The steps of the schema, and what a database holds of them.

use longshore_store::{Result, SchemaFound, SchemaStatus, SchemaStep, StepFound};
use sqlx::SqlStr;

use crate::{bind::bind, row::get, sql::render, wire::Wire};

/// All steps in order.
pub(crate) const STEPS: &[SchemaStep] = &[SchemaStep {
    version: 1,
    title: "tables",
    text: include_str!("../migrations/0001_tables.sql"),
}];

/// The tables of the newest version, besides the record of the steps itself.
const TABLES: [&str; 12] = [
    "jobs", "labels", "queue", "leases", "attempts", "dead", "uniques", "lanes", "results",
    "queues", "workers", "samples",
];

/// Compares the steps that were applied with those of this program.
pub(crate) async fn status(wire: &mut Wire<'_>, schema: &str) -> Result<SchemaStatus> {
    let exists = SqlStr::from_static(
        "SELECT name FROM unnest($2::text[]) AS t (name) WHERE to_regclass(format('%I.%I', $1::text, name)) IS NOT NULL",
    );
    let names = [&["migrations"], &TABLES[..]].concat();
    let rows = wire.rows(&exists, bind![schema, names]?).await?;
    let present: Vec<String> = rows.iter().map(|row| get(row, "name")).collect::<Result<_>>()?;
    let is_there = |table: &String| present.contains(table);
    let steps = match is_there(&"migrations".to_owned()) {
        true => applied(wire, schema).await?,
        false => Vec::new(),
    };
    let (there, missing) = TABLES.map(str::to_owned).into_iter().partition(is_there);
    let elsewhere = "give Longshore a schema of its own (`?schema=NAME`)";
    Ok(SchemaFound { steps, there, missing, elsewhere }.status(STEPS))
}

async fn applied(wire: &mut Wire<'_>, schema: &str) -> Result<Vec<StepFound>> {
    let all = render(schema, "SELECT version, checksum FROM longshore.migrations ORDER BY version");
    let one = |row| {
        let version: i32 = get(row, "version")?;
        let version = u32::try_from(version).unwrap_or_default();
        Ok(StepFound { version, checksum: get(row, "checksum")?, is_complete: true })
    };
    wire.rows(&all, bind![]?).await?.iter().map(one).collect()
}
