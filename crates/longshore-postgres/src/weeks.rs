//! The weekly partitions of jobs, labels, ledger and results.

use std::collections::HashSet;

use longshore_core::{Timestamp, Week};
use longshore_store::{Error, ErrorKind, Result};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::{
    bind::bind,
    error::gave_way,
    migrate::lock_number,
    row::{count, get},
    store::Inner,
    wire::Wire,
};

/// Rows of a week that are moved out of the catch-all when it is made, which takes a lock: about a second's
/// work. A week with more of them stays there, and is swept there.
const MOST_STRAYS: u64 = 100_000;

/// The partitioned tables, with the column that they are partitioned by.
pub(crate) const TABLES: [(&str, &str); 4] =
    [("jobs", "id"), ("labels", "job_id"), ("attempts", "job_id"), ("results", "job_id")];

/// The weeks from one before `now` to so many ahead.
pub(crate) fn around(now: Timestamp, ahead: u32) -> impl Iterator<Item = Week> {
    (-1..=i64::from(ahead)).map(move |weeks| Week::of(now).plus(weeks))
}

/// The name of the partition of `jobs`.
pub(crate) fn name(week: Week) -> String {
    format!("jobs_{week}")
}

/// The partitions of `jobs` that exist.
pub(crate) async fn names(wire: &mut Wire<'_>, inner: &Inner) -> Result<HashSet<String>> {
    let rows = wire.rows(&inner.sql.weeks, bind![]?).await?;
    rows.iter().map(|row| get(row, "name")).collect()
}

/// Whether we may make and drop weeks.
pub(crate) async fn are_ours(wire: &mut Wire<'_>, inner: &Inner) -> Result<bool> {
    let row = wire.row(&inner.sql.owns_weeks, bind![]?).await?;
    row.map_or(Ok(false), |row| get(&row, "ours"))
}

/// Makes the partitions of a week unless they are there. Waits for no lock longer than two seconds:
/// whoever inserts jobs must not queue up behind us.
pub(crate) async fn make_once(wire: &mut Wire<'_>, schema: &str, week: Week) -> Result<bool> {
    wire.raw("SET LOCAL lock_timeout = '2s'").await?;
    let lock = SqlStr::from_static("SELECT pg_advisory_xact_lock($1::int8)");
    wire.rows(&lock, bind![lock_number("migrate", schema)]?).await?;
    let ask = SqlStr::from_static(
        "SELECT count(*) > 0 AS made FROM pg_inherits WHERE inhrelid = to_regclass($1::text)",
    );
    let row = wire.row(&ask, bind![format!("\"{schema}\".{}", name(week))]?).await?;
    if row.map_or(Ok(false), |row| get(&row, "made"))? {
        return Ok(false);
    }
    let strangers = strangers(wire, schema, &[week]).await?;
    if !strangers.is_empty() {
        return Err(Error::new(ErrorKind::Conflict, advice(&strangers)));
    }
    let strays_seen = strays(wire, schema, week).await?;
    if strays_seen > MOST_STRAYS {
        tracing::warn!(%week, "more than {MOST_STRAYS} rows of this week lie in the catch-all already: they stay there");
        return Ok(false);
    }
    if strays_seen > 0 {
        // Attaching does not keep readers out: one whose plan does not know the new week yet would look for
        // the rows where they were.
        take(wire, schema, None).await?;
    }
    hold_catch_all(wire, schema).await?;
    if strays_seen == 0 && strays(wire, schema, week).await? > 0 {
        return Err(Error::new(ErrorKind::Busy, "rows of the week arrived just now: try again"));
    }
    make(wire, schema, week).await?;
    Ok(true)
}

/// What bears the name of a partition of these weeks, and is none.
pub(crate) async fn strangers(
    wire: &mut Wire<'_>,
    schema: &str,
    weeks: &[Week],
) -> Result<Vec<String>> {
    let names: Vec<String> =
        weeks.iter().flat_map(|week| TABLES.map(|(table, _)| format!("{table}_{week}"))).collect();
    let ask = SqlStr::from_static(
        "SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = $1::text AND c.relname = ANY ($2::text[]) \
         AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) ORDER BY c.relname",
    );
    let rows = wire.rows(&ask, bind![schema, names]?).await?;
    rows.iter().map(|row| Ok(format!("{schema}.{}", get::<String>(row, "name")?))).collect()
}

