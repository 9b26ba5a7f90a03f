//! What measuring costs: drains of a worker on SQLite, in pairs, without and with the decorator and a recorder.
//!
//! `cargo run --release -p longshore-metrics --example overhead -- [JOBS] [PAIRS]`
//!
//! It prints for each pair how much longer the measured drain took, by the clock and in processor time, and
//! the medians. The clock includes waits for the disk, processor time does not.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use longshore_core::NewJob;
use longshore_sqlite::{SqliteOptions, SqliteStore};
use longshore_store::{Maintain, Store};
use longshore_worker::{Error, Result, Worker};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

const KINDS: [&str; 4] = ["bill", "mail", "print", "ship"];

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let jobs: usize = arguments.next().map_or(Ok(50_000), |jobs| jobs.parse())?;
    let pairs: usize = arguments.next().map_or(Ok(9), |pairs| pairs.parse())?;

    let recorder = PrometheusBuilder::new().build_recorder();
    let read = recorder.handle();
    let is_on = Arc::new(AtomicBool::new(false));
    metrics::set_global_recorder(Switch { recorder, is_on: is_on.clone() })?;
    let run = async |measured: bool| {
        is_on.store(measured, Ordering::SeqCst);
        let cost = drain(jobs, measured).await;
        // Values of histograms pile up until somebody reads them, as scrapes do.
        read.run_upkeep();
        cost
    };

    println!("{jobs} jobs of {} kinds; the first pair warms up", KINDS.len());
    let (mut clock, mut processor) = (Vec::new(), Vec::new());
    for pair in 0..=pairs {
        // In turns, so that neither always comes second.
        let (plain, measured) = if pair % 2 == 0 {
            let plain = run(false).await?;
            (plain, run(true).await?)
        } else {
            let measured = run(true).await?;
            (run(false).await?, measured)
        };
        let ratio =
            |of: fn(&Cost) -> Duration| of(&measured).as_secs_f64() / of(&plain).as_secs_f64();
        let (by_clock, by_processor) = (ratio(|cost| cost.clock), ratio(|cost| cost.processor));
        println!(
            "{:>7.0} jobs/s plain, {:>7.0} measured: {by_clock:.3} by the clock, {by_processor:.3} in processor time",
            jobs as f64 / plain.clock.as_secs_f64(),
            jobs as f64 / measured.clock.as_secs_f64(),
        );
        if pair > 0 {
            clock.push(by_clock);
            processor.push(by_processor);
        }
    }
    let (clock, processor) = (median(clock), median(processor));
    println!("median: {clock:.3} by the clock, {processor:.3} in processor time");
    Ok(())
}

struct Cost {
    clock: Duration,
    processor: Duration,
}

/// Stores jobs in a fresh file, and measures how long a worker takes to run them all.
async fn drain(jobs: usize, measured: bool) -> Result<Cost> {
    let folder = tempfile::tempdir()?;
    let store = open(folder.path()).await?;
    let of_kind = |n: usize| NewJob::of_kind(KINDS[n % KINDS.len()]);
    let jobs: Vec<NewJob> = (0..jobs).map(of_kind).collect();
    for slice in jobs.chunks(1000) {
        store.enqueue(slice).await?;
    }
    let mut worker = Worker::new(store.clone()).queue("default", 100).retention_off();
    for kind in KINDS {
        worker = worker.handle_raw(kind, |_, _| async { Ok::<(), Error>(()) });
    }
    if measured {
        worker = worker.decorate(longshore_metrics::metered);
    }
    let (begun, before) = (Instant::now(), processor()?);
    worker.drain().await?;
    let cost = Cost { clock: begun.elapsed(), processor: processor()?.saturating_sub(before) };
    store.close().await;
    Ok(cost)
}

async fn open(folder: &Path) -> Result<Arc<dyn Store>> {
    let url = format!("sqlite://{}", folder.join("jobs.db").display());
    let store = SqliteStore::connect(SqliteOptions::from_url(&url)?).await?;
    store.migrate().await?;
    Ok(Arc::new(store))
}

/// What all threads of this process have used so far.
fn processor() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(micros.try_into()?))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A recorder that gives out instruments only while it is on.
struct Switch {
    recorder: PrometheusRecorder,
    is_on: Arc<AtomicBool>,
}

impl Recorder for Switch {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, says: SharedString) {
        self.recorder.describe_counter(key, unit, says);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, says: SharedString) {
        self.recorder.describe_gauge(key, unit, says);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, says: SharedString) {
        self.recorder.describe_histogram(key, unit, says);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let on = self.is_on.load(Ordering::SeqCst);
        if on { self.recorder.register_counter(key, metadata) } else { Counter::noop() }
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let on = self.is_on.load(Ordering::SeqCst);
        if on { self.recorder.register_gauge(key, metadata) } else { Gauge::noop() }
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let on = self.is_on.load(Ordering::SeqCst);
        if on { self.recorder.register_histogram(key, metadata) } else { Histogram::noop() }
    }
}
