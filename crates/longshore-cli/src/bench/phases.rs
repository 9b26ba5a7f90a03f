//! The measured phases themselves. What stands before a clock starts is not measured.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use indicatif::ProgressBar;
use longshore::{Client, Job, Result, State, Worker};
use longshore_core::{NewJob, Payload};
use longshore_store::Store;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::{
    Load, PATIENCE,
    report::{Measured, percentile_ms},
};
use crate::exit::of_worker;

const QUEUE: &str = "bench";
/// Jobs in one enqueue call of bulk.
const BATCH: usize = 1000;
/// Jobs that may run at once; the handler does nothing.
const AT_ONCE: u32 = 1000;
/// Time for connections and plans to warm up before latency is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// A job of a measurement: an id, a moment and filler.
#[derive(Serialize, Deserialize)]
struct Crate {
    id: usize,
    /// Microseconds since 1970 when it was sent; 0 where nobody asks.
    sent_us: u64,
    filler: String,
}

impl Job for Crate {
    const KIND: &'static str = "bench";
    const QUEUE: &'static str = QUEUE;
}

fn job(id: usize, sent_us: u64, load: &Load) -> Result<NewJob, longshore_core::Invalid> {
    let payload = Payload::of(&Crate { id, sent_us, filler: "x".repeat(load.payload) })?;
    Ok(NewJob { queue: QUEUE.into(), payload, ..NewJob::of_kind(Crate::KIND) })
}

/// Makes the tables.
pub(super) async fn setup(store: &Arc<dyn Store>) -> anyhow::Result<Measured> {
    let start = Instant::now();
    store.migrate().await?;
    Ok(Measured::whole("setup", 0, start.elapsed()))
}