/// What to do about tables that are in the way of weeks.
pub(crate) fn advice(strangers: &[String]) -> String {
    format!(
        "{} stands where the partition of a coming week belongs, and is none of Longshore's: it is left as it is, and \
         jobs of that week go to the catch-all until somebody gives it another name (ALTER TABLE .. RENAME TO)",
        strangers.join(", ")
    )
}

/// Gets the tables, their catch-alls and one of their weeks for this transaction alone. Gives up within 200 ms:
/// whoever comes meanwhile waits behind us.
pub(crate) async fn take(wire: &mut Wire<'_>, schema: &str, week: Option<Week>) -> Result<()> {
    wire.raw("SET LOCAL statement_timeout = '200ms'").await?;
    let taken = wire.raw(AssertSqlSafe(taking(schema, week))).await;
    taken.map_err(|error| {
        if !gave_way(&error) {
            return error;
        }
        let message = format!("the tables are in use: {error}");
        Error::new(ErrorKind::Busy, message).caused_by(error)
    })?;
    wire.raw("SET LOCAL statement_timeout = '600s'").await
}

/// The statement for that.
pub(crate) fn taking(schema: &str, week: Option<Week>) -> String {
    let tables = TABLES.map(|(table, _)| {
        let week = week.map(|week| format!("{table}_{week}"));
        let names = [Some(table.to_owned()), Some(format!("{table}_default")), week];
        // Safe: a checked schema, our own table names, a week that prints as plain text.
        let names = names.into_iter().flatten().map(|name| format!("ONLY \"{schema}\".{name}"));
        names.collect::<Vec<_>>().join(", ")
    });
    format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", tables.join(", "))
}

/// Nobody writes to the catch-all until this transaction is over.
async fn hold_catch_all(wire: &mut Wire<'_>, schema: &str) -> Result<()> {
    for (table, _) in TABLES {
        // Safe: as above.
        let text = format!("LOCK TABLE \"{schema}\".{table}_default IN SHARE ROW EXCLUSIVE MODE");
        wire.raw(AssertSqlSafe(text)).await?;
    }
    Ok(())
}

/// Rows of a week in the catch-all, counted up to one more than may be moved.
async fn strays(wire: &mut Wire<'_>, schema: &str, week: Week) -> Result<u64> {
    let (from, to) = week.ids();
    let of = |(table, column)| {
        format!(
            "SELECT {column} FROM \"{schema}\".{table}_default WHERE {column} >= '{from}' AND {column} < '{to}'"
        )
    };
    // Safe: as below.
    let all = TABLES.map(of).join(" UNION ALL ");
    let count_them =
        format!("SELECT count(*) AS strays FROM ({all} LIMIT {}) AS strays", MOST_STRAYS + 1);
    let row = wire.row(&AssertSqlSafe(count_them).into_sql_str(), bind![]?).await?;
    row.map_or(Ok(0), |row| count(&row, "strays"))
}

/// Makes the partitions of a week, inside the caller's transaction.
pub(crate) async fn make(wire: &mut Wire<'_>, schema: &str, week: Week) -> Result<()> {
    for statement in making(schema, week) {
        wire.raw(AssertSqlSafe(statement)).await?;
    }
    Ok(())
}

/// The statements for that.
///
/// Rows that went to the catch-all because their week did not exist are moved first. A new table that is
/// attached asks the parent for less than one that is created in place.
pub(crate) fn making(schema: &str, week: Week) -> Vec<String> {
    let (from, to) = week.ids();
    let of = |(table, column)| {
        // Safe: a checked schema, our own table names, a week and ids that print as plain text.
        [
            format!(
                "CREATE TABLE \"{schema}\".{table}_{week}\n    (LIKE \"{schema}\".{table} INCLUDING DEFAULTS \
                 INCLUDING CONSTRAINTS INCLUDING STORAGE)"
            ),
            format!(
                "WITH strays AS (DELETE FROM \"{schema}\".{table}_default WHERE {column} >= '{from}' AND {column} \
                 < '{to}' RETURNING *)\nINSERT INTO \"{schema}\".{table}_{week} SELECT * FROM strays"
            ),
            format!(
                "ALTER TABLE \"{schema}\".{table} ATTACH PARTITION \"{schema}\".{table}_{week}\n    FOR VALUES \
                 FROM ('{from}') TO ('{to}')"
            ),
        ]
    };
    TABLES.into_iter().flat_map(of).collect()
}
