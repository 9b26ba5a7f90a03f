//! What larger servers would carry, by the simulation: a range, because two cores cannot show all that holds up
//! sixty-four.

use anyhow::{Context, Result};

use super::model::Model;
use super::record::{Line, Record};
use super::simulation::{Clients, Course, Load, Site, simulate};

/// Servers, by their cores.
pub(super) const SERVERS: [u64; 3] = [4, 16, 64];
/// Each client has a machine of its own with so many cores, and is so far away (µs, there and back).
const CLIENT_CORES: f64 = 4.0;
const WAY: f64 = 200.0;
/// Of what a server does for jobs, the part that one connection at a time can do. Nobody has measured it: two
/// cores do not show it. It stands for the locks of the log, for the page of an index that all of a lane write
/// to, and for tables that grow.
pub(super) const SERIAL: f64 = 0.02;
/// Enough to leave the beginning behind.
const JOBS_EACH: u64 = 20_000;
/// What is simulated beside a measurement: more jobs go on as the first ones did.
const MOST: u64 = 100_000;
const DAY: f64 = 86_400.0;
const DAYS_KEPT: f64 = 28.0;

/// A measurement beside what the simulation says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check<'r> {
    pub(super) measured: &'r Line,
    pub(super) predicted: Course,
}

impl Check<'_> {
    /// How far the prediction is off, as a part of what was measured.
    pub(super) fn error(&self) -> f64 {
        self.predicted.rate / self.measured.rate - 1.0
    }
}

/// All measurements of a phase with their predictions.
pub(super) fn checks<'r>(record: &'r Record, model: &Model, phase: &str) -> Vec<Check<'r>> {
    let check = |measured: &'r Line| {
        let (producers, workers) = match phase {
            "bulk" => (measured.workers, 0),
            _ => (0, measured.workers),
        };
        let load = Load { producers, workers, jobs: measured.jobs.min(MOST) };
        Check { measured, predicted: simulate(model, here(record), load) }
    };
    record.of(phase).map(check).collect()
}

/// The machine of the record, with client and server.
pub(super) fn here(record: &Record) -> Site {
    let Line { cores, fdatasync_us, log_mb_s, .. } = record.machine;
    let (flush, log_speed) = (fdatasync_us, log_mb_s.max(1.0));
    Site { cores, clients: Clients::Here, flush, log_speed, way: 0.0, serial: 0.0 }
}

/// What a job costs in its whole life when there are many of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    /// Processor time of clients, of the server's connections and of what it does beside, in µs.
    pub(super) client_us: f64,
    pub(super) connections_us: f64,
    pub(super) beside_us: f64,
    pub(super) vacuum_us: f64,
    pub(super) log_bytes: f64,
    pub(super) sent_bytes: f64,
    /// On disk when it is over: the job, and its line in the ledger.
    pub(super) kept_bytes: f64,
}

impl Life {
    /// As it was measured with the most jobs.
    pub(super) fn of(record: &Record) -> Result<Self> {
        let of = |phase| record.largest(phase).with_context(|| format!("the record lacks {phase}"));
        let (bulk, drain) = (of("bulk")?, of("drain")?);
        let both = |value: fn(&Line) -> f64| value(bulk) + value(drain);
        let kept = ["jobs", "attempts"].iter().filter_map(|table| drain.bytes.get(*table));
        Ok(Self {
            client_us: both(|line| line.client_us),
            connections_us: both(Line::connections_us),
            beside_us: both(Line::beside_us),
            vacuum_us: both(|line| line.server_us.get("vacuum").copied().unwrap_or_default()),
            log_bytes: both(|line| line.log_bytes),
            sent_bytes: both(|line| line.sent_bytes),
            kept_bytes: kept.flatten().sum(),
        })
    }
}

/// What a server with so many cores would carry: jobs enqueued, claimed and finished at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prediction {
    pub(super) cores: u64,
    /// Jobs a second if every core did nothing but this, and if one part in fifty could not be shared.
    pub(super) most: f64,
    pub(super) least: f64,
    /// How much of the time the server's cores worked in either.
    pub(super) busy: [f64; 2],
}

