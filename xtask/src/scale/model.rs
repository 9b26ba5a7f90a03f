//! What a job costs: something for itself, and its share of what the call costs that it goes through with others; more
//! where several processes make such calls at once.
//!
//! Fitted to medians of what was measured by the size of batches, by least squares, and of equal calls side by side.
//! Whatever was measured by workers and jobs is left out: with it the model is checked.

use anyhow::{Context, Result};

use super::crowd::Crowd;
use super::record::{Line, Record};

/// So much for each job, and so much for each call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) job: f64,
    pub(super) call: f64,
}

impl Cost {
    /// Of a call of so many jobs.
    pub(super) fn of(self, jobs: f64) -> f64 {
        self.job * jobs + self.call
    }

    /// Of a job in such a call.
    pub(super) fn each(self, jobs: f64) -> f64 {
        self.of(jobs) / jobs
    }

    /// The line that lies nearest to these points (calls for each job, cost of each job). What counts is how far
    /// off it is as a part of the cost: else one job at a time, which costs the most, would decide alone.
    pub(super) fn fitted(points: impl Iterator<Item = (f64, f64)>) -> Option<Self> {
        let (mut n, mut x, mut xx, mut y, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (calls, cost) in points.filter(|(_, cost)| *cost > 0.0) {
            let weight = 1.0 / (cost * cost);
            n += weight;
            x += weight * calls;
            xx += weight * calls * calls;
            y += weight * cost;
            xy += weight * calls * cost;
        }
        let area = n * xx - x * x;
        if area <= f64::EPSILON * n * xx {
            return None;
        }
        let line = Self { job: (y * xx - x * xy) / area, call: (n * xy - x * y) / area };
        // Nothing costs less than nothing: the line through the origin, or the level one.
        Some(match line {
            Self { job, .. } if job < 0.0 => Self { job: 0.0, call: xy / xx },
            Self { call, .. } if call < 0.0 => Self { job: y / n, call: 0.0 },
            line => line,
        })
    }
}

/// A call of the storage.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Call {
    /// Processor time of the server's connection, in µs.
    pub(super) server: Cost,
    /// Processor time of the client, in µs.
    pub(super) client: Cost,
    /// Bytes of the log.
    pub(super) log: Cost,
    /// When neither works: until the log is on the disk, and until either has noticed that it is its turn, in µs.
    pub(super) wait: Cost,
    /// How much dearer it is for the server among others of its kind.
    pub(super) crowd: Crowd,
}

/// What was learned. What beginnings cost is added by [`with_starts`](super::beginning::with_starts).
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) enqueue: Call,
    pub(super) claim: Call,
    pub(super) finish: Call,
    /// What a producer does before its first enqueue, and a worker before its first claim, as one call.
    pub(super) producer_starts: Call,
    pub(super) worker_starts: Call,
    /// Processor time that a worker takes for a job besides its calls, in µs: decode, run, report.
    pub(super) run: f64,
}

/// What is measured by the size of batches, as the record calls it.
pub(super) const OPS: [&str; 3] = ["enqueue", "claim", "finish"];

impl Model {
    /// Fits it.
    pub(super) fn of(record: &Record) -> Result<Self> {
        let [enqueue, claim, finish] = OPS.map(|op| call(record, op));
        let (claim, finish) = (claim?, finish?);
        let fetches = record.batches.iter().filter(|it| it.metric == "fetch");
        let worker = fetches.map(|it| (it.commits / it.jobs as f64, it.client_us));
        let worker =
            Cost::fitted(worker).context("the record has too few lines of one worker's fetches")?;
        let run = (worker.job - claim.client.job - finish.client.job).max(0.0);
        let [producer_starts, worker_starts] = [Call::default(), Call::default()];
        Ok(Self { enqueue: enqueue?, claim, finish, producer_starts, worker_starts, run })
    }

    /// Changes each of the calls.
    pub(super) fn each_call(&mut self, change: impl Fn(&mut Call)) {
        [&mut self.enqueue, &mut self.claim, &mut self.finish].into_iter().for_each(change);
    }

    /// The calls, with their names.
    pub(super) fn calls(&self) -> [(&'static str, &Call); 3] {
        [(OPS[0], &self.enqueue), (OPS[1], &self.claim), (OPS[2], &self.finish)]
    }
}

fn call(record: &Record, op: &str) -> Result<Call> {
    let fit = |value: fn(&Line) -> f64| {
        let sizes = record.sizes(op).into_iter();
        let fitted =
            Cost::fitted(sizes.map(|batch| (1.0 / batch as f64, record.median(op, batch, value))));
        fitted.with_context(|| format!("the record has too few sizes of batches of {op}"))
    };
    Ok(Call {
        server: fit(Line::connections_us)?,
        client: fit(|it| it.client_us)?,
        log: fit(|it| it.log_bytes)?,
        wait: fit(|it| it.wall_us() - it.connections_us() - it.client_us)?,
        crowd: Crowd::of(&record.beside(op, Line::connections_us)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::made_up;
    use super::*;

    #[test]
    fn costs_that_follow_the_model_are_found_again() {
        let model = Model::of(&Record::parse(&made_up()).unwrap()).unwrap();
        let near = |cost: Cost, job: f64, call: f64| {
            assert!((cost.job - job).abs() < 1e-6 && (cost.call - call).abs() < 1e-6, "{cost:?}");
        };
        for (_, call) in model.calls() {
            near(call.server, 10.0, 200.0);
            near(call.client, 2.0, 50.0);
            near(call.log, 500.0, 100.0);
            near(call.wait, 0.0, 400.0);
        }
        assert!((model.run - 3.0).abs() < 1e-6, "{}", model.run);
        assert!((model.claim.server.each(100.0) - 12.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_costs_less_than_nothing() {
        let falling = Cost::fitted([(0.001, 0.1), (1.0, 300.0)].into_iter()).unwrap();
        assert_eq!(falling.job, 0.0);
        let level = Cost::fitted([(0.001, 3.0), (1.0, 2.0)].into_iter()).unwrap();
        assert_eq!(level.call, 0.0);
        assert_eq!(Cost::fitted([(1.0, 3.0), (1.0, 2.0)].into_iter()), None);
    }

    #[test]
    fn a_record_without_batches_is_refused() {
        let machine = made_up().lines().next().map(str::to_owned).unwrap();
        let refused = Model::of(&Record::parse(&machine).unwrap()).unwrap_err();
        assert!(refused.to_string().contains("too few"), "{refused}");
    }
}
