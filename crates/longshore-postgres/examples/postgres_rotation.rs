//! Prints how long it takes to drop a large week, and how long others wait meanwhile.
//!
//! `cargo run --release -p longshore-postgres --example postgres_rotation -- postgres://… [JOBS] [SURVIVORS]`. It
//! works in a schema of its own, which it drops.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use longshore_core::{JobId, NewJob, Retention, Timestamp, Week};
use longshore_postgres::{PostgresOptions, PostgresStore};
use longshore_store::{Inspect, Maintain, Produce};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

type Done = Result<(), Box<dyn std::error::Error + Send + Sync>>;

const SCHEMA: &str = "longshore_rotation";

/// Each of those who work meanwhile does so every so often.
const TURN: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() -> Done {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give a postgres:// URL")?;
    let jobs: u64 = arguments.next().map_or(Ok(1_000_000), |number| number.parse())?;
    let survivors: u64 = arguments.next().map_or(Ok(1000), |number| number.parse())?;
    let options = PostgresOptions { schema: SCHEMA.into(), ..PostgresOptions::from_url(&url)? };
    let mut admin = PgConnection::connect_with(&options.connect).await?;
    let drop = format!("DROP SCHEMA IF EXISTS {SCHEMA} CASCADE");
    run(&mut admin, &drop).await?;
    let store = PostgresStore::connect(options).await?;
    store.migrate().await?;

    let week = Week::of(Timestamp::from(std::time::SystemTime::now())).plus(-1);
    let begun = Instant::now();
    fill(&mut admin, week, jobs, survivors).await?;
    println!("{jobs} jobs of {week} stored in {:.1} s", begun.elapsed().as_secs_f64());
    let row = store
        .weeks(&Retention::default(), None)
        .await?
        .into_iter()
        .find(|row| row.week == Some(week));
    let bytes = row.and_then(|row| row.bytes).unwrap_or_default();
    println!("they take {:.2} GB", bytes as f64 / 1e9);

    let over = Arc::new(AtomicBool::new(false));
    let enqueueing = tokio::spawn(waits(store.clone(), over.clone(), None));
    let looking = tokio::spawn(waits(store.clone(), over.clone(), Some(first(week))));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let later = week.plus(12).start();
    let begun = Instant::now();
    let rotated = store.rotate_week(week, &Retention::default(), Some(later)).await?;
    println!("rotation: {:.2} s, {rotated}", begun.elapsed().as_secs_f64());
    tokio::time::sleep(Duration::from_secs(1)).await;
    over.store(true, Ordering::Relaxed);
    report("enqueue of one job", enqueueing.await??);
    report("look-up of a survivor", looking.await??);
    store.close().await;
    run(&mut admin, &drop).await
}

async fn run(admin: &mut PgConnection, text: &str) -> Done {
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(admin).await?;
    Ok(())
}

/// The first job of the week, which survives.
fn first(week: Week) -> JobId {
    JobId(Uuid::from_u128(week.ids().0.as_u128() | 1 << 63))
}

/// Jobs that completed, every so many of them one that waits.
async fn fill(admin: &mut PgConnection, week: Week, jobs: u64, survivors: u64) -> Done {
    let from = week.ids().0.simple().to_string();
    let prefix = i64::from_str_radix(&from[..16], 16)?;
    let every = (jobs / survivors.max(1)).max(1);
    let ids = format!(
        "SELECT n, (lpad(to_hex({prefix} + n * 16), 16, '0') || '8000000000000000')::uuid AS id \
         FROM generate_series(0, {jobs} - 1) AS n"
    );
    run(
        admin,
        &format!(
            "SET search_path = {SCHEMA};
             INSERT INTO jobs (id, tenant, queue, kind, payload, rank, run_at, max_attempts, first_state, created_at)
             SELECT id, 'default', 'default', 'unload', json_build_object('text', repeat('x', 180))::text,
                    5, now(), 20, 2, now() FROM ({ids}) AS made;
             INSERT INTO attempts (job_id, at, started_at, seq, attempt, state_before, state_after, reason, worker_id)
             SELECT id, now(), now(), 1, 1, 2, 5, 5, id FROM ({ids}) AS made WHERE n % {every} <> 0;
             INSERT INTO queue (id, due_at, attempt, last_attempt, crashes, seq, rank, waiting, flags, queue, tenant, kind)
             SELECT id, now(), 0, 20, 0, 1, 5, 2, 0, 'default', 'default', 'unload' FROM ({ids}) AS made
             WHERE n % {every} = 0"
        ),
    )
    .await?;
    run(admin, "VACUUM ANALYZE jobs; ").await?;
    run(admin, "VACUUM ANALYZE attempts; ").await
}

/// Enqueues, or looks a job up, two hundred times a second; how long each took.
async fn waits(
    store: PostgresStore,
    over: Arc<AtomicBool>,
    look_up: Option<JobId>,
) -> longshore_store::Result<Vec<Duration>> {
    let mut took = Vec::new();
    let mut turns = tokio::time::interval(TURN);
    while !over.load(Ordering::Relaxed) {
        // Late turns count from when they were due.
        let begun = turns.tick().await;
        match look_up {
            None => {
                store.enqueue(&[NewJob::of_kind("unload")]).await?;
            }
            Some(id) => assert!(store.jobs(&[id]).await?[0].is_some(), "a look-up missed"),
        }
        took.push(begun.elapsed());
    }
    Ok(took)
}

fn report(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "{what}: {} times, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        took.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
