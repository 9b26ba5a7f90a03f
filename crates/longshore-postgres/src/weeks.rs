//! The weekly partitions of jobs, ledger and results.

use longshore_core::{Timestamp, Week};
use longshore_store::Result;
use sqlx::AssertSqlSafe;

use crate::wire::Wire;

/// The partitioned tables, with the column that they are partitioned by.
const TABLES: [(&str, &str); 3] = [("jobs", "id"), ("attempts", "job_id"), ("results", "job_id")];

/// The weeks from one before `now` to so many ahead.
pub(crate) fn around(now: Timestamp, ahead: u32) -> impl Iterator<Item = Week> {
    (-1..=i64::from(ahead)).map(move |weeks| Week::of(now).plus(weeks))
}

/// The name of the partition of `jobs`.
pub(crate) fn name(week: Week) -> String {
    format!("jobs_{week}")
}

/// Makes the partitions of a week, inside the caller's transaction.
///
/// Rows that went to the catch-all because their week did not exist are moved first. The catch-all is
/// locked for writers meanwhile; a new table that is attached asks the parent for less than one that is
/// created in place.
pub(crate) async fn make(wire: &mut Wire<'_>, schema: &str, week: Week) -> Result<()> {
    let (from, to) = week.ids();
    for (table, column) in TABLES {
        // Safe: a checked schema, our own table names, a week and ids that print as plain text.
        let text = format!(
            r#"
            LOCK TABLE "{schema}".{table}_default IN SHARE ROW EXCLUSIVE MODE;
            CREATE TABLE "{schema}".{table}_{week}
                (LIKE "{schema}".{table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
            WITH strays AS (
                DELETE FROM "{schema}".{table}_default
                WHERE {column} >= '{from}' AND {column} < '{to}' RETURNING *
            )
            INSERT INTO "{schema}".{table}_{week} SELECT * FROM strays;
            ALTER TABLE "{schema}".{table}
                ATTACH PARTITION "{schema}".{table}_{week} FOR VALUES FROM ('{from}') TO ('{to}');
            "#
        );
        wire.raw(AssertSqlSafe(text)).await?;
    }
    Ok(())
}
