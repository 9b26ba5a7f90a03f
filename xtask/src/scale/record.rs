//! The lines that were measured: one of the machine, others by the size of batches, of calls side by side, of processes
//! that begin, and by workers and jobs.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

/// Where the record lies.
pub(crate) const FILE: &str = "docs/scale.jsonl";

/// One line. Times and bytes are those of one job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(super) metric: String,
    /// What a call of a storage was.
    pub(super) op: String,
    /// Jobs in it, or in a claim.
    pub(super) batch: u64,
    pub(super) workers: u64,
    pub(super) jobs: u64,
    pub(super) rate: f64,
    /// Processor time by what it was spent for.
    pub(super) server_us: BTreeMap<String, f64>,
    pub(super) client_us: f64,
    pub(super) log_bytes: f64,
    /// Between client and server, both ways.
    pub(super) sent_bytes: f64,
    /// Transactions that wrote something, in all.
    pub(super) commits: f64,
    /// How long a flush of the log took on the wall.
    pub(super) flush_us: f64,
    /// Of each table, and of its indexes.
    pub(super) bytes: BTreeMap<String, [f64; 2]>,
    // The machine.
    pub(super) date: String,
    pub(super) cpu: String,
    pub(super) cores: f64,
    pub(super) memory_gib: f64,
    pub(super) kernel: String,
    pub(super) fdatasync_us: f64,
    pub(super) log_mb_s: f64,
    pub(super) server: String,
    pub(super) settings: BTreeMap<String, String>,
}

impl Line {
    /// Processor time of the server's connections.
    pub(super) fn connections_us(&self) -> f64 {
        self.server_us.get("connections").copied().unwrap_or_default()
    }

    /// Processor time of what the server does beside: log, pages, vacuum.
    pub(super) fn beside_us(&self) -> f64 {
        self.server_us.values().sum::<f64>() - self.connections_us()
    }

    /// Time on the wall that each job took.
    pub(super) fn wall_us(&self) -> f64 {
        1e6 / self.rate
    }
}

/// What was measured. Of the same measurement the last one counts.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(super) machine: Line,
    /// All but the points: calls of a storage by their size and by how many made them at once, one worker's work by the
    /// size of its claims, and beginnings.
    pub(super) batches: Vec<Line>,
    points: BTreeMap<(&'static str, u64, u64), Line>,
}

