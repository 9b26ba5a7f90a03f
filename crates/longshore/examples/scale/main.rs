//! Measures what jobs cost a PostgreSQL server and its clients, and prints a line of JSON for each measurement.
//!
//! `cargo run --release -p longshore --features postgres --example scale -- URL settings|batches|beside|fetches|starts|point …`
//!
//! - `settings`: what the server is.
//! - `batches TIMES`: enqueues, claims and finishes of 1, 10, 100 and 1,000 jobs at a time.
//! - `beside TIMES`: the same of 1,000 jobs, by 1, 2, 4 and 8 processes at once.
//! - `fetches TIMES`: one worker whose claims take so many.
//! - `starts TIMES`: one producer and one worker that begin, and have little to do.
//! - `point WORKERS JOBS`: so many processes enqueue so many jobs, and as many workers run them.
//!
//! The URL is a superuser's: each measurement makes a database of its own and drops it. Processor time is read
//! from `/proc`, so the server runs on the same Linux machine. `cargo xtask scale` does all of it.

mod batches;
mod beside;
mod crew;
mod load;
mod meter;
mod points;
mod processor;
mod server;

use longshore::Result;

#[tokio::main]
async fn main() -> Result {
    if !cfg!(target_os = "linux") {
        return Err("processor time is read from /proc: measure on Linux".into());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [url, "settings"] => server::settings(url).await,
        [url, "batches", times] => batches::measure(url, times.parse()?).await,
        [url, "beside", times] => beside::measure(url, times.parse()?).await,
        [url, "fetches", times] => points::fetches(url, times.parse()?).await,
        [url, "starts", times] => points::starts(url, times.parse()?).await,
        [url, "point", workers, jobs] => points::point(url, workers.parse()?, jobs.parse()?).await,
        // What a measurement starts more of itself as.
        [url, "call", calls] => beside::call(url, calls.parse()?).await,
        [url, "fill", jobs] => crew::fill(url, jobs.parse()?).await,
        [url, "work", fetch] => crew::work(url, fetch.parse()?).await,
        _ => Err("give URL batches|beside|fetches|starts TIMES, or URL point WORKERS JOBS".into()),
    }
}
