//! `longshore bench` and `longshore doctor`: what is measured and checked.

use crate::{on_every_engine, place::Place};

on_every_engine!(
    a_measurement_prints_a_line_for_each_phase_and_leaves_no_work,
    a_phase_alone_is_steered_by_variables,
    a_healthy_database_passes_the_check_up,
);

fn a_measurement_prints_a_line_for_each_phase_and_leaves_no_work(place: &Place) {
    let lines = place.json(&["bench", "--jobs", "300", "--seconds", "1", "--rate", "20"]);
    let metrics: Vec<_> = lines.iter().map(|line| line["metric"].as_str().unwrap()).collect();
    assert_eq!(metrics, ["bulk", "drain", "latency", "single"]);
    assert_eq!(lines[1]["jobs"], 300);
    assert!(lines[2]["p99_ms"].as_f64() > Some(0.0));
    assert_eq!(place.count("available") + place.count("running"), 0);
}

fn a_phase_alone_is_steered_by_variables(place: &Place) {
    for (phase, jobs) in [
        ("setup", Some(0)),
        ("bulk", Some(50)),
        ("drain", Some(50)),
        ("latency", Some(10)),
        ("single", Some(50)),
    ] {
        let mut bench = place.command(&["bench"]);
        bench.env("BENCH_SECONDS", "1").env("BENCH_RATE", "10");
        bench.env("BENCH_MODE", phase).env("BENCH_N", "50").env("BENCH_SQLITE_SYNC", "NORMAL");
        let output = bench.output().unwrap();
        assert!(output.status.success(), "{phase}: {output:?}");
        let line = String::from_utf8(output.stdout).unwrap();
        let line: Option<serde_json::Value> =
            line.lines().last().map(|line| serde_json::from_str(line).unwrap());
        assert_eq!(line.and_then(|line| line["jobs"].as_u64()), jobs, "{phase}");
    }
}

fn a_healthy_database_passes_the_check_up(place: &Place) {
    place.ok(&["migrate"]);
    let findings = place.json(&["doctor"]);
    assert_eq!(findings[0]["subject"], "schema");
    assert!(findings.len() > 1);
    assert!(findings.iter().all(|finding| finding["severity"] != "bad"), "{findings:?}");
}

#[test]
fn a_database_that_breaks_a_guarantee_fails_the_check_up() {
    let place = Place::on_sqlite();
    place.ok(&["migrate"]);
    let url = format!("{}?mode=ro", place.url);
    let answer = place.run(&["--database-url", &url, "doctor"]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(
        answer.stdout.contains("BAD") && answer.stdout.contains("cannot be written"),
        "{answer:?}"
    );
}
