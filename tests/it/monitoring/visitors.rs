//! Visitors that dawdle, and names that never end.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use longshore::{Client, Options, core::NewJob};

use super::scrape::Watched;
use crate::place::Place;

const NOTES: &str = "[[handlers]]\nkind = \"note\"\ncommand = [\"true\"]\n";
/// More than may be connected at a time.
const DAWDLERS: usize = 80;
const JOBS: usize = 40;

/// Somebody who asks and asks and reads nothing.
fn dawdle(watched: &Watched) -> TcpStream {
    let mut stream = TcpStream::connect(watched.address).unwrap();
    stream.set_nonblocking(true).unwrap();
    let ask = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", watched.address).repeat(1000);
    match stream.write_all(ask.as_bytes()) {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
    }
    stream
}

#[test]
fn scrapers_that_read_nothing_do_not_slow_the_worker_and_are_shown_out() {
    let place = Place::on_sqlite();
    place.settings(NOTES);
    let up = Watched::start(&place, &["up"]);
    place.until("it is ready", |_| up.readiness().is_ok());
    let work = |done: usize| {
        let jobs: Vec<_> = (0..JOBS).map(|_| place.enqueue(&["note"])).collect();
        place.until("all are done", |place| place.count("completed") == done + jobs.len());
    };
    let start = Instant::now();
    work(0);
    let alone = start.elapsed();

    let dawdlers: Vec<_> = (0..DAWDLERS).map(|_| dawdle(&up)).collect();
    let start = Instant::now();
    work(JOBS);
    let watched = start.elapsed();
    assert!(watched < 3 * alone + Duration::from_secs(5), "{watched:?} instead of {alone:?}");
    // All places were taken: this waits until some of them are free again.
    let scrape = up.scrape();
    assert_eq!(
        scrape.sum("longshore_jobs_finished_total", &[("outcome", "completed")]),
        2.0 * JOBS as f64
    );
    for mut dawdler in dawdlers {
        dawdler.set_nonblocking(false).unwrap();
        dawdler.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // What was written for it is still there; then it is at its end, or cut off.
        let end = dawdler.read_to_end(&mut Vec::new());
        let is_over = |error: &io::Error| error.kind() == ErrorKind::ConnectionReset;
        assert!(end.as_ref().err().is_none_or(is_over), "{end:?}");
    }
}

#[test]
fn ten_thousand_kinds_and_two_hundred_queues_do_not_grow_a_scrape() {
    let place = Place::on_sqlite();
    place.settings(NOTES);
    let up = Watched::start(&place, &["up"]);
    place.until("it is ready", |_| up.readiness().is_ok());
    place.ok(&["enqueue", "note", "--wait"]);
    let before = up.scrape().0.len();

    let strange = (0..10_000).map(|number| NewJob {
        queue: format!("queue-{}", number % 200).into(),
        ..NewJob::of_kind(format!("kind-{number}"))
    });
    let jobs: Vec<NewJob> = strange.collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::connect_with(&place.url, Options { migrate: false }).await.unwrap();
        for jobs in jobs.chunks(1000) {
            client.store().enqueue(jobs).await.unwrap();
        }
        client.store().close().await;
    });
    place.until("the queues were counted", |place| {
        place.ok(&["queues", "list"]);
        up.scrape().values("longshore_queue_depth", "queue").contains("other")
    });
    // The worker meets them, and cannot run them.
    place.ok(&["enqueue", "note", "--wait"]);
    let (text, scrape) = (up.metrics(), up.scrape());
    assert!(!text.contains("kind-"), "{text}");
    let queues = scrape.values("longshore_queue_depth", "queue");
    assert_eq!(queues.len(), 101, "a hundred by name, and all the others");
    let available = scrape.sum("longshore_queue_depth", &[("state", "available")]);
    assert_eq!(available, 10_000.0);
    // Five states and an age each, and calls of the storage that were not made before.
    let grown = scrape.0.len() - before - 6 * queues.len();
    assert!(grown < 300, "{grown} series more:\n{text}");
}
