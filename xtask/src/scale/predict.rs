//! What larger servers would carry, by the simulation: a range, because two cores cannot show all that holds up
//! sixty-four.

use anyhow::{Context, Result};

use super::beginning;
use super::crowd::Crowd;
use super::model::{Call, Cost, Model};
use super::record::{Line, Record};
use super::simulation::{Clients, Course, Load, Site, simulate};

/// Servers, by their cores.
const SERVERS: [u64; 3] = [4, 16, 64];
/// Each client has a machine of its own with so many cores, and is so far away (µs, there and back).
const CLIENT_CORES: f64 = 4.0;
const WAY: f64 = 200.0;
/// Enough to leave the beginning behind.
const JOBS_EACH: u64 = 10_000;
/// What is simulated beside a measurement: more jobs go on as the first ones did.
const MOST: u64 = 100_000;
const DAY: f64 = 86_400.0;
const DAYS_KEPT: f64 = 28.0;

/// All that follows from a record.
#[derive(Clone, Debug)]
pub(super) struct Study {
    pub(super) record: Record,
    pub(super) model: Model,
    pub(super) bulk: Vec<Check>,
    pub(super) drain: Vec<Check>,
    pub(super) life: Life,
    pub(super) servers: Vec<Prediction>,
}

impl Study {
    /// Works it out, in a second or two.
    pub(super) fn of(record: Record) -> Result<Self> {
        let model = beginning::with_starts(Model::of(&record)?, &record, here(&record))?;
        let [bulk, drain] = ["bulk", "drain"].map(|phase| checks(&record, &model, phase));
        let life = Life::of(&record)?;
        let servers = SERVERS.iter().map(|cores| predict(&model, &record, *cores));
        let servers = servers.collect::<Result<_>>()?;
        Ok(Self { record, model, bulk, drain, life, servers })
    }
}

/// A measurement beside what the simulation says of it.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) measured: Line,
    pub(super) predicted: Course,
}

impl Check {
    /// How far the prediction is off, as a part of what was measured.
    pub(super) fn error(&self) -> f64 {
        self.predicted.rate / self.measured.rate - 1.0
    }
}

/// All measurements of a phase with their predictions.
fn checks(record: &Record, model: &Model, phase: &str) -> Vec<Check> {
    let check = |measured: &Line| {
        let (producers, workers) = match phase {
            "bulk" => (measured.workers, 0),
            _ => (0, measured.workers),
        };
        let load = Load { producers, workers, jobs: measured.jobs.min(MOST) };
        Check { measured: measured.clone(), predicted: simulate(model, here(record), load) }
    };
    record.of(phase).map(check).collect()
}

/// The machine of the record, with client and server.
fn here(record: &Record) -> Site {
    let Line { cores, fdatasync_us: flush, log_mb_s, .. } = record.machine;
    Site { cores, clients: Clients::Here, flush, log_speed: log_mb_s.max(1.0), way: 0.0 }
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
    fn of(record: &Record) -> Result<Self> {
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
    /// Jobs a second if workers cost each other nothing, and with how many workers.
    pub(super) most: f64,
    pub(super) most_workers: u64,
    /// The same if calls get dearer the more make them at once, as was seen here.
    pub(super) least: f64,
    pub(super) least_workers: u64,
}

/// For a server with so many cores, a log that is fast enough, and clients elsewhere.
fn predict(model: &Model, record: &Record, cores: u64) -> Result<Prediction> {
    let crowded = aged(model, record)?;
    let mut alone = crowded.clone();
    alone.each_call(|call| call.crowd = Crowd::default());
    let site = Site {
        cores: cores as f64,
        clients: Clients::Elsewhere { cores: CLIENT_CORES },
        log_speed: f64::INFINITY,
        way: WAY,
        ..here(record)
    };
    // As many workers as do best, with as many producers.
    let best = |model: &Model| {
        let crews = (0..).map(|power| 1 << power).take_while(|workers| *workers <= cores);
        let with = |workers: u64| {
            let load = Load { producers: workers, workers, jobs: JOBS_EACH * workers };
            (simulate(model, site, load).steady, workers)
        };
        crews.map(with).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default()
    };
    let ((most, most_workers), (least, least_workers)) = (best(&alone), best(&crowded));
    Ok(Prediction { cores, most, most_workers, least, least_workers })
}

/// The model with what a server does beside, and with the large tables of the measurement with the most jobs.
fn aged(model: &Model, record: &Record) -> Result<Model> {
    let life = Life::of(record)?;
    let workers = record.largest("drain").map_or(1, |line| line.workers);
    let fresh = |call: &Call| call.server.each(1000.0) * call.crowd.factor(workers);
    let fresh: f64 = model.calls().iter().map(|(_, call)| fresh(call)).sum();
    let dearer = ((life.connections_us + life.beside_us) / fresh).max(1.0);
    let mut aged = model.clone();
    aged.each_call(|call| {
        call.server = Cost { job: call.server.job * dearer, call: call.server.call * dearer };
    });
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

    fn study() -> Study {
        Study::of(Record::parse(&made_up()).unwrap()).unwrap()
    }

    #[test]
    fn a_larger_server_carries_more_and_the_range_opens() {
        let study = study();
        let [small, large, largest] = study.servers[..] else { panic!("three servers") };
        // 44 µs of connections, and 4 µs beside: four cores could do 83,000 a second.
        assert!((small.most / 83_333.0 - 1.0).abs() < 0.2, "{small:?}");
        assert!(small.least <= small.most && large.least <= large.most);
        assert!(large.most > 3.0 * small.most && largest.most > 3.0 * large.most, "{largest:?}");
        assert!(largest.least / largest.most < small.least / small.most, "{small:?} {largest:?}");
    }

    #[test]
    fn what_is_kept_follows_from_a_job() {
        let life = study().life;
        assert_eq!((life.kept_bytes, life.log_bytes), (500.0, 1400.0));
        assert!((life.kept_tb(1000.0) - 1.2096).abs() < 1e-9, "{}", life.kept_tb(1000.0));
        assert!((life.rate_of_log(140.0) - 100_000.0).abs() < 1e-6);
    }

    #[test]
    fn each_measurement_gets_its_prediction() {
        let study = study();
        for checks in [&study.bulk, &study.drain] {
            assert_eq!(checks.len(), 3);
            assert!(checks.iter().all(|check| check.predicted.rate > 10_000.0), "{checks:?}");
        }
    }
}