/// For a server with so many cores, a log that is fast enough, and clients elsewhere.
pub(super) fn predict(model: &Model, record: &Record, cores: u64) -> Result<Prediction> {
    let aged = aged(model, record)?;
    let site = Site {
        cores: cores as f64,
        clients: Clients::Elsewhere { cores: CLIENT_CORES },
        log_speed: f64::INFINITY,
        way: WAY,
        ..here(record)
    };
    let load = Load { producers: cores, workers: cores, jobs: JOBS_EACH * cores };
    let most = simulate(&aged, site, load);
    let least = simulate(&aged, Site { serial: SERIAL, ..site }, load);
    Ok(Prediction { cores, most: most.steady, least: least.steady, busy: [most.busy, least.busy] })
}

/// The model with what a server does beside, and with the large tables of the measurement with the most jobs.
fn aged(model: &Model, record: &Record) -> Result<Model> {
    let life = Life::of(record)?;
    let fresh: f64 = model.calls().iter().map(|(_, call)| call.server.each(1000.0)).sum();
    let more = ((life.connections_us + life.beside_us) / fresh).max(1.0);
    let mut aged = *model;
    for call in [&mut aged.enqueue, &mut aged.claim, &mut aged.finish] {
        call.server.job *= more;
        call.server.call *= more;
    }
    Ok(aged)
}

impl Prediction {
    /// Jobs a day between which the server would be.
    pub(super) fn a_day(&self) -> [f64; 2] {
        [self.least, self.most].map(|rate| rate * DAY)
    }
}

impl Life {
    /// Terabytes of what is kept for four weeks, at so many jobs a second all the time.
    pub(super) fn kept_tb(&self, rate: f64) -> f64 {
        rate * DAY * DAYS_KEPT * self.kept_bytes / 1e12
    }

    /// Terabytes of the log in a day.
    pub(super) fn log_tb_a_day(&self, rate: f64) -> f64 {
        rate * DAY * self.log_bytes / 1e12
    }

    /// Jobs a second that a log takes which writes so many MB a second.
    pub(super) fn rate_of_log(&self, mb_s: f64) -> f64 {
        mb_s * 1e6 / self.log_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::made_up;
    use super::*;

    #[test]
    fn a_larger_server_carries_more_and_the_range_opens() {
        let record = Record::parse(&made_up()).unwrap();
        let model = Model::of(&record).unwrap();
        let [small, large] = [4, 16].map(|cores| predict(&model, &record, cores).unwrap());
        // 44 µs of connections, and 4 µs beside: four cores could do 83,000 a second.
        assert!((small.most / 83_333.0 - 1.0).abs() < 0.15, "{small:?}");
        assert!(small.least <= small.most && large.least <= large.most);
        assert!(large.most > 3.0 * small.most, "{large:?}");
        assert!(large.least / large.most < small.least / small.most + 0.01, "{small:?} {large:?}");
    }

    #[test]
    fn what_is_kept_follows_from_a_job() {
        let life = Life::of(&Record::parse(&made_up()).unwrap()).unwrap();
        assert_eq!((life.kept_bytes, life.log_bytes), (500.0, 1400.0));
        assert!((life.kept_tb(1000.0) - 1.2096).abs() < 1e-9, "{}", life.kept_tb(1000.0));
        assert!((life.rate_of_log(140.0) - 100_000.0).abs() < 1e-6);
    }

    #[test]
    fn each_measurement_gets_its_prediction() {
        let record = Record::parse(&made_up()).unwrap();
        let model = Model::of(&record).unwrap();
        for phase in ["bulk", "drain"] {
            let checks = checks(&record, &model, phase);
            assert_eq!(checks.len(), 2);
            assert!(checks.iter().all(|check| check.predicted.rate > 10_000.0), "{checks:?}");
        }
    }
}