impl Record {
    /// Reads lines of JSON.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (mut machine, mut batches, mut points) = (None, Vec::new(), BTreeMap::new());
        for (number, text) in text.lines().enumerate() {
            let line: Line =
                serde_json::from_str(text).with_context(|| format!("{FILE}:{}", number + 1))?;
            let phase = ["bulk", "drain"].into_iter().find(|phase| *phase == line.metric);
            match (phase, line.metric.as_str()) {
                (Some(phase), _) => _ = points.insert((phase, line.jobs, line.workers), line),
                (None, "environment") => machine = Some(line),
                _ => batches.push(line),
            }
        }
        let machine = machine.with_context(|| format!("{FILE} has no line of the machine"))?;
        Ok(Self { machine, batches, points })
    }

    /// Measurements of a phase, by jobs and then by workers.
    pub(super) fn of(&self, phase: &str) -> impl Iterator<Item = &Line> {
        self.points.iter().filter(move |((of, ..), _)| *of == phase).map(|(_, line)| line)
    }

    /// The sizes of batches in which calls of this kind were measured.
    pub(super) fn sizes(&self, op: &str) -> BTreeSet<u64> {
        self.calls(op).map(|line| line.batch).collect()
    }

    /// Over the repetitions of a size.
    pub(super) fn median(&self, op: &str, batch: u64, value: fn(&Line) -> f64) -> f64 {
        median(self.calls(op).filter(|line| line.batch == batch).map(value))
    }

    /// How many processes made such calls at once, with the median of each.
    pub(super) fn beside(&self, op: &str, value: fn(&Line) -> f64) -> Vec<(u64, f64)> {
        let lines = || self.batches.iter().filter(|it| it.metric == "beside" && it.op == op);
        let crews: BTreeSet<u64> = lines().map(|line| line.workers).collect();
        let of = |workers| median(lines().filter(|it| it.workers == workers).map(value));
        crews.into_iter().map(|workers| (workers, of(workers))).collect()
    }

    /// Of one that enqueues, or runs, and has hardly begun when all is done.
    pub(super) fn at_start(&self, op: &str, value: fn(&Line) -> f64) -> Result<f64> {
        let is_it = |line: &&Line| line.metric == "start" && line.op == op;
        let mut lines = self.batches.iter().filter(is_it).peekable();
        let what = "the record has no lines of how a process starts to";
        anyhow::ensure!(lines.peek().is_some(), "{what} {op}");
        Ok(median(lines.map(value)))
    }

    fn calls(&self, op: &str) -> impl Iterator<Item = &Line> {
        self.batches.iter().filter(move |line| line.metric == "batch" && line.op == op)
    }

    /// The one with the most jobs.
    pub(super) fn largest(&self, phase: &str) -> Option<&Line> {
        self.of(phase).last()
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or_default();
    f64::midpoint(at(values.len().saturating_sub(1) / 2), at(values.len() / 2))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::Write;

    use super::*;

    /// Costs that follow the model exactly: 10 µs a job and 200 µs a call on the server, 2 and 50 at the client.
    pub(crate) fn made_up() -> String {
        let mut text = String::from(
            r#"{"metric":"environment","date":"2026-01-02","cpu":"Slow","cores":2,"memory_gib":8,"kernel":"6","fdatasync_us":100,"log_mb_s":200,"server":"PostgreSQL 15","settings":{"fsync":"on"}}"#,
        );
        text.push('\n');
        let ops = ["enqueue", "claim", "finish", "fetch"];
        for (op, batch) in ops.iter().flat_map(|op| [1.0, 10.0, 100.0, 1000.0].map(|it| (op, it))) {
            let (server, client) = (10.0 + 200.0 / batch, 2.0 + 50.0 / batch);
            let log = 500.0 + 100.0 / batch;
            let rate = 1e6 / (server + client + 400.0 / batch);
            let (metric, commits) = if *op == "fetch" { ("fetch", 2.0) } else { ("batch", 1.0) };
            let (client, commits) = if *op == "fetch" {
                (2.0 * client + 3.0, commits * 10_000.0 / batch)
            } else {
                (client, commits * 10_000.0 / batch)
            };
            let _ = writeln!(
                text,
                r#"{{"metric":"{metric}","op":"{op}","batch":{batch},"jobs":10000,"rate":{rate},"server_us":{{"connections":{server},"log":0.5}},"client_us":{client},"log_bytes":{log},"commits":{commits}}}"#
            );
        }
        // Ten per cent more for each further process.
        for (op, workers) in ops[..3].iter().flat_map(|op| [1, 3].map(|workers| (op, workers))) {
            let server = 10.0 + f64::from(workers - 1);
            let _ = writeln!(
                text,
                r#"{{"metric":"beside","op":"{op}","batch":1000,"workers":{workers},"server_us":{{"connections":{server}}}}}"#
            );
        }
        for (op, server) in [("enqueue", 15), ("run", 42)] {
            let _ = writeln!(
                text,
                r#"{{"metric":"start","op":"{op}","jobs":1000,"rate":20000,"server_us":{{"connections":{server}}},"client_us":9}}"#
            );
        }
        // Ten per cent more for each further worker.
        for (phase, jobs, workers) in ["bulk", "drain"].iter().flat_map(|phase| {
            [(10_000, 1), (10_000, 3), (100_000, 2)].map(|(jobs, workers)| (phase, jobs, workers))
        }) {
            let connections = 20.0 + 2.0 * f64::from(workers - 1);
            let _ = writeln!(
                text,
                r#"{{"metric":"{phase}","workers":{workers},"jobs":{jobs},"rate":40000,"server_us":{{"connections":{connections},"log":0.5,"pages":1,"vacuum":0.5}},"client_us":6,"log_bytes":700,"sent_bytes":400,"commits":200,"flush_us":150,"bytes":{{"jobs":[300,60],"attempts":[100,40],"queue":[150,120],"leases":[150,40]}}}}"#
            );
        }
        text
    }

    #[test]
    fn the_last_measurement_of_a_point_counts() {
        let text = made_up() + r#"{"metric":"drain","workers":1,"jobs":10000,"rate":7}"#;
        let record = Record::parse(&text).unwrap();
        let told: Vec<_> =
            record.of("drain").map(|line| (line.jobs, line.workers, line.rate)).collect();
        assert_eq!(told, [(10_000, 1, 7.0), (10_000, 3, 40_000.0), (100_000, 2, 40_000.0)]);
        assert_eq!(record.batches.len(), 16 + 6 + 2);
        assert_eq!(record.sizes("claim").into_iter().collect::<Vec<_>>(), [1, 10, 100, 1000]);
        let twice = made_up() + r#"{"metric":"batch","op":"claim","batch":1,"client_us":54}"#;
        let twice = Record::parse(&twice).unwrap();
        assert!((twice.median("claim", 1, |line| line.client_us) - 53.0).abs() < 1e-9);
        assert_eq!(record.largest("bulk").map(|line| line.jobs), Some(100_000));
        assert_eq!(record.largest("bulk").map(Line::beside_us), Some(2.0));
    }

    #[test]
    fn a_record_without_a_machine_is_refused() {
        let refused = Record::parse(r#"{"metric":"drain"}"#).unwrap_err();
        assert!(refused.to_string().contains("no line of the machine"), "{refused}");
    }
}
