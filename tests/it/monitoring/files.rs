//! The dashboard and the alerts that are shipped speak of nothing that a real process does not show.

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::{
    promql::{Selector, spoken},
    scrape::{Scrape, Watched},
};
use crate::{on_every_engine, place::Place};

on_every_engine!(every_name_and_label_in_the_shipped_files_is_in_a_scrape);

const HANDLERS: &str = r#"
[[handlers]]
kind = "note"
command = ["true"]

[[handlers]]
kind = "fails"
command = ["false"]

[[handlers]]
kind = "tries"
command = ["sh", "-c", "exit 75"]
"#;

/// What Prometheus itself adds.
const TARGETS: [&str; 2] = ["instance", "job"];
/// SQLite has no partitions.
const NOT_ON_SQLITE: &str = "longshore_weeks_ahead";

/// A file that is shipped.
pub(crate) fn shipped(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path)
}

/// All queries of the dashboard, those of its panels and those that fill its choices.
fn of_dashboard() -> Vec<String> {
    let text = fs::read_to_string(shipped("grafana/longshore.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            queries.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    for choice in dashboard["templating"]["list"].as_array().unwrap() {
        let query = choice["query"].as_str().unwrap();
        // `label_values(metric, label)`, in the form of a query.
        if let Some(asked) = query.strip_prefix("label_values(") {
            let (metric, label) = asked.trim_end_matches(')').split_once(", ").unwrap();
            queries.push(format!("count by ({label}) ({metric})"));
        }
    }
    assert!(queries.len() > 20, "{queries:?}");
    queries
}

/// All queries of the alerts: each stands on the line of its `expr`, or below it and deeper.
fn of_alerts() -> Vec<String> {
    let text = fs::read_to_string(shipped("prometheus/longshore.rules.yml")).unwrap();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<_> = text.lines().collect();
    let mut queries = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(query) = line.trim_start().strip_prefix("expr: ") else { continue };
        let below = lines[at + 1..].iter().take_while(|below| depth(below) > depth(line));
        let mut query = query.trim_start_matches('|').to_owned();
        below.for_each(|below| query = format!("{query} {}", below.trim()));
        queries.push(query);
    }
    assert_eq!(queries.len(), text.matches("- alert: ").count());
    queries
}

/// What a query asks for and a scrape does not have.
fn missing(query: &str, scrape: &Scrape) -> Vec<String> {
    let spoken = spoken(query);
    let mut missing = Vec::new();
    for Selector { name, matchers } in &spoken.selectors {
        if name == "up" {
            continue;
        }
        if scrape.of(name).is_empty() {
            missing.push(name.clone());
            continue;
        }
        for matcher in matchers.iter().filter(|matcher| !TARGETS.contains(&&*matcher.label)) {
            let values = scrape.values(name, &matcher.label);
            let is_choice = matcher.value.starts_with('$');
            let is_there = |value: &str| values.contains(value);
            if values.is_empty() || !is_choice && !matcher.value.split('|').all(is_there) {
                missing.push(format!("{name}{{{}=\"{}\"}}", matcher.label, matcher.value));
            }
        }
    }
    let named = |label: &str| {
        TARGETS.contains(&label)
            || spoken.selectors.iter().any(|it| !scrape.values(&it.name, label).is_empty())
    };
    let is_absent = |selector: &Selector| scrape.of(&selector.name).is_empty();
    if !spoken.selectors.iter().any(is_absent) {
        missing.extend(spoken.groups.iter().filter(|label| !named(label)).cloned());
    }
    missing
}

fn every_name_and_label_in_the_shipped_files_is_in_a_scrape(place: &Place) {
    place.settings(HANDLERS);
    let up = Watched::start(place, &["up"]);
    place.until("it is ready", |_| up.readiness().is_ok());
    place.ok(&["enqueue", "note", "--wait"]);
    place.enqueue(&["fails"]);
    place.enqueue(&["tries"]);
    let seen = |name, label: &str, value: &str| up.scrape().values(name, label).contains(value);
    place.until("each has ended in its way", |_| {
        seen("longshore_attempts_total", "outcome", "discarded")
            && seen("longshore_attempts_total", "outcome", "retryable")
    });
    place.until("the queues were counted", |place| {
        place.ok(&["queues", "list"]);
        seen("longshore_queue_depth", "queue", "default")
    });
    // The storage fails for a while.
    let (queue, away) = (place.table("queue"), place.table("queue_away"));
    let away = if place.schema.is_some() { "queue_away" } else { &away };
    place.sql(&format!("ALTER TABLE {queue} RENAME TO {away}"));
    let start = std::time::Instant::now();
    while !seen("longshore_worker_calls_repeated_total", "call", "claim") {
        assert!(start.elapsed().as_secs() < 60, "{}", place.read("log"));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let scrape = up.scrape();

    let queries = [of_dashboard(), of_alerts()].concat();
    let excused = |missing: &String| place.url.starts_with("sqlite") && missing == NOT_ON_SQLITE;
    for query in &queries {
        let mut missing = missing(query, &scrape);
        missing.retain(|missing| !excused(missing));
        assert_eq!(missing, Vec::<String>::new(), "in {query}");
    }
    // Whoever misspells is told so.
    for (wrong, said) in [
        ("rate(longshore_job_finished_total[5m])", "longshore_job_finished_total"),
        ("longshore_queue_depth{status=\"dead\"}", "longshore_queue_depth{status=\"dead\"}"),
        ("longshore_queue_depth{state=\"ded\"}", "longshore_queue_depth{state=\"ded\"}"),
        ("sum by (queues) (longshore_queue_depth)", "queues"),
    ] {
        assert_eq!(missing(wrong, &scrape), [said]);
    }
}
