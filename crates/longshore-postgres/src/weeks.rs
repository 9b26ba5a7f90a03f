//! The weekly partitions of jobs, ledger and results.

use longshore_core::{Timestamp, Week};
use longshore_store::Result;
use sqlx::{AssertSqlSafe, SqlStr};

use crate::{bind::bind, migrate::lock_number, row::get, wire::Wire};

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

/// Makes the partitions of a week unless they are there. Waits for no lock longer than two seconds:
/// whoever inserts jobs must not queue up behind us.
pub(crate) async fn make_once(wire: &mut Wire<'_>, schema: &str, week: Week) -> Result<bool> {
    wire.raw("SET LOCAL lock_timeout = '2s'").await?;
    let lock = SqlStr::from_static("SELECT pg_advisory_xact_lock($1::int8)");
    wire.rows(&lock, bind![lock_number("migrate", schema)]?).await?;
    let ask = SqlStr::from_static("SELECT to_regclass($1::text) IS NULL AS missing");
    let row = wire.row(&ask, bind![format!("\"{schema}\".{}", name(week))]?).await?;
    let missing = row.map_or(Ok(false), |row| get(&row, "missing"))?;
    if missing {
        make(wire, schema, week).await?;
    }
    Ok(missing)
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
