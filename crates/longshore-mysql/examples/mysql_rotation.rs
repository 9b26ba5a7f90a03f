//! Prints how long it takes to drop a large week, and how long others wait meanwhile.
//!
//! `cargo run --release -p longshore-mysql --example mysql_rotation -- mysql://… [JOBS] [SURVIVORS]`. It works in
//! the database of the URL with tables of its own prefix, and drops them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use longshore_core::{JobId, NewJob, Retention, Timestamp, Week};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{ErrorKind, Inspect, Maintain, Produce};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};
use uuid::Uuid;

type Done = Result<(), Box<dyn std::error::Error + Send + Sync>>;

const DROP: &str = "DROP VIEW IF EXISTS rotation_transitions; \
    DROP TABLE IF EXISTS rotation_jobs, rotation_labels, rotation_attempts, rotation_results, rotation_queue, \
    rotation_leases, rotation_dead, rotation_uniques, rotation_lanes, rotation_queues, rotation_workers, rotation_samples, \
    rotation_guard, rotation_migrations";
/// Each of those who work meanwhile does so every so often.
const TURN: Duration = Duration::from_millis(5);
/// Jobs stored by one statement.
const STEP: u64 = 10_000;

#[tokio::main]
async fn main() -> Done {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give a mysql:// URL")?;
    let jobs: u64 = arguments.next().map_or(Ok(1_000_000), |number| number.parse())?;
    let survivors: u64 = arguments.next().map_or(Ok(1000), |number| number.parse())?;
    let options = MysqlOptions { prefix: "rotation_".into(), ..MysqlOptions::from_url(&url)? };
    let mut admin = MySqlConnection::connect_with(&options.connect).await?;
    run(&mut admin, DROP).await?;
    let store = MysqlStore::connect(options).await?;
    store.migrate().await?;

    let week = Week::of(Timestamp::from(std::time::SystemTime::now())).plus(-1);
    let begun = Instant::now();
    fill(&mut admin, week, jobs, survivors).await?;
    println!("{jobs} jobs of {week} stored in {:.1} s", begun.elapsed().as_secs_f64());
    write_back(&mut admin).await?;

    let over = Arc::new(AtomicBool::new(false));
    let doing = |what| tokio::spawn(waits(store.clone(), over.clone(), what));
    let enqueueing = doing(Doing::Enqueue(Week::next(week)));
    let importing = doing(Doing::Enqueue(week));
    let looking = doing(Doing::LookUp(job(week, 0)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let later = week.plus(12).start();
    let begun = Instant::now();
    let rotated = store.rotate_week(week, &Retention::default(), Some(later)).await?;
    println!("rotation: {:.2} s, {rotated}", begun.elapsed().as_secs_f64());
    tokio::time::sleep(Duration::from_secs(1)).await;
    over.store(true, Ordering::Relaxed);
    report("enqueue of one job", enqueueing.await??);
    report("enqueue of one job with an id of the week", importing.await??);
    report("look-up of a survivor", looking.await??);
    store.close().await;
    run(&mut admin, DROP).await
}

async fn run(admin: &mut MySqlConnection, text: &str) -> Done {
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(admin).await?;
    Ok(())
}

/// The jobs of the week, in order; the first of every so many survives.
fn job(week: Week, number: u64) -> JobId {
    JobId(Uuid::from_u128((week.ids().0.as_u128() | 1 << 63) + (u128::from(number) << 68)))
}

/// Jobs that completed, every so many of them one that waits.
async fn fill(admin: &mut MySqlConnection, week: Week, jobs: u64, survivors: u64) -> Done {
    let every = (jobs / survivors.max(1)).max(1);
    let text = "x".repeat(180);
    for from in (0..jobs).step_by(usize::try_from(STEP)?) {
        let (mut asked, mut over, mut live) = (Vec::new(), Vec::new(), Vec::new());
        for number in from..jobs.min(from + STEP) {
            let id = job(week, number).0.simple();
            asked.push(format!(
                "(x'{id}','default','default','unload','{{\"text\":\"{text}\"}}',5,UTC_TIMESTAMP(6),20,2,UTC_TIMESTAMP(6))"
            ));
            if number % every == 0 {
                live.push(format!(
                    "(x'{id}',UTC_TIMESTAMP(6),0,20,0,1,5,2,0,'default','default','unload')"
                ));
            } else {
                over.push(format!("(x'{id}',UTC_TIMESTAMP(6),UTC_TIMESTAMP(6),1,1,2,5,5,x'{id}')"));
            }
        }
        for (columns, rows) in [
            (
                "jobs (id, tenant, queue, kind, payload, `rank`, run_at, max_attempts, first_state, created_at)",
                asked,
            ),
            (
                "attempts (job_id, at, started_at, seq, attempt, state_before, state_after, reason, worker_id)",
                over,
            ),
            (
                "queue (id, due_at, attempt, last_attempt, crashes, seq, `rank`, waiting, flags, queue, tenant, kind)",
                live,
            ),
        ] {
            if !rows.is_empty() {
                run(admin, &format!("INSERT INTO rotation_{columns} VALUES {}", rows.join(",")))
                    .await?;
            }
        }
    }
    run(admin, "ANALYZE TABLE rotation_jobs, rotation_attempts, rotation_queue").await
}

/// Waits until what was stored is written back, as that of an old week is.
async fn write_back(admin: &mut MySqlConnection) -> Done {
    const MOST: &str = "@@GLOBAL.innodb_max_dirty_pages_pct";
    run(admin, &format!("SET @most = {MOST}; SET GLOBAL innodb_max_dirty_pages_pct = 0")).await?;
    let dirty = "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'";
    loop {
        let row = sqlx::query(dirty).fetch_one(&mut *admin).await?;
        if row.try_get::<String, _>(1)?.parse::<u64>()? < 100 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    run(admin, "SET GLOBAL innodb_max_dirty_pages_pct = @most").await
}

/// What others do meanwhile.
#[derive(Clone, Copy)]
enum Doing {
    /// Bring jobs with ids of this week.
    Enqueue(Week),
    LookUp(JobId),
}

/// Does this two hundred times a second; how long each time took.
async fn waits(
    store: MysqlStore,
    over: Arc<AtomicBool>,
    what: Doing,
) -> longshore_store::Result<Vec<Duration>> {
    let mut took = Vec::new();
    let mut turns = tokio::time::interval(TURN);
    while !over.load(Ordering::Relaxed) {
        // Late turns count from when they were due.
        let begun = turns.tick().await;
        match what {
            Doing::Enqueue(week) => {
                let start = week.ids().0.as_u128();
                let id = JobId(Uuid::from_u128(start | JobId::new().0.as_u128() & ((1 << 80) - 1)));
                let job = NewJob { id, ..NewJob::of_kind("unload") };
                while let Err(error) = store.enqueue(std::slice::from_ref(&job)).await {
                    // Old ids wait for a rotation, and are told so when that takes long.
                    if error.kind() != ErrorKind::Busy {
                        return Err(error);
                    }
                }
            }
            Doing::LookUp(id) => assert!(store.jobs(&[id]).await?[0].is_some(), "a look-up missed"),
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
