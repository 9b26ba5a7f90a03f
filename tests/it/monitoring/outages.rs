//! The database is gone, and its watchers are not.

use std::time::{Duration, Instant};

use super::scrape::Watched;
use crate::{place::Place, wreck::Wreck};

const NOTES: &str = "[[handlers]]\nkind = \"note\"\ncommand = [\"true\"]\n";

/// Each answer waits a second for the database; the rest is the machine's.
const SOON: Duration = Duration::from_secs(5);

/// S3-30
#[test]
fn a_scrape_is_answered_while_postgres_15_is_down() {
    a_scrape_is_answered_while_the_database_is_down("LONGSHORE_TEST_POSTGRES_15");
}

/// S3-30
#[test]
fn a_scrape_is_answered_while_mariadb_is_down() {
    a_scrape_is_answered_while_the_database_is_down("LONGSHORE_TEST_MARIADB");
}

fn a_scrape_is_answered_while_the_database_is_down(variable: &str) {
    let Some(mut server) = Wreck::beside(variable) else { return };
    let place = Place::on_server(&server.url);
    place.settings(NOTES);
    let up = Watched::start(&place, &["up"]);
    place.until("it is ready", |_| up.readiness().is_ok());
    place.enqueue(&["note"]);
    let has_depth = |up: &Watched| !up.scrape().of("longshore_queue_depth").is_empty();
    place.until("the queues were counted", |place| {
        place.ok(&["queues", "list"]);
        has_depth(&up)
    });
    let errors = |probe| up.scrape().sum("longshore_scrape_errors_total", &[("probe", probe)]);
    assert_eq!(errors("depths"), 0.0);

    server.crash();
    until("the depths are absent", || !has_depth(&up));
    let before = errors("depths");
    assert!(before > 0.0);
    let start = Instant::now();
    let scrape = up.scrape();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    assert!(scrape.of("longshore_queue_oldest_age_seconds").is_empty());
    until("each failure is counted", || errors("depths") > before);
    // What the process counts itself is still there, and grows.
    until("errors are counted", || !up.scrape().of("longshore_store_errors_total").is_empty());
    let start = Instant::now();
    let reason = up.readiness().unwrap_err();
    assert!(start.elapsed() < SOON && !reason.trim().is_empty(), "{reason}");
    assert_eq!(up.get("/healthz").code, 200);

    // The others do so by themselves.
    if variable.contains("POSTGRES") {
        server.recover();
        let recovers = |reason: &str| reason.contains("not accepting connections");
        until("it says why", || up.readiness().is_err_and(|reason| recovers(&reason)));
    }
    server.open();
    until("it is ready again, and says what waits", || up.readiness().is_ok() && has_depth(&up));
    assert!(up.process.stop().success(), "{}", place.read("log"));
}

/// Asks again until something is so. [`Place::until`] would ask the database what went wrong.
fn until(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(120), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
