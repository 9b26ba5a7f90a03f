//! What was measured beside others, and how far a measurement is from the best of them.
//!
//! The record has the lines that a benchmark kit prints: one JSON object for each system, database, phase
//! and repetition.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// Where the record lies.
pub(crate) const FILE: &str = "docs/benchmarks.jsonl";
/// What the record calls this system.
pub(crate) const OURS: &str = "longshore";

/// One line: of the record, or of `longshore bench --json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) peer: String,
    backend: String,
    metric: String,
    date: Option<String>,
    rate: Option<f64>,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// A figure of which there is a best one.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    metric: &'static str,
    value: fn(&Line) -> Option<f64>,
    pub(crate) is_rate: bool,
}

/// What is compared, in the order in which it is told.
pub(crate) const FIGURES: [Figure; 5] = [
    Figure { name: "bulk enqueue/s", metric: "bulk", value: |line| line.rate, is_rate: true },
    Figure { name: "drain/s", metric: "drain", value: |line| line.rate, is_rate: true },
    Figure { name: "single enqueue/s", metric: "single", value: |line| line.rate, is_rate: true },
    Figure {
        name: "latency p50, ms",
        metric: "latency",
        value: |line| line.p50_ms,
        is_rate: false,
    },
    Figure {
        name: "latency p99, ms",
        metric: "latency",
        value: |line| line.p99_ms,
        is_rate: false,
    },
];

/// A figure of ours beside the best of the others.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) figure: &'static Figure,
    pub(crate) ours: f64,
    pub(crate) best: f64,
    pub(crate) peer: String,
}

/// The measurements of one run.
#[derive(Debug)]
pub(crate) struct Record(Vec<Line>);

impl Record {
    /// Reads lines of JSON.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().enumerate().map(|(number, line)| {
            serde_json::from_str(line).with_context(|| format!("{FILE}:{}", number + 1))
        });
        Ok(Self(lines.collect::<Result<_>>()?))
    }

    /// The day of the run.
    pub(crate) fn date(&self) -> &str {
        self.0.iter().find_map(|line| line.date.as_deref()).unwrap_or("an unknown day")
    }

    /// Medians of a figure on one database, by system.
    pub(crate) fn medians(&self, figure: &Figure, database: &str) -> BTreeMap<&str, f64> {
        let mut values: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let lines = self.0.iter().filter(|line| {
            line.backend == database && line.metric == figure.metric && !line.peer.is_empty()
        });
        for (line, value) in lines.filter_map(|line| Some((line, (figure.value)(line)?))) {
            values.entry(&line.peer).or_default().push(value);
        }
        values.into_iter().filter_map(|(peer, values)| Some((peer, median(values)?))).collect()
    }

    /// Our own figures of the same run beside those of the others.
    pub(crate) fn compare_itself(&self, database: &str) -> Vec<Comparison> {
        let ours: Vec<Line> = self.0.iter().filter(|line| line.peer == OURS).cloned().collect();
        let ours: Vec<Line> = ours.into_iter().filter(|line| line.backend == database).collect();
        self.compare(database, &ours)
    }

    /// Figures that were measured now beside those of the record.
    pub(crate) fn compare(&self, database: &str, ours: &[Line]) -> Vec<Comparison> {
        let compared = FIGURES.iter().filter_map(|figure| {
            let mine = ours.iter().filter(|line| line.metric == figure.metric);
            let ours = median(mine.filter_map(figure.value).collect())?;
            let others =
                self.medians(figure, database).into_iter().filter(|(peer, _)| *peer != OURS);
            let (peer, best) = if figure.is_rate {
                others.max_by(|a, b| a.1.total_cmp(&b.1))?
            } else {
                others.min_by(|a, b| a.1.total_cmp(&b.1))?
            };
            Some(Comparison { figure, ours, best, peer: peer.to_owned() })
        });
        compared.collect()
    }
}

impl Comparison {
    /// Above one: ahead.
    pub(crate) fn ratio(&self) -> f64 {
        if self.figure.is_rate { self.ours / self.best } else { self.best / self.ours }
    }
}

/// A figure as people read it: `38,212`, `2.5`.
pub(crate) fn shown(figure: &Figure, value: f64) -> String {
    if !figure.is_rate {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) =
        (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"metric": "run", "date": "2026-01-02"}
{"metric": "environment", "backend": "sqlite", "cores": 2}
{"peer": "a", "backend": "sqlite", "metric": "bulk", "rate": 10.0}
{"peer": "a", "backend": "sqlite", "metric": "bulk", "rate": 30.0}
{"peer": "b", "backend": "sqlite", "metric": "bulk", "rate": 15.0}
{"peer": "b", "backend": "postgres", "metric": "bulk", "rate": 99.0}
{"peer": "a", "backend": "sqlite", "metric": "latency", "p50_ms": 3.0}
{"peer": "b", "backend": "sqlite", "metric": "latency", "p50_ms": 2.0}
{"peer": "longshore", "backend": "sqlite", "metric": "bulk", "rate": 50.0}"#;

    #[test]
    fn the_best_of_the_others_is_the_one_that_counts() {
        let record = Record::parse(RUN).unwrap();
        let ours = |metric: &str| Line { metric: metric.into(), ..Line::default() };
        let ours = [
            Line { rate: Some(40.0), ..ours("bulk") },
            Line { p50_ms: Some(4.0), ..ours("latency") },
        ];
        let compared = record.compare("sqlite", &ours);
        let told: Vec<_> =
            compared.iter().map(|it| (it.figure.name, &*it.peer, it.ratio())).collect();
        assert_eq!(told, [("bulk enqueue/s", "a", 2.0), ("latency p50, ms", "b", 0.5)]);
        assert!((record.compare_itself("sqlite")[0].ratio() - 2.5).abs() < 1e-9);
        assert_eq!(record.date(), "2026-01-02");
    }

    #[test]
    fn figures_are_shown_as_people_read_them() {
        assert_eq!(shown(&FIGURES[0], 1_234_567.4), "1,234,567");
        assert_eq!(shown(&FIGURES[0], 910.7), "911");
        assert_eq!(shown(&FIGURES[3], 2.518), "2.5");
    }
}
