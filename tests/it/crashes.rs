//! Workers that die, freeze, race, and lose their database.

use std::os::unix::process::ExitStatusExt;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::{on_every_engine, place::Place};

on_every_engine!(
    a_killed_worker_s_jobs_are_completed_by_the_next,
    a_frozen_worker_cannot_finish_what_another_has_done,
    two_workers_run_each_job_once,
    a_job_that_kills_its_workers_is_poison_and_others_complete,
);

/// The first attempt never ends by itself; later ones do at once.
const FIRST_HANGS: &str = r#"
[worker]
lease = "2s"
queues = { default = 4 }

[[handlers]]
kind = "hang"
command = ["sh", "-c", "test $LONGSHORE_ATTEMPT = 1 && exec sleep 60; echo second"]
"#;

fn reasons(ledger: &[Value]) -> Vec<&str> {
    ledger.iter().map(|row| row["reason"].as_str().unwrap()).collect()
}

fn a_killed_worker_s_jobs_are_completed_by_the_next(place: &Place) {
    place.settings(FIRST_HANGS);
    place.ok(&["migrate"]);
    let ids: Vec<_> = (0..3).map(|_| place.enqueue(&["hang"])).collect();
    let killed = place.worker();
    place.until("all run", |place| place.count("running") == 3);
    killed.signal(Signal::SIGKILL);
    drop(killed);

    let next = place.worker();
    place.until("all are completed", |place| place.count("completed") == 3);
    assert!(next.stop().success());
    for id in ids {
        let ledger = place.ledger(&id);
        assert_eq!(reasons(&ledger), ["received", "claimed", "lease_expired", "claimed", "ok"]);
        assert_eq!(place.job(&id)["result"], "second");
    }
}

fn a_frozen_worker_cannot_finish_what_another_has_done(place: &Place) {
    place.settings(
        r#"
[worker]
lease = "2s"

[[handlers]]
kind = "wait"
command = ["sh", "-c", "if test $LONGSHORE_ATTEMPT = 1; then until test -e go; do sleep 0.05; done; fi; echo $LONGSHORE_ATTEMPT"]
"#,
    );
    place.ok(&["migrate"]);
    let id = place.enqueue(&["wait"]);
    let frozen = place.worker();
    place.until("it runs", |place| place.count("running") == 1);
    // Who is frozen in the middle of a write keeps a file of SQLite's for itself, as any program would.
    place.until("it is frozen between two writes", |place| {
        frozen.signal(Signal::SIGSTOP);
        place.is_free() || {
            frozen.signal(Signal::SIGCONT);
            false
        }
    });
    let other = place.worker();
    place.until("the other has completed it", |place| place.count("completed") == 1);

    // Its program ends well now, and it wakes up to report that.
    place.write("go", "");
    frozen.signal(Signal::SIGCONT);
    assert!(frozen.stop().success());
    assert!(other.stop().success());
    let ledger = place.ledger(&id);
    assert_eq!(reasons(&ledger), ["received", "claimed", "lease_expired", "claimed", "ok"]);
    assert_ne!(ledger[1]["worker_id"], ledger[3]["worker_id"]);
    assert_eq!(place.job(&id)["result"], 2);
}

fn two_workers_run_each_job_once(place: &Place) {
    place.settings(
        r#"
[worker]
queues = { default = 4 }

[[handlers]]
kind = "write"
command = ["sh", "-c", "echo $LONGSHORE_JOB_ID >> runs"]
"#,
    );
    place.ok(&["migrate"]);
    let (one, two) = (place.worker(), place.worker());
    let mut ids: Vec<_> = (0..60).map(|_| place.enqueue(&["write"])).collect();
    place.until("all are completed", |place| place.count("completed") == ids.len());
    assert!(one.stop().success() && two.stop().success());
    let runs = place.read("runs");
    let mut runs: Vec<_> = runs.lines().collect();
    runs.sort_unstable();
    ids.sort_unstable();
    assert_eq!(runs, ids);
}

fn a_job_that_kills_its_workers_is_poison_and_others_complete(place: &Place) {
    place.settings(
        r#"
[worker]
lease = "1s"
queues = { default = 1 }

[[handlers]]
kind = "kill"
command = ["sh", "-c", "kill -9 $PPID"]

[[handlers]]
kind = "good"
command = ["echo", "well"]
"#,
    );
    place.ok(&["migrate"]);
    let killer = place.enqueue(&["kill", "--priority", "10"]);
    let good = place.enqueue(&["good"]);
    for _ in 0..3 {
        assert_eq!(place.worker().end().signal(), Some(Signal::SIGKILL as i32));
    }
    let last = place.worker();
    place.until("it is poison", |place| place.count("discarded") == 1);
    place.until("the other is completed", |place| place.count("completed") == 1);
    assert!(last.stop().success());
    let job = place.job(&killer);
    assert_eq!((&job["reason"], &job["attempt"]), (&"poison".into(), &3.into()), "{job}");
    assert_eq!(job["error"]["kind"], "crash");
    assert_eq!(place.json(&["dead", "list"])[0]["id"], killer.as_str());
    assert_eq!(place.job(&good)["result"], "well");
}

fn work_goes_on_when_the_database_drops_all_connections(place: &Place) {
    place.settings(
        r#"
[worker]
lease = "4s"
queues = { default = 2 }

[[handlers]]
kind = "write"
command = ["sh", "-c", "echo $LONGSHORE_JOB_ID >> runs; sleep 0.1"]
"#,
    );
    place.ok(&["migrate"]);
    let ids: Vec<_> = (0..40).map(|_| place.enqueue(&["write"])).collect();
    let worker = place.worker();
    for done in [5, 15, 25] {
        place.until("some are completed", |place| place.count("completed") >= done);
        place.sever();
    }
    place.until("all are completed", |place| place.count("completed") == ids.len());
    assert!(worker.stop().success());
}

#[test]
fn work_goes_on_when_postgres_15_drops_all_connections() {
    Place::on_postgres(
        "LONGSHORE_TEST_POSTGRES_15",
        work_goes_on_when_the_database_drops_all_connections,
    );
}

#[test]
fn work_goes_on_when_postgres_18_drops_all_connections() {
    Place::on_postgres(
        "LONGSHORE_TEST_POSTGRES_18",
        work_goes_on_when_the_database_drops_all_connections,
    );
}

#[test]
fn work_goes_on_when_mariadb_drops_all_connections() {
    Place::on_mysql("LONGSHORE_TEST_MARIADB", work_goes_on_when_the_database_drops_all_connections);
}

#[test]
fn work_goes_on_when_mysql_drops_all_connections() {
    Place::on_mysql("LONGSHORE_TEST_MYSQL", work_goes_on_when_the_database_drops_all_connections);
}
