//! Prints what pressure costs: a large backlog, a transaction that stays open, many workers at once.
//!
//! `cargo run --release -p longshore --features mysql,postgres --example pressure -- URL backlog|view|workers [JOBS]`
//!
//! - `backlog`: claims and finishes of 1,000 jobs at a time, with 10,000 jobs waiting and then with JOBS (5,000,000).
//! - `view`: a drain of JOBS (200,000) while somebody keeps a transaction with a snapshot open: the speed of each
//!   quarter.
//! - `workers`: a drain of JOBS (200,000) by eight workers, with connections of their own each: errors that reached
//!   a worker, and jobs that ran more than once.
//!
//! It works in the tables of that URL: give it a database (or a file) of its own.

mod unload;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use longshore::{
    Client, Job, NewJob, Result, Worker, WorkerEvent,
    core::{Command, DEFAULT_MAX_CRASHES, Outcome, WorkerId, step},
    sqlx::{Connection, MySqlConnection, PgConnection, SqliteConnection},
    store::{Claim, Claimed, CursorAt, Finish, Finished, Floor},
};

use unload::{BATCH, Ran, Unload, fill, unload};

/// Claims of one measurement of a backlog.
const CLAIMS: usize = 40;
const WORKERS: usize = 8;

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give a URL")?;
    let what = arguments.next().ok_or("give backlog, view or workers")?;
    let jobs = arguments.next().map(|number| number.parse()).transpose()?;
    let client = Client::connect(&url).await?;
    match &*what {
        "backlog" => backlog(&client, jobs.unwrap_or(5_000_000)).await,
        "view" => view(&client, &url, jobs.unwrap_or(200_000)).await,
        "workers" => workers(&client, &url, jobs.unwrap_or(200_000)).await,
        _ => Err("give backlog, view or workers".into()),
    }
}

async fn backlog(client: &Client, most: usize) -> Result {
    let mut waiting = 0;
    let mut small = None;
    for size in [10_000 + CLAIMS * BATCH, most] {
        fill(client, size - waiting).await?;
        // What came last need not be written back while we measure.
        tokio::time::sleep(Duration::from_secs(20)).await;
        let (claim, finish) = turns(client).await?;
        waiting = size - CLAIMS * BATCH;
        println!(
            "{waiting} jobs behind: a claim of {BATCH} takes {claim:.2?}, its finish {finish:.2?}"
        );
        if let Some((c, f)) = small.replace((claim, finish)) {
            let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
            println!("claim x {:.2}, finish x {:.2}", ratio(claim, c), ratio(finish, f));
        }
    }
    Ok(())
}

/// Claims and finishes in turn; the median of each.
async fn turns(client: &Client) -> Result<(Duration, Duration)> {
    let store = client.store();
    let mut claim = Claim {
        worker: WorkerId::new(),
        cursors: vec![CursorAt {
            lane: NewJob::of_kind(Unload::KIND).lane(),
            floor: None,
            quota: BATCH as u32,
        }],
        kinds: Arc::new([Unload::KIND.into()]),
        limit: BATCH as u32,
        lease: Duration::from_secs(60),
        now: None,
    };
    let (mut claims, mut finishes) = (Vec::new(), Vec::new());
    for _ in 0..CLAIMS {
        let begun = Instant::now();
        let jobs = store.claim(&claim).await?;
        claims.push(begun.elapsed());
        let last = jobs.last().ok_or("nothing is left")?;
        claim.cursors[0].floor = Some(Floor { due_at: last.due_at, id: last.id });
        let reports: Vec<Finish> = jobs.iter().map(completed).collect::<Result<_>>()?;
        let begun = Instant::now();
        let answers = store.finish(&reports).await?;
        finishes.push(begun.elapsed());
        assert!(answers.iter().all(|answer| *answer == Finished::Recorded));
    }
    claims.sort_unstable();
    finishes.sort_unstable();
    Ok((claims[CLAIMS / 2], finishes[CLAIMS / 2]))
}

fn completed(job: &Claimed) -> Result<Finish> {
    let rules = job.rules(DEFAULT_MAX_CRASHES, 0.5);
    let step = step(job.standing, &Command::Finish(Outcome::Completed), &rules)?;
    Ok(Finish::of(job, step))
}

async fn view(client: &Client, url: &str, jobs: usize) -> Result {
    fill(client, jobs).await?;
    let _open: Box<dyn std::any::Any> = if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url.split('?').next().unwrap_or(url)).await?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM longshore.queue";
        longshore::sqlx::raw_sql(begin).execute(&mut connection).await?;
        Box::new(connection)
    } else if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await?;
        let begin = "BEGIN; SELECT COUNT(*) FROM longshore_queue";
        longshore::sqlx::raw_sql(begin).execute(&mut connection).await?;
        Box::new(connection)
    } else {
        let url = url.replacen("mariadb", "mysql", 1);
        let mut connection = MySqlConnection::connect(&url).await?;
        let begin = "START TRANSACTION WITH CONSISTENT SNAPSHOT";
        longshore::sqlx::raw_sql(begin).execute(&mut connection).await?;
        Box::new(connection)
    };
    let ran = Ran::default();
    let worker =
        Worker::with_state(client.clone(), ran.clone()).handle(unload).queue("default", 1000);
    let mut begun = Instant::now();
    let running = worker.start().await?;
    let quarter = jobs / 4;
    let mut rates = Vec::new();
    for part in 1..=4 {
        while ran.count() < part * quarter {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        rates.push(quarter as f64 / begun.elapsed().as_secs_f64());
        begun = Instant::now();
    }
    running.stop().await?;
    let shown: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    println!(
        "jobs/s of each quarter: {}; last / first: {:.2}",
        shown.join(", "),
        rates[3] / rates[0]
    );
    Ok(())
}

async fn workers(client: &Client, url: &str, jobs: usize) -> Result {
    fill(client, jobs).await?;
    let ran = Ran::default();
    let (mut all, mut listening) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    for _ in 0..WORKERS {
        let own = Client::connect(url).await?;
        let worker = Worker::with_state(own, ran.clone()).handle(unload).queue("default", 1000);
        let running = worker.start().await?;
        let mut events = running.events();
        listening.push(tokio::spawn(async move {
            let mut troubles = Vec::new();
            while let Some(event) = events.next().await {
                if let WorkerEvent::StoreTrouble { call, message, .. } = event {
                    troubles.push(format!("{call}: {message}"));
                }
            }
            troubles
        }));
        all.push(running);
    }
    while ran.count() < jobs {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = begun.elapsed();
    for running in all {
        running.stop().await?;
    }
    let mut troubles = Vec::new();
    for listener in listening {
        troubles.extend(listener.await?);
    }
    let twice = ran.count() - jobs;
    println!(
        "{WORKERS} workers: {:.0} jobs/s, {} errors reached them, {twice} jobs ran twice",
        jobs as f64 / took.as_secs_f64(),
        troubles.len()
    );
    troubles.iter().for_each(|trouble| println!("{trouble}"));
    Ok(())
}
