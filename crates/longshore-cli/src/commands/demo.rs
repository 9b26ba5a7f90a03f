//! `longshore up --demo`: 28,298 airports, one job each, with a bar to watch.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use airports::{Demand, Lonely, NearestAirport, QUEUE, enqueue_all, loneliest, register};
use longshore::{Client, Job, Store, Worker};
use longshore_core::State;
use serde::Serialize;

use crate::{
    config::Config,
    exit::{self, Exit},
    monitoring::Monitoring,
    output::Output,
    progress, redact,
    signals::{Signals, Stopped, mind},
    span,
};

/// Airports that the summary names.
const LONELIEST: usize = 5;
/// Jobs that run at once: more than the cores, so that none of them waits.
const AT_ONCE: u32 = 64;

/// What the demo came to.
#[derive(Debug, Serialize)]
struct Summary {
    /// Airports, and jobs.
    jobs: usize,
    /// Jobs that were asked for now; the others were there before.
    created: usize,
    /// Jobs that were run now.
    ran: usize,
    /// Seconds that it took to ask for them.
    enqueue_seconds: f64,
    /// Seconds that it took to run them.
    run_seconds: f64,
}

/// The storage, measured with labels for the demo's queue and kind.
pub(super) fn measured(store: Arc<dyn Store>, monitoring: &Monitoring) -> Arc<dyn Store> {
    monitoring.measured(store, [QUEUE], [NearestAirport::KIND])
}

/// Asks for all airports and works until all are done. What was done before stays as it is.
pub(super) async fn run(
    client: &Client,
    config: &Config,
    output: Output,
    monitoring: &Monitoring,
) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let start = Instant::now();
    let bar = progress::bar("enqueueing", 0);
    let asked = enqueue_all(client, |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    let demand = tokio::select! {
        demand = asked => demand?,
        _ = signals.next() => return Ok(Exit::Interrupted),
    };
    bar.finish_and_clear();
    let enqueue_seconds = start.elapsed().as_secs_f64();

    let before = completed(client, &demand).await?;
    let start = Instant::now();
    if before < demand.ids.len()
        && work(client, &mut signals, before, demand.ids.len(), monitoring).await?
            != Stopped::Drained
    {
        eprintln!("broken off: `longshore up --demo` goes on where it stopped");
        return Ok(Exit::Interrupted);
    }
    let summary = Summary {
        jobs: demand.ids.len(),
        created: demand.created,
        ran: completed(client, &demand).await? - before,
        enqueue_seconds,
        run_seconds: start.elapsed().as_secs_f64(),
    };
    if output.json {
        output.object(&summary)?;
        return Ok(Exit::Ok);
    }
    say(&summary, output)?;
    let lonely = loneliest(client, &demand.ids, LONELIEST).await?;
    output.line("\nNobody is lonelier than")?;
    lonely
        .iter()
        .enumerate()
        .try_for_each(|(place, lonely)| say_lonely(place + 1, lonely, output))?;
    say_next(demand.ids.last().map(ToString::to_string), config, output)?;
    Ok(Exit::Ok)
}

/// Works until nothing is due, with a bar; how that ended.
async fn work(
    client: &Client,
    signals: &mut Signals,
    before: usize,
    all: usize,
    monitoring: &Monitoring,
) -> anyhow::Result<Stopped> {
    let bar = progress::bar("working", all);
    bar.set_position(before as u64);
    let running =
        register(Worker::new(client.clone()), AT_ONCE).start().await.map_err(exit::of_worker)?;
    progress::follow(&running, &bar);
    let stopped = mind(running, signals, true, monitoring).await?;
    bar.finish_and_clear();
    Ok(stopped)
}

/// How many of the jobs are completed.
async fn completed(client: &Client, demand: &Demand) -> anyhow::Result<usize> {
    let mut completed = 0;
    for ids in demand.ids.chunks(1000) {
        let settled = client.store().settled(ids).await?;
        completed += settled.iter().flatten().filter(|job| job.state == State::Completed).count();
    }
    Ok(completed)
}

fn say(summary: &Summary, output: Output) -> std::io::Result<()> {
    let Summary { jobs, created, ran, enqueue_seconds, run_seconds } = summary;
    let rate = |count: &usize, seconds: &f64| *count as f64 / seconds.max(f64::EPSILON);
    let took = |seconds: &f64| span::readable(Duration::from_secs_f64(*seconds));
    match created {
        0 => output.line(&format!("{jobs} jobs, all enqueued before"))?,
        created => output.line(&format!(
            "{jobs} jobs, {created} enqueued in {} ({:.0} a second)",
            took(enqueue_seconds),
            rate(created, enqueue_seconds),
        ))?,
    }
    match ran {
        0 => output.line("nothing to run: all were completed before"),
        ran => output.line(&format!(
            "{ran} run in {} ({:.0} a second), each in its ledger",
            took(run_seconds),
            rate(ran, run_seconds),
        )),
    }
}

fn say_lonely(place: usize, lonely: &Lonely, output: Output) -> std::io::Result<()> {
    let (airport, nearest) = (lonely.airport, &lonely.nearest);
    output.line(&format!(
        "{place}. {} ({}): {} km {} to {} ({})",
        airport.name, airport.icao, nearest.km, nearest.direction, nearest.name, nearest.nearest,
    ))
}

fn say_next(id: Option<String>, config: &Config, output: Output) -> std::io::Result<()> {
    let id = id.unwrap_or_else(|| "ID".into());
    output
        .line(&format!("\nEverything stands in {}. Try next:", redact::passwords(&config.url)))?;
    for command in [
        "longshore jobs list --limit 5".to_owned(),
        format!("longshore jobs show {id}"),
        format!("longshore jobs explain {id}"),
        "longshore transitions list --limit 10".to_owned(),
        "longshore doctor".to_owned(),
    ] {
        output.line(&format!("  {command}"))?;
    }
    Ok(())
}
