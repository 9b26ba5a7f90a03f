//! What a chart says, read as text.

use longshore_store::Vitals;

use super::*;

fn load() -> Load {
    Load { jobs: 1000, producers: 8, connections: 1, seconds: 2, rate: 50, payload: 150 }
}

fn phase(metric: &'static str, vitals: fn(u64) -> Vitals) -> Measured {
    let course = (0..=10).map(|look| Moment {
        seconds: look as f64 * 0.2,
        done: look * 100,
        vitals: vitals(look),
    });
    let times: Vec<_> = (1..=1000).map(Duration::from_micros).collect();
    Measured {
        metric,
        jobs: 1000,
        rate: 500.0,
        course: course.collect(),
        ways: times.clone(),
        calls: times,
        p50_ms: (metric == "latency").then_some(0.5),
        p99_ms: (metric == "latency").then_some(0.99),
        ..Measured::default()
    }
}

fn drawn(engine: &str, vitals: fn(u64) -> Vitals) -> String {
    draw(engine, &load(), &["bulk", "drain", "latency", "single"].map(|it| phase(it, vitals)))
}

#[test]
fn a_chart_tells_in_words_what_it_shows() {
    let chart = drawn("postgres", |look| Vitals {
        log_bytes: Some(7_000_000 + look * 1_000_000),
        dead_rows: Some(look),
    });
    for words in [
        "<title id=\"title\">longshore bench on postgres</title>",
        "bulk 500/s",
        "latency p50 0.5 ms, p99 0.99 ms",
        "Jobs a second",
        "Latency, ms",
        "Log written, MB",
        "Rows that are gone",
        "prefers-color-scheme: dark",
    ] {
        assert!(chart.contains(words), "{words} is not in {chart}");
    }
    assert!(!chart.contains("NaN") && !chart.contains("inf") && !chart.contains("<script"));
    let opened = chart.matches("<g ").count();
    assert_eq!((opened, chart.matches("</g>").count()), (4, 4));
}

#[test]
fn a_chart_says_what_its_engine_does_not_tell() {
    let chart = drawn("sqlite", |_| Vitals::default());
    let missing = "Not told by sqlite: Log written, MB; Rows that are gone and take room.";
    assert!(chart.contains(missing), "{chart}");
    assert_eq!(chart.matches("<g ").count(), 2);
}

#[test]
fn the_steps_of_a_course_are_means() {
    let panel = speed(&[phase("bulk", |_| Vitals::default())]);
    assert_eq!(panel.series[0].points.len(), 20);
    assert!(panel.series[0].points.iter().all(|(_, rate)| (rate - 500.0).abs() < 1e-6));
}

#[test]
fn words_of_strangers_stay_words() {
    assert_eq!(escaped("<a & \"b\">\u{1b}"), "&lt;a &amp; &quot;b&quot;&gt;\u{FFFD}");
}
