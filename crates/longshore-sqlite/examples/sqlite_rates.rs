//! Prints what this machine does a second: jobs stored in bulk, stored one by one, taken and finished.
//!
//! `cargo run --release -p longshore-sqlite --example sqlite_rates [JOBS] [FILE]`

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use longshore_core::{Command, DEFAULT_MAX_CRASHES, NewJob, Outcome, Payload, WorkerId, step};
use longshore_sqlite::{Database, SqliteOptions, SqliteStore};
use longshore_store::{
    Claim, Claimed, Consume, CursorAt, Error, Finish, Finished, Maintain, Produce, Result,
};

const BATCH: usize = 1000;
const PRODUCERS: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let jobs: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let directory = std::env::temp_dir().join(format!("longshore-rates-{}", std::process::id()));
    let file = arguments.next().map_or_else(|| directory.join("jobs.db"), Into::into);
    std::fs::create_dir_all(&directory).map_err(|error| {
        Error::new(longshore_store::ErrorKind::Unavailable, "no directory for the database")
            .caused_by(error)
    })?;
    let options = SqliteOptions { database: Database::File(file), ..SqliteOptions::default() };
    let store = SqliteStore::connect(options).await?;
    store.migrate().await?;

    for _ in 0..2 {
        let took = bulk(&store, jobs).await?;
        report(&format!("bulk, {BATCH} a call"), jobs, took);
        let took = drain(&store, jobs).await?;
        report(&format!("drain, {BATCH} a claim and a finish"), jobs, took);
        let singles = jobs / 5;
        let took = singly(&store, singles).await?;
        report(&format!("single enqueue, {PRODUCERS} producers"), singles, took);
        drain(&store, singles).await?;
    }
    store.close().await;
    let _ = std::fs::remove_dir_all(directory);
    Ok(())
}

/// On a machine that others use too, the CPU time says more than the clock.
fn report(what: &str, jobs: usize, (took, cpu): (Duration, Duration)) {
    let (rate, micros) = (jobs as f64 / took.as_secs_f64(), cpu.as_micros() as f64 / jobs as f64);
    println!("{what:40} {rate:>9.0}/s {micros:>7.1} µs of CPU a job");
}

struct Stopwatch {
    begun: Instant,
    cpu: Duration,
}

impl Stopwatch {
    fn start() -> Self {
        Self { begun: Instant::now(), cpu: cpu() }
    }

    fn stop(&self) -> (Duration, Duration) {
        (self.begun.elapsed(), cpu().saturating_sub(self.cpu))
    }
}

/// What this process has used; nothing where the system does not say.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    // User and system time, in hundredths of a second.
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// About 200 bytes of payload.
fn new_job(n: usize) -> Result<NewJob> {
    let payload = Payload::of(&serde_json::json!({"n": n, "data": "x".repeat(150)}))?;
    Ok(NewJob { payload, ..NewJob::of_kind("bench") })
}

async fn bulk(store: &SqliteStore, jobs: usize) -> Result<(Duration, Duration)> {
    let all = (0..jobs).map(new_job).collect::<Result<Vec<_>>>()?;
    let watch = Stopwatch::start();
    for jobs in all.chunks(BATCH) {
        store.enqueue(jobs).await?;
    }
    Ok(watch.stop())
}

async fn singly(store: &SqliteStore, jobs: usize) -> Result<(Duration, Duration)> {
    let watch = Stopwatch::start();
    let producers = (0..PRODUCERS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..jobs / PRODUCERS {
                store.enqueue(&[new_job(n)?]).await?;
            }
            Ok::<(), Error>(())
        })
    });
    for producer in producers.collect::<Vec<_>>() {
        producer.await.map_err(|error| {
            Error::new(longshore_store::ErrorKind::Internal, error.to_string())
        })??;
    }
    Ok(watch.stop())
}

/// One task claims, another finishes: while one batch is finished, the next is on its way.
async fn drain(store: &SqliteStore, jobs: usize) -> Result<(Duration, Duration)> {
    let lane = NewJob::of_kind("bench").lane();
    let claim = Claim {
        worker: WorkerId::new(),
        cursors: vec![CursorAt { lane, floor: None, quota: BATCH as u32 }],
        kinds: Arc::from([Arc::from("bench")]),
        limit: BATCH as u32,
        lease: Duration::from_secs(30),
        now: None,
    };
    let watch = Stopwatch::start();
    let (to_finish, mut claimed) = tokio::sync::mpsc::channel::<Vec<Claimed>>(2);
    let finisher = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut done = 0;
            while let Some(batch) = claimed.recv().await {
                let finishes: Vec<_> = batch.iter().filter_map(completed).collect();
                let finished = store.finish(&finishes).await?;
                done += finished.iter().filter(|outcome| **outcome == Finished::Recorded).count();
            }
            Ok::<usize, Error>(done)
        })
    };
    loop {
        let batch = store.claim(&claim).await?;
        if batch.is_empty() || to_finish.send(batch).await.is_err() {
            break;
        }
    }
    drop(to_finish);
    let done = finisher
        .await
        .map_err(|error| Error::new(longshore_store::ErrorKind::Internal, error.to_string()))??;
    assert_eq!(done, jobs, "every job is finished once");
    Ok(watch.stop())
}

fn completed(claimed: &Claimed) -> Option<Finish> {
    let rules = claimed.rules(DEFAULT_MAX_CRASHES, 0.5);
    let step = step(claimed.standing, &Command::Finish(Outcome::Completed), &rules).ok()?;
    Some(Finish::of(claimed, step))
}
