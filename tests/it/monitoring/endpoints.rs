//! The three answers of a process that is well, that stops, and whose tables are not as they should be.

use nix::sys::signal::Signal;

use super::scrape::{Said, Watched};
use crate::{on_every_engine, place::Place};

on_every_engine!(
    a_process_shows_what_it_did_and_what_waits,
    a_worker_that_stops_is_alive_and_not_ready,
    a_worker_whose_tables_are_gone_is_alive_and_not_ready,
);

/// `wait` runs until a file called `go` is there.
const HANDLERS: &str = r#"
[worker]
queues = { default = 2, mail = 1 }

[[handlers]]
kind = "note"
command = ["true"]

[[handlers]]
kind = "wait"
command = ["sh", "-c", "until test -e go; do sleep 0.05; done"]
"#;

fn a_process_shows_what_it_did_and_what_waits(place: &Place) {
    place.settings(HANDLERS);
    let up = Watched::start(place, &["up"]);
    place.until("it is ready", |_| up.readiness().is_ok());
    place.ok(&["enqueue", "note", "--wait"]);
    place.enqueue(&["note", "--queue", "mail", "--in", "1h"]);
    place.enqueue(&["note", "--queue", "nobody works here"]);
    let sampled = |queue| {
        // This counts the queues, unless somebody just did.
        place.ok(&["queues", "list"]);
        up.scrape().values("longshore_queue_depth", "queue").contains(queue)
    };
    place.until("all queues were counted", |_| sampled("nobody works here") && sampled("mail"));

    let Said { head, body, .. } = up.get("/metrics");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(!body.contains("tenant"), "{body}");
    let scrape = up.scrape();
    let done = [("queue", "default"), ("kind", "note"), ("outcome", "completed")];
    assert_eq!(scrape.sum("longshore_jobs_finished_total", &done), 1.0);
    assert_eq!(scrape.sum("longshore_job_run_seconds_count", &done[..2]), 1.0);
    let depth =
        |queue, state| scrape.sum("longshore_queue_depth", &[("queue", queue), ("state", state)]);
    assert_eq!((depth("mail", "scheduled"), depth("mail", "available")), (1.0, 0.0));
    assert_eq!(depth("nobody works here", "available"), 1.0);
    let age = |queue| scrape.sum("longshore_queue_oldest_age_seconds", &[("queue", queue)]);
    assert!(age("nobody works here") >= 0.0 && age("mail") == 0.0);
    let ahead = scrape.of("longshore_weeks_ahead");
    let is_sqlite = place.url.starts_with("sqlite");
    match ahead[..] {
        [] => assert!(is_sqlite, "SQLite alone has no partitions"),
        [ahead] => assert!(!is_sqlite && ahead.value >= 4.0, "{ahead:?}"),
        _ => panic!("{ahead:?}"),
    }
    let [build] = scrape.of("longshore_build_info")[..] else { panic!("{scrape:?}") };
    assert!(place.url.starts_with(&build.labels["engine"]), "{build:?}");
    assert_eq!(scrape.sum("longshore_scrape_errors_total", &[]), 0.0);
    assert_eq!(up.process.stop().code(), Some(0));
}

fn a_worker_that_stops_is_alive_and_not_ready(place: &Place) {
    place.settings(HANDLERS);
    place.ok(&["migrate"]);
    place.enqueue(&["wait"]);
    let worker = Watched::start(place, &["worker"]);
    place.until("it runs", |place| place.count("running") == 1);
    assert_eq!(worker.readiness(), Ok(()));
    worker.process.signal(Signal::SIGTERM);
    place.until("it is not ready", |_| worker.readiness().is_err());
    let reason = worker.readiness().unwrap_err();
    assert!(reason.contains("stopping"), "{reason}");
    assert_eq!(worker.get("/healthz").code, 200);
    assert_eq!(worker.get("/metrics").code, 200);
    place.write("go", "");
    assert_eq!(worker.process.end().code(), Some(0));
}

fn a_worker_whose_tables_are_gone_is_alive_and_not_ready(place: &Place) {
    place.settings(HANDLERS);
    place.ok(&["migrate"]);
    let worker = Watched::start(place, &["worker"]);
    place.until("it is ready", |_| worker.readiness().is_ok());
    place.sql(&format!("DELETE FROM {} WHERE version = 1", place.table("migrations")));
    place.until("it is not ready", |_| worker.readiness().is_err());
    let reason = worker.readiness().unwrap_err();
    assert!(reason.contains("longshore migrate") || reason.contains("schema"), "{reason}");
    assert_eq!(worker.get("/healthz").code, 200);
}
