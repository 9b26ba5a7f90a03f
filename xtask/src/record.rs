//! What was measured beside others, and how far a measurement is from the best of them.
//!
//! The record has the lines that a benchmark kit prints: one JSON object for each system, database, phase
//! and repetition, after one that tells of the machine, the server and its settings.

mod bars;
mod page;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::bars::{escaped, picture};
pub(crate) use self::page::{PAGE, grouped, rewritten, shown};

/// Where the record lies.
pub(crate) const FILE: &str = "docs/benchmarks.jsonl";
/// Where its picture lies.
pub(crate) const PICTURE: &str = "docs/benchmarks.svg";
/// What the record calls this system.
pub(crate) const OURS: &str = "longshore";
/// The databases, in the order of the page.
pub(crate) const DATABASES: [&str; 3] = ["postgres", "mysql", "sqlite"];
/// The setting of SQLite that decides whether a commit survives a power loss.
const DURABILITY: &str = "synchronous";
const ENVIRONMENT: &str = "environment";
const SYSTEM: &str = "system";

/// One line: of the record, or of `longshore bench --json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) peer: String,
    backend: String,
    metric: String,
    date: Option<String>,
    rep: Option<u64>,
    jobs: Option<u64>,
    rate: Option<f64>,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    log_bytes_per_job: Option<f64>,
    error: Option<String>,
    /// How a system was set up.
    what: Option<String>,
    /// The machine, the server and its settings.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl Line {
    fn durability(&self) -> Option<&str> {
        self.rest.get(DURABILITY).and_then(Value::as_str)
    }
}

/// A figure of which there is a best one.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// The phases whose values are added up.
    phases: &'static [&'static str],
    value: fn(&Line) -> Option<f64>,
    /// Whether more is better.
    pub(crate) is_rate: bool,
    /// Digits after the point.
    pub(crate) digits: usize,
}

