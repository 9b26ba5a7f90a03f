//! The phases of `longshore bench`, with clocks that a comparison of systems can share.
//!
//! | phase | what happens | clock |
//! |---|---|---|
//! | bulk | one process enqueues all jobs by thousands | first call to last return |
//! | drain | a worker runs them; the handler does nothing | before the worker starts until the database shows every job done |
//! | latency | one process works and enqueues so many jobs a second | before the enqueue call until the handler starts |
//! | single | producers enqueue jobs one by one, each in a commit of its own or shared with others | first call to last return |

mod chart;
mod phases;
mod report;
mod watch;

use std::{sync::Arc, time::Duration};

use indicatif::ProgressBar;
use longshore::Client;
use longshore_store::Store;

use crate::progress;

use self::watch::Watch;
pub(crate) use self::{
    chart::draw,
    report::{HEADS, Measured, cells},
    watch::EVERY,
};

/// What to measure with.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Jobs of bulk, drain and single.
    pub(crate) jobs: usize,
    /// Tasks that enqueue at once in single.
    pub(crate) producers: usize,
    /// Connections of bulk.
    pub(crate) connections: usize,
    /// Length of latency.
    pub(crate) seconds: u64,
    /// Jobs a second in latency.
    pub(crate) rate: u64,
    /// Filler bytes in a job.
    pub(crate) payload: usize,
}

/// One part of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Phase {
    /// Make the tables
    Setup,
    /// Enqueue in thousands
    Bulk,
    /// Run what was enqueued
    Drain,
    /// Enqueue one by one
    Single,
    /// From the enqueue call to the handler's start
    Latency,
}

/// Runs one phase.
pub(crate) async fn run(
    phase: Phase,
    store: &Arc<dyn Store>,
    load: &Load,
) -> anyhow::Result<Measured> {
    run_with(phase, store, load, &bar(phase, load)).await
}

/// Runs one phase, and looks at what it costs: as often as told, else before and after it.
pub(crate) async fn watched(
    phase: Phase,
    store: &Arc<dyn Store>,
    load: &Load,
    every: Option<Duration>,
) -> anyhow::Result<Measured> {
    let bar = bar(phase, load);
    let watch = Watch::start(store.clone(), bar.clone(), every).await;
    let measured = run_with(phase, store, load, &bar).await;
    let course = watch.end().await;
    let measured = measured?;
    let log_bytes_per_job = watch::log_bytes_per_job(&course, measured.jobs);
    Ok(Measured { course, log_bytes_per_job, ..measured })
}

async fn run_with(
    phase: Phase,
    store: &Arc<dyn Store>,
    load: &Load,
    bar: &ProgressBar,
) -> anyhow::Result<Measured> {
    let client = Client::new(store.clone());
    match phase {
        Phase::Setup => phases::setup(store).await,
        Phase::Bulk => phases::bulk(store, load, bar).await,
        Phase::Drain => phases::drain(&client, load, bar).await,
        Phase::Single => phases::single(&client, load, bar).await,
        Phase::Latency => phases::latency(&client, load, bar).await,
    }
}

fn bar(phase: Phase, load: &Load) -> ProgressBar {
    match phase {
        Phase::Setup => ProgressBar::hidden(),
        Phase::Bulk => progress::bar("bulk", load.jobs),
        Phase::Drain => progress::bar("drain", load.jobs),
        Phase::Single => progress::bar("single", load.jobs),
        Phase::Latency => {
            progress::bar("latency", usize::try_from(load.rate * load.seconds).unwrap_or_default())
        }
    }
}

/// Runs what an earlier measurement left, so that nothing of it is counted now or stays for ever.
pub(crate) async fn clear(store: &Arc<dyn Store>) -> anyhow::Result<()> {
    phases::clear(&Client::new(store.clone())).await
}

/// How long is waited for the last jobs of a measurement.
const PATIENCE: Duration = Duration::from_secs(300);
