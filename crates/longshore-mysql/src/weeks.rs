//! The weekly partitions of jobs, labels, ledger and results.
//!
//! A partition is named after its week and holds the ids below the week's end; the first one also holds
//! what is older than it. Behind the last week stands a catch-all, so that an insert never fails.

use longshore_core::{Timestamp, Week};
use longshore_store::Result;
use uuid::Uuid;

use crate::{
    bind::bind,
    row::{count, get},
    sql::{Home, Sql},
    wire::Wire,
};

/// The partitioned tables, with the column that they are partitioned by.
pub(crate) const TABLES: [(&str, &str); 4] =
    [("jobs", "id"), ("labels", "job_id"), ("attempts", "job_id"), (LAST, "job_id")];
/// The one that gets its weeks last.
pub(crate) const LAST: &str = "results";

/// Before the week, in the name of a partition with what survived it.
const CARRIED: &str = "carried_";
const CATCH_ALL: &str = "catch_all";

/// Ten years without anybody who made weeks.
const LONGEST_GAP: i64 = 520;
/// Rows that partitions of carried jobs may have together to be made one.
const FEW: u64 = 20_000;

/// A partition, and the ids that it holds: from the first (inclusive) to the second (exclusive).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) place: Place,
    pub(crate) ids: (Uuid, Uuid),
    /// How many rows, as the server guesses.
    pub(crate) about: u64,
}

/// What a partition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A week, and what is older and has no partition of its own.
    Week(Week),
    /// What is left of a week that was rotated, and of older ones.
    Carried(Week),
    /// What lies behind the last week.
    CatchAll,
}

impl Place {
    /// Partitions that somebody else made are not ours to care for.
    fn named(name: &str) -> Option<Self> {
        let carried = || name.strip_prefix(CARRIED)?.parse().ok().map(Self::Carried);
        let week = || name.parse().ok().map(Self::Week);
        if name == CATCH_ALL { Some(Self::CatchAll) } else { carried().or_else(week) }
    }

    /// The name of the partition.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Week(week) => week.to_string(),
            Self::Carried(week) => format!("{CARRIED}{week}"),
            Self::CatchAll => CATCH_ALL.into(),
        }
    }

    /// The week at its end.
    fn week(self) -> Option<Week> {
        match self {
            Self::Week(week) | Self::Carried(week) => Some(week),
            Self::CatchAll => None,
        }
    }
}

/// The partitions of a table, in order.
pub(crate) async fn parts(
    wire: &mut Wire<'_>,
    sql: &Sql,
    home: &Home,
    table: &str,
) -> Result<Vec<Part>> {
    let rows = wire.rows(&sql.weeks, bind![&home.database, home.table(table)]?).await?;
    let mut parts: Vec<Part> = Vec::new();
    for row in &rows {
        let Some(place) = Place::named(&get::<String>(row, "name")?) else { continue };
        let from = parts.last().map_or(Uuid::nil(), |before| before.ids.1);
        let to = place.week().map_or(Uuid::max(), |week| week.ids().1);
        parts.push(Part { place, ids: (from, to), about: count(row, "about")? });
    }
    Ok(parts)
}

/// The weeks that a table with these partitions lacks, up to so many ahead of `now`.
///
/// Weeks are only ever added behind the last one. Those that nobody made in time are made too: their
/// rows are waiting in the catch-all.
pub(crate) fn missing(parts: &[Part], now: Timestamp, ahead: u32) -> Vec<Week> {
    let this = Week::of(now);
    let last = this.plus(i64::from(ahead));
    let found = parts.iter().filter_map(|part| part.place.week()).max();
    let found = found.filter(|week| *week >= last.plus(-LONGEST_GAP));
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
    for (table, _) in TABLES {
        let missing = missing(&parts(wire, sql, home, table).await?, now, ahead);
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

/// The statements that make the weeks of new tables.
pub(crate) fn making(now: Timestamp, ahead: u32) -> Vec<String> {
    let weeks = missing(&[], now, ahead);
    TABLES.map(|(table, _)| split(table, &weeks)).into()
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

/// Gives the partition of a week that was rotated the name that says so.
pub(crate) fn settling(table: &str, week: Week) -> String {
    reorganizing(table, &[Place::Week(week)], week)
}

/// Makes one partition of what is left of weeks that lie side by side, where that is little.
pub(crate) async fn join_carried(wire: &mut Wire<'_>, sql: &Sql, home: &Home) -> Result<()> {
    for (table, _) in TABLES {
        let parts = parts(wire, sql, home, table).await?;
        for run in runs(&parts) {
            if let [first @ .., Place::Carried(last)] = &run[..]
                && !first.is_empty()
            {
                wire.raw(home.render(&reorganizing(table, &run, *last))).await?;
            }
        }
    }
    Ok(())
}

/// Carried partitions side by side that have few rows together.
fn runs(parts: &[Part]) -> Vec<Vec<Place>> {
    let is_carried = |part: &Part| matches!(part.place, Place::Carried(_));
    parts
        .chunk_by(|one, next| is_carried(one) && is_carried(next))
        .filter(|run| run.len() > 1 && run.iter().map(|part| part.about).sum::<u64>() <= FEW)
        .map(|run| run.iter().map(|part| part.place).collect())
        .collect()
}

/// Makes one partition of some, the last of which ends with this week.
fn reorganizing(table: &str, places: &[Place], last: Week) -> String {
    let names: Vec<String> = places.iter().map(|place| format!("`{}`", place.name())).collect();
    let end = last.ids().1.simple();
    format!(
        "ALTER TABLE longshore_{table} REORGANIZE PARTITION {} INTO (PARTITION {CARRIED}{last} VALUES LESS THAN \
         (x'{end}'))",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(weeks: &[Week]) -> Vec<String> {
        weeks.iter().map(Week::to_string).collect()
    }

    fn parts(names: &[&str]) -> Vec<Part> {
        let part = |name: &&str| {
            let place = Place::named(name).unwrap();
            assert_eq!(place.name(), **name);
            Part { place, ids: (Uuid::nil(), Uuid::max()), about: 1 }
        };
        names.iter().map(part).collect()
    }

    #[test]
    fn weeks_are_added_behind_the_last_one() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        assert_eq!(names(&missing(&[], now, 1)), ["2026w46", "2026w47", "2026w48"]);
        let some = parts(&["2026w46", "2026w47", "catch_all"]);
        assert_eq!(names(&missing(&some, now, 2)), ["2026w48", "2026w49"]);
        assert_eq!(missing(&parts(&["2026w30"]), now, 0).len(), 17, "a gap is filled");
        assert_eq!(names(&missing(&parts(&["carried_2026w46"]), now, 0)), ["2026w47"]);
        assert!(missing(&parts(&["2027w30"]), now, 4).is_empty());
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

    #[test]
    fn what_is_left_of_weeks_side_by_side_becomes_one() {
        let parts = parts(&[
            "carried_2026w40",
            "carried_2026w41",
            "2026w42",
            "carried_2026w43",
            "2026w44",
            "catch_all",
        ]);
        let runs = runs(&parts);
        assert_eq!(runs.len(), 1);
        let week = "2026w41".parse().unwrap();
        let text = reorganizing("jobs", &runs[0], week);
        assert!(text.contains("PARTITION `carried_2026w40`, `carried_2026w41` INTO"), "{text}");
        assert!(text.contains("(PARTITION carried_2026w41 VALUES LESS THAN (x'"), "{text}");
        assert!(super::runs(&[]).is_empty());
    }
}
