//! Prints how fast this machine enqueues and drains on a MySQL or MariaDB: jobs per second.
//!
//! `cargo run --release -p longshore-mysql --example mysql_rates -- mysql://… [JOBS]`. It works in a
//! database of its own, which it drops. Claims and finishes are pipelined, as a worker does it.

use std::{sync::Arc, time::Instant};

use longshore_core::{Command, DEFAULT_MAX_CRASHES, NewJob, Outcome, Payload, WorkerId, step};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{
    Claim, Claimed, Consume, CursorAt, Finish, Finished, Floor, Maintain, Produce,
};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};

const DATABASE: &str = "longshore_rates";
const BATCH: usize = 1000;
/// Batches that are claimed and not yet finished.
const IN_FLIGHT: usize = 3;

type Done = longshore_store::Result<()>;
type Outcomes = Result<(), Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcomes {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give a mysql:// URL")?;
    let jobs = arguments.next().map_or(Ok(100_000), |number| number.parse())?;
    let server = MysqlOptions::from_url(&url)?;
    for _ in 0..3 {
        round(&server, jobs).await?;
    }
    Ok(())
}

async fn round(server: &MysqlOptions, count: usize) -> Outcomes {
    let mut admin = MySqlConnection::connect_with(&server.connect).await?;
    let drop = format!("DROP DATABASE IF EXISTS {DATABASE}");
    let make = format!("{drop}; CREATE DATABASE {DATABASE}");
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut admin).await?;
    let connect = server.connect.clone().database(DATABASE);
    let store = MysqlStore::connect(MysqlOptions { connect, ..server.clone() }).await?;
    store.migrate().await?;

    let payload = Payload::of(&serde_json::json!({"text": "x".repeat(180)}))?;
    for connections in [1, 2] {
        let batches: Vec<Vec<NewJob>> = (0..count.div_ceil(BATCH))
            .map(|_| {
                (0..BATCH)
                    .map(|_| NewJob { payload: payload.clone(), ..NewJob::of_kind("unload") })
                    .collect()
            })
            .collect();
        let begun = Instant::now();
        let mut tasks = Vec::new();
        for part in batches.chunks(batches.len().div_ceil(connections)) {
            let (store, part) = (store.clone(), part.to_vec());
            tasks.push(tokio::spawn(async move {
                for jobs in part {
                    store.enqueue(&jobs).await?;
                }
                Done::Ok(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        report(&format!("bulk, {connections} at once"), count, begun);
        drain(&store, count).await?;
    }
    singles(&store).await?;
    store.close().await;
    sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut admin).await?;
    Ok(())
}

async fn drain(store: &MysqlStore, count: usize) -> Outcomes {
    let begun = Instant::now();
    let (send, mut claimed) = tokio::sync::mpsc::channel::<Vec<Claimed>>(IN_FLIGHT - 1);
    let fetcher = tokio::spawn({
        let store = store.clone();
        async move {
            let mut claim = Claim {
                worker: WorkerId::new(),
                cursors: vec![CursorAt {
                    lane: NewJob::of_kind("unload").lane(),
                    floor: None,
                    quota: u32::MAX,
                }],
                kinds: Arc::new(["unload".into()]),
                limit: u32::try_from(BATCH).unwrap_or(u32::MAX),
                lease: std::time::Duration::from_secs(30),
                now: None,
            };
            loop {
                let jobs = store.claim(&claim).await?;
                let Some(last) = jobs.last() else { return Done::Ok(()) };
                claim.cursors[0].floor = Some(Floor { due_at: last.due_at, id: last.id });
                if send.send(jobs).await.is_err() {
                    return Done::Ok(());
                }
            }
        }
    });
    let mut done = 0;
    while let Some(jobs) = claimed.recv().await {
        let finishes: Vec<Finish> = jobs.iter().map(completed).collect::<Result<_, _>>()?;
        let answers = store.finish(&finishes).await?;
        done += answers.iter().filter(|answer| **answer == Finished::Recorded).count();
    }
    fetcher.await??;
    assert_eq!(done, count, "each job is finished once");
    report("drain", count, begun);
    Ok(())
}

async fn singles(store: &MysqlStore) -> Outcomes {
    const CALLS: usize = 1000;
    let begun = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..CALLS {
                store.enqueue(&[NewJob::of_kind("unload")]).await?;
            }
            Done::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    report("single, 8 producers, a commit each", 8 * CALLS, begun);
    Ok(())
}

fn completed(job: &Claimed) -> Result<Finish, longshore_core::Illegal> {
    let rules = job.rules(DEFAULT_MAX_CRASHES, 0.5);
    let step = step(job.standing, &Command::Finish(Outcome::Completed), &rules)?;
    Ok(Finish::of(job, step))
}

fn report(what: &str, count: usize, begun: Instant) {
    println!("{what}: {:.0} jobs/s", count as f64 / begun.elapsed().as_secs_f64());
}
