//! A small record, and what follows from it.

use super::*;

/// Two repetitions on SQLite, one on PostgreSQL.
pub(super) const RUN: &str = r#"{"date": "2026-01-02", "metric": "environment", "backend": "sqlite", "cores": 2, "cpu": "Slow", "server": "SQLite", "synchronous": "FULL"}
{"metric": "system", "backend": "sqlite", "peer": "a", "what": "crate a 1.0"}
{"peer": "a", "backend": "sqlite", "rep": 1, "metric": "bulk", "jobs": 100, "rate": 10.0, "log_bytes_per_job": 40}
{"peer": "a", "backend": "sqlite", "rep": 2, "metric": "bulk", "jobs": 100, "rate": 30.0, "log_bytes_per_job": 60}
{"peer": "b", "backend": "sqlite", "rep": 1, "metric": "bulk", "jobs": 50, "rate": 15.0}
{"peer": "b", "backend": "postgres", "rep": 1, "metric": "bulk", "rate": 99.0}
{"peer": "a", "backend": "sqlite", "rep": 1, "metric": "drain", "rate": 10.0, "log_bytes_per_job": 7}
{"peer": "a", "backend": "sqlite", "rep": 1, "metric": "latency", "p50_ms": 3.0}
{"peer": "b", "backend": "sqlite", "rep": 1, "metric": "latency", "p50_ms": 2.0}
{"peer": "b", "backend": "sqlite", "rep": 2, "metric": "latency", "error": "222 of 400 jobs ran"}
{"peer": "longshore", "backend": "sqlite", "rep": 1, "metric": "bulk", "jobs": 100, "rate": 50.0, "log_bytes_per_job": 50}
{"peer": "longshore", "backend": "sqlite", "rep": 1, "metric": "drain", "rate": 20.0, "log_bytes_per_job": 64}"#;

#[test]
fn the_best_of_the_others_is_the_one_that_counts() {
    let record = Record::parse(RUN).unwrap();
    let ours = |metric: &str| Line { metric: metric.into(), ..Line::default() };
    let ours =
        [Line { rate: Some(40.0), ..ours("bulk") }, Line { p50_ms: Some(4.0), ..ours("latency") }];
    let compared = record.compare("sqlite", &ours);
    let told: Vec<_> = compared.iter().map(|it| (it.figure.name, &*it.peer, it.ratio())).collect();
    assert_eq!(told, [("bulk enqueue/s", "a", 2.0), ("latency p50, ms", "b", 0.5)]);
    assert_eq!(record.date("sqlite"), "2026-01-02");
}

#[test]
fn who_may_lose_commits_is_not_compared() {
    let fast = r#"
{"peer": "c", "backend": "sqlite", "rep": 1, "metric": "bulk", "rate": 900.0, "synchronous": "NORMAL"}
{"peer": "d", "backend": "sqlite", "rep": 1, "metric": "bulk", "rate": 25.0, "synchronous": "FULL"}"#;
    let record = Record::parse(&format!("{RUN}{fast}")).unwrap();
    let bulk = record.compare_itself("sqlite").remove(0);
    assert_eq!((bulk.peer.as_str(), bulk.ratio()), ("d", 2.0));
    assert_eq!(record.systems("sqlite"), [OURS, "a", "b", "c", "d"]);
    assert_eq!(record.less_durable("sqlite", "c"), Some("NORMAL"));
}

#[test]
fn bytes_of_both_phases_are_added_up() {
    let compared = Record::parse(RUN).unwrap().compare_itself("sqlite");
    let told: Vec<_> = compared.iter().map(|it| (it.figure.name, it.ours, it.best)).collect();
    let rates = [("bulk enqueue/s", 50.0, 20.0), ("drain/s", 20.0, 10.0)];
    assert_eq!(told, [rates[0], rates[1], ("log bytes a job", 114.0, 57.0)]);
}

#[test]
fn a_new_run_takes_the_place_of_the_old_one_on_its_database_alone() {
    let mut record = Record::parse(RUN).unwrap();
    let run = r#"some words
{"metric": "environment", "backend": "sqlite", "cores": 8}
{"peer": "a", "backend": "sqlite", "rep": 1, "metric": "bulk", "rate": 7.0}
{"peer": "longshore", "backend": "sqlite", "metric": "bulk_ratio", "ratio": 2.0}
### a table"#;
    let list = [("a".to_owned(), "crate a 2.0".to_owned())].into();
    record.replace("sqlite", run, "2027-03-04", &list).unwrap();
    assert_eq!(
        record.text(),
        r#"{"peer": "b", "backend": "postgres", "rep": 1, "metric": "bulk", "rate": 99.0}
{"date": "2027-03-04", "metric": "environment", "backend": "sqlite", "cores": 8}
{"metric": "system", "backend": "sqlite", "peer": "a", "what": "crate a 2.0"}
{"peer": "a", "backend": "sqlite", "rep": 1, "metric": "bulk", "rate": 7.0}
"#
    );
    assert!(record.replace("mysql", run, "2027-03-04", &list).is_err());
}
