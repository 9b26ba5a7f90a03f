//! The weekly partitions of jobs, ledger and results.
//!
//! A partition is named after its week and holds the ids below the week's end; the first one also holds
//! what is older than it. Behind the last week stands a catch-all, so that an insert never fails.

use crate::{
    bind::bind,
    row::get,
    sql::{Home, Sql},
    wire::Wire,
};
use longshore_core::{Timestamp, Week};
use longshore_store::Result;

/// The partitioned tables.
const TABLES: [&str; 3] = ["jobs", "attempts", LAST];
/// The one that gets its weeks last.
pub(crate) const LAST: &str = "results";

/// A longer look-out has nobody.
const LONGEST_AHEAD: i64 = 520;
/// Ten years without anybody who made weeks.
const LONGEST_GAP: usize = 520;

/// The partitions of weeks that a table has, by name, in order.
pub(crate) async fn present(
    wire: &mut Wire<'_>,
    sql: &Sql,
    home: &Home,
    table: &str,
) -> Result<Vec<String>> {
    let rows = wire.rows(&sql.weeks, bind![&home.database, home.table(table)]?).await?;
    let names: Result<Vec<String>> = rows.iter().map(|row| get(row, "name")).collect();
    Ok(names?.into_iter().filter(|name| name != "catch_all").collect())
}

/// The weeks that a table with these partitions lacks, up to so many ahead of `now`.
///
/// Weeks are only ever added behind the last one. Those that nobody made in time are made too: their
/// rows are waiting in the catch-all.
pub(crate) fn missing(present: &[String], now: Timestamp, ahead: u32) -> Vec<Week> {
    let this = Week::of(now);
    let last = this.plus(i64::from(ahead));
    let found = std::iter::successors(Some(last.plus(LONGEST_AHEAD)), |week| Some(week.plus(-1)))
        .take(LONGEST_AHEAD.unsigned_abs() as usize + LONGEST_GAP)
        .find(|week| present.iter().any(|name| *name == week.to_string()));
    let first = found.map_or(this.plus(-1), Week::next);
    std::iter::successors(Some(first), |week| Some(week.next()))
        .take_while(|week| *week <= last)
        .collect()
}

/// Makes the missing weeks of all tables; the names of those that `jobs` got.
///
/// Rows that went to the catch-all because their week did not exist move to it: the catch-all is what is
/// split. On a connection that holds the lock on the schema.
pub(crate) async fn make(
    wire: &mut Wire<'_>,
    sql: &Sql,
    home: &Home,
    now: Timestamp,
    ahead: u32,
) -> Result<Vec<String>> {
    let mut made = Vec::new();
    for table in TABLES {
        let missing = missing(&present(wire, sql, home, table).await?, now, ahead);
        if missing.is_empty() {
            continue;
        }
        wire.raw(home.render(&split(table, &missing))).await?;
        if table == "jobs" {
            made = missing.iter().map(Week::to_string).collect();
        }
    }
    Ok(made)
}

/// Splits weeks off the catch-all.
pub(crate) fn split(table: &str, weeks: &[Week]) -> String {
    let parts: String = weeks
        .iter()
        .map(|week| {
            let end = week.ids().1.simple();
            format!("    PARTITION `{week}` VALUES LESS THAN (x'{end}'),\n")
        })
        .collect();
    format!(
        "ALTER TABLE longshore_{table} REORGANIZE PARTITION catch_all INTO (\n{parts}    PARTITION catch_all \
         VALUES LESS THAN (MAXVALUE)\n)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(weeks: &[Week]) -> Vec<String> {
        weeks.iter().map(Week::to_string).collect()
    }

    #[test]
    fn weeks_are_added_behind_the_last_one() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(names(&missing(&[], now, 1)), ["2026w46", "2026w47", "2026w48"]);
        let some = ["2026w46".to_owned(), "2026w47".to_owned()];
        assert_eq!(names(&missing(&some, now, 2)), ["2026w48", "2026w49"]);
        let old = ["2026w30".to_owned()];
        assert_eq!(missing(&old, now, 0).len(), 17, "a gap is filled");
        let ahead = ["2027w30".to_owned()];
        assert!(missing(&ahead, now, 4).is_empty());
    }

    #[test]
    fn a_week_is_split_off_the_catch_all() {
        let week = Week::of("2026-11-22T12:00:00Z".parse().unwrap());
        let text = split("jobs", &[week]);
        assert!(
            text.starts_with("ALTER TABLE longshore_jobs REORGANIZE PARTITION catch_all INTO (")
        );
        assert!(text.contains("`2026w47` VALUES LESS THAN (x'01a205b3d00000"), "{text}");
    }
}