const fn rate(name: &'static str, phases: &'static [&'static str]) -> Figure {
    Figure { name, phases, value: |line| line.rate, is_rate: true, digits: 0 }
}

const fn latency(name: &'static str, value: fn(&Line) -> Option<f64>) -> Figure {
    Figure { name, phases: &["latency"], value, is_rate: false, digits: 1 }
}

/// What is compared, in the order in which it is told.
pub(crate) const FIGURES: [Figure; 6] = [
    rate("bulk enqueue/s", &["bulk"]),
    rate("drain/s", &["drain"]),
    rate("single enqueue/s", &["single"]),
    latency("latency p50, ms", |line| line.p50_ms),
    latency("latency p99, ms", |line| line.p99_ms),
    Figure {
        name: "log bytes a job",
        phases: &["bulk", "drain"],
        value: |line| line.log_bytes_per_job,
        is_rate: false,
        digits: 0,
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

/// What several repetitions came to.
#[derive(Clone, Copy, Debug)]
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

/// The measurements of one run for each database, and the text of their lines.
#[derive(Debug)]
pub(crate) struct Record(Vec<(Line, String)>);

impl Record {
    /// Reads lines of JSON.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().enumerate().map(|(number, text)| {
            let line =
                serde_json::from_str(text).with_context(|| format!("{FILE}:{}", number + 1))?;
            Ok((line, text.to_owned()))
        });
        Ok(Self(lines.collect::<Result<_>>()?))
    }

    /// The record of this repository.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let file = root.join(FILE);
        let text = std::fs::read_to_string(&file);
        Self::parse(&text.with_context(|| format!("cannot read {}", file.display()))?)
    }

    /// As it lies in its file.
    pub(crate) fn text(&self) -> String {
        self.0.iter().fold(String::new(), |text, (_, line)| text + line + "\n")
    }

    /// Puts a new run on one database in the place of the old one. `list` tells of each system how it was
    /// set up; ratios that a kit has worked out are left out, as they follow from the rest.
    pub(crate) fn replace(
        &mut self,
        database: &str,
        run: &str,
        date: &str,
        list: &BTreeMap<String, String>,
    ) -> Result<()> {
        let mut lines = Vec::new();
        let mut names = Vec::new();
        for text in run.lines().filter(|line| line.starts_with('{')) {
            let line: Line = serde_json::from_str(text).context("a line of the kit")?;
            if line.backend != database || line.metric.ends_with("_ratio") {
                continue;
            }
            if line.metric == ENVIRONMENT {
                let dated = format!("{{\"date\": {}, {}", Value::from(date), &text[1..]);
                lines.push(dated);
                continue;
            }
            if !names.contains(&line.peer) {
                names.push(line.peer.clone());
            }
            lines.push(text.to_owned());
        }
        anyhow::ensure!(!names.is_empty(), "the run has no line of {database}");
        let systems = names.iter().filter_map(|peer| {
            let what = list.get(peer)?;
            let fields =
                [("metric", SYSTEM), ("backend", database), ("peer", peer), ("what", what)];
            let fields = fields.map(|(name, value)| format!("\"{name}\": {}", Value::from(value)));
            Some(format!("{{{}}}", fields.join(", ")))
        });
        lines.splice(1..1, systems.collect::<Vec<_>>());
        let new = Self::parse(&lines.join("\n"))?;
        anyhow::ensure!(
            new.0[0].0.metric == ENVIRONMENT,
            "the run does not begin with the line of the machine and the server"
        );
        let place = |line: &Line| DATABASES.iter().position(|it| *it == line.backend);
        self.0.retain(|(line, _)| line.backend != database);
        self.0.extend(new.0);
        self.0.sort_by_key(|(line, _)| place(line));
        Ok(())
    }

    /// The day of the run on a database.
    pub(crate) fn date(&self, database: &str) -> &str {
        let line = self.environment(database);
        line.and_then(|line| line.date.as_deref()).unwrap_or("an unknown day")
    }

    fn environment(&self, database: &str) -> Option<&Line> {
        self.of(database).find(|line| line.metric == ENVIRONMENT)
    }

    fn of(&self, database: &str) -> impl Iterator<Item = &Line> {
        self.0.iter().map(|(line, _)| line).filter(move |line| line.backend == database)
    }

    /// The systems on a database, ours first, then as they came.
    fn systems(&self, database: &str) -> Vec<&str> {
        let mut systems = vec![OURS];
        for line in self.of(database).filter(|line| line.rep.is_some() || line.rate.is_some()) {
            if !systems.contains(&&*line.peer) {
                systems.push(&line.peer);
            }
        }
        systems
    }

    /// Those of them that are as durable as the run asked for.
    fn compared(&self, database: &str) -> Vec<&str> {
        let mut systems = self.systems(database);
        systems.retain(|system| self.less_durable(database, system).is_none());
        systems
    }

    /// The setting under which a system may lose commits at a power loss that the run's others keep.
    fn less_durable(&self, database: &str, peer: &str) -> Option<&str> {
        let asked_for = self.environment(database)?.durability()?;
        let lines = self.of(database).filter(|line| line.peer == peer);
        lines.filter_map(Line::durability).find(|level| *level != asked_for)
    }

    fn spread(&self, figure: &Figure, database: &str, peer: &str) -> Option<Spread> {
        let lines: Vec<&Line> = self.of(database).filter(|line| line.peer == peer).collect();
        figure.of(&lines)
    }

    /// Our own figures of the same run beside those of the others.
    pub(crate) fn compare_itself(&self, database: &str) -> Vec<Comparison> {
        let ours = self.of(database).filter(|line| line.peer == OURS).cloned();
        self.compare(database, &ours.collect::<Vec<_>>())
    }

    /// Figures that were measured now beside those of the record.
    pub(crate) fn compare(&self, database: &str, ours: &[Line]) -> Vec<Comparison> {
        let ours: Vec<&Line> = ours.iter().collect();
        let others: Vec<&str> =
            self.compared(database).into_iter().filter(|peer| *peer != OURS).collect();
        let compared = FIGURES.iter().filter_map(|figure| {
            let ours = figure.of(&ours)?.median;
            let others = others
                .iter()
                .filter_map(|peer| Some((*peer, self.spread(figure, database, peer)?.median)));
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

impl Figure {
    /// Of the lines of one system, added up over the phases.
    fn of(&self, lines: &[&Line]) -> Option<Spread> {
        let of_phase = |phase: &&str| {
            let lines = lines.iter().filter(|line| line.metric == *phase && line.error.is_none());
            Spread::of(lines.filter_map(|line| (self.value)(line)).collect())
        };
        let parts = self.phases.iter().map(of_phase).collect::<Option<Vec<_>>>()?;
        parts.into_iter().reduce(|a, b| Spread {
            least: a.least + b.least,
            median: a.median + b.median,
            most: a.most + b.most,
        })
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (low, high) =
            (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
        Some(Self { least: *values.first()?, median: (low + high) / 2.0, most: *values.last()? })
    }
}

impl Comparison {
    /// Above one: ahead.
    pub(crate) fn ratio(&self) -> f64 {
        if self.figure.is_rate { self.ours / self.best } else { self.best / self.ours }
    }
}

#[cfg(test)]
mod tests;
