//! The steps of the schema, and what a database holds of them.

use async_trait::async_trait;
use longshore_store::{Result, SchemaFound, SchemaStatus, SchemaStep, StepFound};
use sqlx::SqliteConnection;

use crate::{fault, row::Row, store::Read};

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

const PRESENT: &str = include_str!("../sql/maintain/tables.sql");
const APPLIED: &str = include_str!("../sql/maintain/migrations.sql");

/// Compares the steps that were applied with those of this program.
pub(crate) async fn status(connection: &mut SqliteConnection) -> Result<SchemaStatus> {
    let rows = sqlx::query(PRESENT).fetch_all(&mut *connection).await.map_err(fault::error)?;
    let present = rows.iter().map(|row| row.take("name")).collect::<Result<Vec<String>>>()?;
    let is_there = |table: &String| present.contains(table);
    let steps = match is_there(&"migrations".to_owned()) {
        true => applied(connection).await?,
        false => Vec::new(),
    };
    let (there, missing) = TABLES.map(str::to_owned).into_iter().partition(is_there);
    let elsewhere = "give Longshore a file of its own";
    Ok(SchemaFound { steps, there, missing, elsewhere }.status(STEPS))
}

async fn applied(connection: &mut SqliteConnection) -> Result<Vec<StepFound>> {
    let rows = sqlx::query(APPLIED).fetch_all(connection).await.map_err(fault::error)?;
    let one = |row: &_| {
        let (version, checksum) = (Row::take(row, "version")?, Row::take(row, "checksum")?);
        Ok(StepFound { version, checksum, is_complete: true })
    };
    rows.iter().map(one).collect()
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
