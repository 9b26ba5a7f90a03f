//! What jobs say: kept with their attempts, and logged.

use serde_json::Value;

use crate::{on_every_engine, place::Place, process::Process};

on_every_engine!(what_a_program_says_is_shown_with_its_attempt);

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn drain(place: &Place, more: &[&str]) {
    let worker = Process::start(place.command(&[&["worker", "--drain"], more].concat()));
    assert!(worker.end().success(), "{}", place.read("log"));
}

fn what_a_program_says_is_shown_with_its_attempt(place: &Place) {
    place.settings(
        r#"
[[handlers]]
kind = "talk"
command = ["sh", "-c", "echo try $LONGSHORE_ATTEMPT >&2; echo second >&2; echo result; exit $(( LONGSHORE_ATTEMPT < 2 ? 3 : 0 ))"]

[[handlers]]
kind = "silent"
command = ["true"]
"#,
    );
    place.ok(&["migrate"]);
    let (talk, silent) = (place.enqueue(&["talk"]), place.enqueue(&["silent"]));
    drain(place, &[]);
    place.ok(&["dead", "retry", &talk]);
    drain(place, &[]);
    let shown = place.ok(&["jobs", "show", &talk, "--logs"]);
    // The ledger above them tells the last words of a failure, too.
    let (_, shown) = shown.split_once("Attempt 1,").unwrap();
    let order = ["try 1", "second", "Attempt 2", "try 2"];
    let places: Vec<_> = order.iter().map(|text| shown.find(text)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{shown}");
    assert!(!place.ok(&["jobs", "show", &talk]).contains("try 2"));

    let job = place.json(&["jobs", "show", &talk, "--logs"]).remove(0);
    assert_eq!((&job["state"], &job["result"]), (&"completed".into(), &"result".into()));
    let attempt = &job["logs"][1];
    assert_eq!((&attempt["attempt"], &attempt["left_out"]), (&2.into(), &0.into()));
    let line = &attempt["lines"][0];
    assert_eq!((&line["message"], &line["level"]), (&"try 2".into(), &"info".into()));
    let one = place.json(&["jobs", "show", &talk, "--logs", "--attempt", "1"]).remove(0);
    assert_eq!(one["logs"].as_array().unwrap().len(), 1);
    assert_eq!(one["logs"][0]["lines"][1]["message"], "second");
    let none = place.ok(&["jobs", "show", &silent, "--logs"]);
    assert!(none.contains("has said anything"), "{none}");
    assert!(place.json(&["jobs", "show", &silent, "--logs"])[0]["logs"] == Value::Array(vec![]));
}

#[test]
fn a_program_that_never_stops_talking_leaves_its_last_words() {
    let place = Place::on_sqlite();
    place.settings(
        r#"
[worker]
log_lines = 5

[[handlers]]
kind = "flood"
command = ["sh", "-c", "seq 1 20000 >&2"]
"#,
    );
    place.ok(&["migrate"]);
    let flood = place.enqueue(&["flood"]);
    drain(&place, &[]);
    let log = &place.json(&["jobs", "show", &flood, "--logs"])[0]["logs"][0];
    assert_eq!((&log["lines"][4]["message"], &log["left_out"]), (&"20000".into(), &19_995.into()));
    let shown = place.ok(&["jobs", "show", &flood, "--logs"]);
    assert!(shown.contains("19995 lines before these were left out"), "{shown}");
}

#[test]
fn json_lines_of_a_run_name_their_job_and_its_trace() {
    let place = Place::on_sqlite();
    place.settings(
        r#"
[[handlers]]
kind = "talk"
command = ["sh", "-c", "echo \"quote \\\" in $TRACEPARENT $TRACESTATE\" >&2"]
"#,
    );
    place.ok(&["migrate"]);
    let id = place.enqueue(&["talk", "--traceparent", TRACE, "--tracestate", "a=b"]);
    assert_eq!(place.job(&id)["context"]["traceparent"], TRACE);
    drain(&place, &["--log-format", "json"]);
    let log = place.read("log");
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.into_iter().find(|line| line["target"] == "stderr").unwrap();
    assert_eq!(line["message"], format!("quote \" in {TRACE} a=b"));
    assert_eq!((&line["job_id"], &line["kind"]), (&id.as_str().into(), &"talk".into()));
    assert_eq!((&line["queue"], &line["attempt"]), (&"default".into(), &1.into()));
    assert_eq!(line["trace_id"], &TRACE[3..35]);
    assert_eq!((&line["level"], line["at"].is_string()), (&"info".into(), true));
}

#[test]
fn a_trace_that_is_none_is_refused_at_once() {
    let place = Place::on_sqlite();
    place.ok(&["migrate"]);
    let refused = place.run(&["enqueue", "talk", "--traceparent", "00-nonsense"]);
    assert!(refused.code == 2 && refused.stderr.contains("is no traceparent"), "{refused:?}");
    let state = ["enqueue", "talk", "--traceparent", TRACE, "--tracestate", "no state"];
    let refused = place.run(&state);
    assert!(refused.code == 2 && refused.stderr.contains("is no tracestate"), "{refused:?}");
    assert!(place.json(&["jobs", "list"]).is_empty());
}