/// Enqueues in thousands, on as many connections as asked for.
pub(super) async fn bulk(
    store: &Arc<dyn Store>,
    load: &Load,
    bar: &ProgressBar,
) -> anyhow::Result<Measured> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..load.connections.max(1))
        .map(|_| {
            let (store, next, load) = (store.clone(), next.clone(), load.clone());
            let bar = bar.clone();
            tokio::spawn(async move {
                loop {
                    let from = next.fetch_add(BATCH, Ordering::Relaxed);
                    let ids = from..(from + BATCH).min(load.jobs);
                    if ids.is_empty() {
                        return anyhow::Ok(());
                    }
                    let jobs = ids.map(|id| job(id, 0, &load)).collect::<Result<Vec<_>, _>>()?;
                    store.enqueue(&jobs).await?;
                    bar.inc(jobs.len() as u64);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let took = start.elapsed();
    bar.finish();
    Ok(Measured::whole("bulk", load.jobs, took))
}

/// Counts runs, and tells when enough have been.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

async fn count(_: Crate, State(ran): State<Count>) -> Result {
    ran.0.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// Runs all that was enqueued; the database has the last word on when that is done.
pub(super) async fn drain(
    client: &Client,
    load: &Load,
    bar: &ProgressBar,
) -> anyhow::Result<Measured> {
    let ran = Count::default();
    let start = Instant::now();
    let worker =
        Worker::with_state(client.clone(), ran.clone()).handle(count).queue(QUEUE, AT_ONCE);
    let running = worker.start().await.map_err(of_worker)?;
    while ran.0.load(Ordering::Relaxed) < load.jobs && start.elapsed() < PATIENCE {
        bar.set_position(ran.0.load(Ordering::Relaxed) as u64);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // What has run is written when this returns; then one count is enough, and none competes with the last reports.
    running.stop().await.map_err(of_worker)?;
    let left = unfinished(client).await?;
    let took = start.elapsed();
    bar.finish();
    let ran = ran.0.load(Ordering::Relaxed);
    ensure!(left == 0 && ran == load.jobs, "{ran} of {} jobs ran, {left} are not done", load.jobs);
    Ok(Measured::whole("drain", load.jobs, took))
}

/// What the database shows as not done, counted anew.
async fn unfinished(client: &Client) -> anyhow::Result<u64> {
    let store = client.store();
    store.sample(Duration::ZERO).await?;
    let depths = store.depths().await?;
    let depth = depths.iter().find(|depth| depth.queue == QUEUE);
    Ok(depth.map_or(0, |depth| depth.available + depth.scheduled + depth.retryable + depth.running))
}

/// Enqueues one by one from many tasks.
pub(super) async fn single(
    client: &Client,
    load: &Load,
    bar: &ProgressBar,
) -> anyhow::Result<Measured> {
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..load.producers.max(1))
        .map(|_| {
            let (client, next, load) = (client.clone(), next.clone(), load.clone());
            let bar = bar.clone();
            tokio::spawn(async move {
                let mut calls = Vec::new();
                loop {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    if id >= load.jobs {
                        return anyhow::Ok(calls);
                    }
                    let call = Instant::now();
                    client.enqueue_raw(job(id, 0, &load)?).await?;
                    calls.push(call.elapsed());
                    bar.inc(1);
                }
            })
        })
        .collect();
    let mut calls = Vec::with_capacity(load.jobs);
    for task in tasks {
        calls.extend(task.await??);
    }
    let took = start.elapsed();
    bar.finish();
    calls.sort_unstable();
    let enqueue_p50_ms = percentile_ms(&calls, 0.5);
    Ok(Measured { enqueue_p50_ms, calls, ..Measured::whole("single", load.jobs, took) })
}

/// Where handlers tell how long their job was on its way.
#[derive(Clone)]
struct Arrivals(mpsc::UnboundedSender<Duration>);

async fn arrive(parcel: Crate, State(arrivals): State<Arrivals>) -> Result {
    let way = Duration::from_micros(now_us().saturating_sub(parcel.sent_us));
    // Nobody listens once the measurement is over.
    let _ = arrivals.0.send(way);
    Ok(())
}

/// From before the enqueue call until the handler starts, at a steady rate.
pub(super) async fn latency(
    client: &Client,
    load: &Load,
    bar: &ProgressBar,
) -> anyhow::Result<Measured> {
    let (arrivals, mut arrived) = mpsc::unbounded_channel();
    let worker =
        Worker::with_state(client.clone(), Arrivals(arrivals)).handle(arrive).queue(QUEUE, AT_ONCE);
    let running = worker.start().await.map_err(of_worker)?;
    tokio::time::sleep(WARM_UP).await;
    let jobs = usize::try_from(load.rate * load.seconds).context("that many jobs do not fit")?;
    let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / load.rate.max(1) as f64));
    let mut calls = Vec::with_capacity(jobs);
    let start = Instant::now();
    for id in 0..jobs {
        tick.tick().await;
        let call = Instant::now();
        client.enqueue_raw(job(id, now_us(), load)?).await?;
        calls.push(call.elapsed());
        bar.inc(1);
    }
    let mut ways = Vec::with_capacity(jobs);
    while ways.len() < jobs {
        let way = tokio::time::timeout(PATIENCE, arrived.recv()).await;
        let Ok(Some(way)) = way else { anyhow::bail!("only {} of {jobs} jobs ran", ways.len()) };
        ways.push(way);
    }
    let took = start.elapsed();
    bar.finish();
    running.stop().await.map_err(of_worker)?;
    ways.sort_unstable();
    calls.sort_unstable();
    Ok(Measured {
        p50_ms: percentile_ms(&ways, 0.5),
        p99_ms: percentile_ms(&ways, 0.99),
        enqueue_p50_ms: percentile_ms(&calls, 0.5),
        ways,
        calls,
        ..Measured::whole("latency", jobs, took)
    })
}

/// Runs whatever waits in the queue of measurements.
pub(super) async fn clear(client: &Client) -> anyhow::Result<()> {
    if unfinished(client).await? > 0 {
        let worker = Worker::with_state(client.clone(), Count::default())
            .handle(count)
            .queue(QUEUE, AT_ONCE);
        worker.drain().await.map_err(of_worker)?;
    }
    Ok(())
}

fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}
