//! How an operator sees weeks, and lets them go.

use longshore::{JobId, core::Week};

use crate::{on_every_engine, place::Place};

on_every_engine!(
    a_plan_prints_what_a_rotation_would_run,
    a_retention_that_is_too_short_is_refused,
    retention_that_is_off_drops_nothing,
);

/// A job that was cancelled ten weeks ago and one that waits since then, and the name of their week.
pub(crate) fn old_jobs(place: &Place) -> (String, String, String) {
    place.ok(&["migrate"]);
    let over = place.enqueue(&["mail", "{}"]);
    place.ok(&["jobs", "cancel", &over]);
    let waiting = place.enqueue(&["mail", "{}"]);
    let now = over.parse::<JobId>().unwrap().time().unwrap();
    let week = Week::of(now).plus(-10);
    for table in ["jobs", "labels", "attempts", "results"] {
        make_week(place, table, week);
    }
    (backdate(place, &over), backdate(place, &waiting), week.to_string())
}

/// Makes the partition of a week that lies before all others.
fn make_week(place: &Place, table: &str, week: Week) {
    let (from, to) = week.ids();
    if let Some(schema) = &place.schema {
        place.sql(&format!(
            "CREATE TABLE {schema}.{table}_{week} PARTITION OF {schema}.{table} FOR VALUES FROM ('{from}') TO ('{to}')"
        ));
    } else if place.is_mysql() {
        let last = Week::of(week.start()).plus(9);
        place.sql(&format!(
            "ALTER TABLE longshore_{table} REORGANIZE PARTITION `{last}` INTO (\
             PARTITION `{week}` VALUES LESS THAN (x'{}'), PARTITION `{last}` VALUES LESS THAN (x'{}'))",
            to.simple(),
            last.ids().1.simple()
        ));
    }
}

/// Gives a job an id of ten weeks ago, and moves its ledger there.
fn backdate(place: &Place, id: &str) -> String {
    let id: JobId = id.parse().unwrap();
    let weeks = 70 * 24 * 3600 * 1000u128;
    let old = JobId(longshore::sqlx::types::Uuid::from_u128(id.0.as_u128() - (weeks << 80)));
    let quoted = |id: JobId| match place.schema {
        Some(_) => format!("'{id}'"),
        None => format!("x'{}'", id.0.simple()),
    };
    for (table, column) in [("jobs", "id"), ("queue", "id"), ("attempts", "job_id")] {
        let (table, from, to) = (place.table(table), quoted(id), quoted(old));
        place.sql(&format!("UPDATE {table} SET {column} = {to} WHERE {column} = {from}"));
    }
    let earlier = match place.schema {
        Some(_) => "at - interval '70 days'".to_owned(),
        None if place.is_mysql() => "at - INTERVAL 70 DAY".to_owned(),
        None => format!("at - {}", weeks * 1000),
    };
    let ledger = place.table("attempts");
    place.sql(&format!("UPDATE {ledger} SET at = {earlier} WHERE job_id = {}", quoted(old)));
    old.to_string()
}

/// S2-33
fn a_plan_prints_what_a_rotation_would_run(place: &Place) {
    let (over, waiting, week) = old_jobs(place);
    let listed = place.json(&["weeks", "list"]);
    let row = listed.iter().find(|row| row["name"] == week.as_str()).unwrap();
    assert_eq!(row["survivors"], 1, "{row}");
    let listed = place.ok(&["weeks", "list"]);
    assert!(listed.contains(&week) && listed.contains("≥1"), "{listed}");

    let planned = place.ok(&["weeks", "plan"]);
    let statement = match place.schema {
        Some(_) => "DETACH PARTITION",
        None if place.is_mysql() => "EXCHANGE PARTITION",
        None => "DELETE FROM",
    };
    assert!(planned.contains(&week) && planned.contains(statement), "{planned}");
    assert_eq!(place.ok(&["weeks", "rotate", "--dry-run"]), planned);
    assert_eq!(place.job(&over)["state"], "cancelled", "a plan changes nothing");

    let rotated = place.ok(&["weeks", "rotate"]);
    assert!(rotated.contains(&week) && rotated.contains("dropped with 1 jobs"), "{rotated}");
    assert_eq!(place.run(&["jobs", "show", &over]).code, 3);
    assert_eq!(place.job(&waiting)["state"], "available");
    let again = place.json(&["weeks", "rotate"]);
    assert_eq!(again.last().unwrap()["swept"], 0, "{again:?}");
    assert_eq!(place.run(&["weeks", "rotate", "1999w01"]).code, 3);
    assert!(place.ok(&["doctor"]).contains("weeks") || place.schema.is_none());
}

fn a_retention_that_is_too_short_is_refused(place: &Place) {
    place.ok(&["migrate"]);
    let refused = place.run(&["weeks", "rotate", "--keep", "1h"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("at least a day"), "{refused:?}");
    place.settings("[retention]\nkeep = \"1h\"\n");
    let refused = place.run(&["weeks", "list"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("at least a day"), "{refused:?}");
    assert_eq!(place.run(&["weeks", "rotate", "week-7"]).code, 2);
}

fn retention_that_is_off_drops_nothing(place: &Place) {
    let (over, ..) = old_jobs(place);
    place.settings("[retention]\nkeep = \"off\"\n");
    let refused = place.run(&["weeks", "rotate"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(place.ok(&["weeks", "list"]).contains("keep for ever"));
    assert_eq!(place.job(&over)["state"], "cancelled");
    place.ok(&["weeks", "rotate", "--keep", "28d"]);
    assert_eq!(place.run(&["jobs", "show", &over]).code, 3);
}
