//! Prints whether a worker is as fast after an hour as at its beginning, and as small.
//!
//! `cargo run --release -p longshore --features mysql,postgres --example soak -- URL FRESH-URL [MINUTES]`
//!
//! One worker stays up the whole time. Every five seconds it gets a burst of jobs, which is timed from the first call to
//! the last run. A machine's own speed changes within an hour; so every twenty seconds a worker and tables that
//! are new get the same burst at FRESH-URL, and what is compared is how many times as fast as that the old ones are.
//!
//! It **drops what is in both places**: give it two databases (or files) of its own.

mod unload;

use std::time::{Duration, Instant};

use longshore::{
    Client, Result, Running, Worker,
    sqlx::{Connection, MySqlConnection, PgConnection, raw_sql},
};

use unload::{Ran, fill, unload};

/// Jobs of a burst, without those that a worker gets before, to find its pace.
const BURST: usize = 20_000;
const WARM_UP: usize = 5_000;
const PAUSE: Duration = Duration::from_secs(5);
/// Bursts of the old worker for each of a new one.
const PER_ROUND: usize = 4;

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("give a URL")?;
    let fresh = arguments.next().ok_or("give a second URL")?;
    let minutes = arguments.next().map(|number| number.parse()).transpose()?.unwrap_or(60);
    let old = Crew::start(&url).await?;
    let begun = Instant::now();
    let mut rounds = Vec::new();
    println!("minute   jobs  old/s  new/s  old/new  memory, MB");
    while begun.elapsed() < Duration::from_secs(60 * minutes) {
        let mut rates = Vec::new();
        for _ in 0..PER_ROUND {
            tokio::time::sleep(PAUSE).await;
            rates.push(old.burst().await?);
        }
        // Before there is a second worker, and after the first has rested.
        let memory = resident()?;
        let new = Crew::start(&fresh).await?;
        let reference = new.burst().await?;
        new.worker.stop().await?;
        let rate = median(rates);
        rounds.push(Round { ratio: rate / reference, rate, memory });
        let (minute, jobs) = (begun.elapsed().as_secs() / 60, old.ran.count());
        let ratio = rate / reference;
        println!("{minute:6} {jobs:8} {rate:6.0} {reference:6.0} {ratio:6.2} {memory:8.1}");
    }
    old.worker.stop().await?;
    let part = rounds.len().div_ceil(6);
    let (first, last) = (&rounds[..part], &rounds[rounds.len() - part..]);
    let of = |part: &[Round], what: fn(&Round) -> f64| median(part.iter().map(what).collect());
    for (name, what) in [
        ("jobs a second", (|round| round.rate) as fn(&Round) -> f64),
        ("times as fast as a new worker", |round| round.ratio),
        ("memory, MB", |round| round.memory),
    ] {
        let (first, last) = (of(first, what), of(last, what));
        println!("{name}: {first:.2} at first, {last:.2} at last, {:.2} x", last / first);
    }
    Ok(())
}

/// What one round of bursts came to.
struct Round {
    rate: f64,
    ratio: f64,
    memory: f64,
}

/// A client and a worker on tables of their own.
struct Crew {
    client: Client,
    worker: Running,
    ran: Ran,
}

impl Crew {
    async fn start(url: &str) -> Result<Self> {
        clear(url).await?;
        let client = Client::connect(url).await?;
        let ran = Ran::default();
        let worker =
            Worker::with_state(client.clone(), ran.clone()).handle(unload).queue("default", 1000);
        let crew = Self { worker: worker.start().await?, client, ran };
        crew.run(WARM_UP).await?;
        Ok(crew)
    }

    /// Jobs a second, stored and run.
    async fn burst(&self) -> Result<f64> {
        let begun = Instant::now();
        self.run(BURST).await?;
        Ok(BURST as f64 / begun.elapsed().as_secs_f64())
    }

    async fn run(&self, jobs: usize) -> Result {
        let all = self.ran.count() + jobs;
        fill(&self.client, jobs).await?;
        while self.ran.count() < all {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

/// Drops what was there.
async fn clear(url: &str) -> Result {
    let (server, path) =
        url.split_once("://").ok_or("a URL looks like postgres://host/database")?;
    if server.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await?;
        raw_sql("DROP SCHEMA IF EXISTS longshore CASCADE").execute(&mut connection).await?;
    } else if server == "sqlite" {
        for end in ["", "-wal", "-shm"] {
            let file = format!("{}{end}", path.trim_start_matches("//"));
            if std::fs::exists(&file)? {
                std::fs::remove_file(file)?;
            }
        }
    } else {
        let mut connection = MySqlConnection::connect(&url.replacen("mariadb", "mysql", 1)).await?;
        let again = "SET @again = CONCAT('DROP DATABASE `', DATABASE(), '`'); PREPARE again FROM @again; \
                     SET @create = CONCAT('CREATE DATABASE `', DATABASE(), '`'); EXECUTE again; \
                     PREPARE again FROM @create; EXECUTE again";
        raw_sql(again).execute(&mut connection).await?;
    }
    Ok(())
}

/// Megabytes of this process.
fn resident() -> Result<f64> {
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let pages: f64 = pages.split(' ').nth(1).ok_or("no pages")?.parse()?;
    Ok(pages * 4096.0 / 1e6)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
