//! `longshore bench` and `longshore doctor`: what is measured and checked.

use crate::{on_every_engine, place::Place};

on_every_engine!(
    a_measurement_prints_a_line_for_each_phase_and_leaves_no_work,
    a_measurement_is_drawn_with_what_its_engine_tells,
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

fn a_measurement_is_drawn_with_what_its_engine_tells(place: &Place) {
    let bench = ["bench", "--jobs", "300", "--seconds", "1", "--rate", "20", "--chart", "it.svg"];
    let table = place.ok(&bench);
    let heads = table.lines().next().unwrap();
    assert!(heads.contains("JOBS/S") && heads.contains("LOG B/JOB"), "{table}");
    let chart = place.read("it.svg");
    assert!(chart.starts_with("<svg ") && chart.ends_with("</svg>\n"), "{chart}");
    let has = |words| chart.contains(&format!("aria-label=\"{words}"));
    assert!(has("Jobs a second") && has("Latency, ms"), "{chart}");
    let is_server = place.is_mysql() || place.schema.is_some();
    assert_eq!(has("Log written"), is_server, "{chart}");
    assert_eq!(has("Rows that are gone"), place.schema.is_some(), "{chart}");
    let refused = place.run(&[&bench[..7], &["--chart", "no/such/folder/it.svg"]].concat());
    assert!(refused.stderr.contains("cannot be written to no/such/folder/it.svg"), "{refused:?}");
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
