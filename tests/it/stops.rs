//! How a worker stops.

use nix::sys::signal::Signal;

use crate::{on_every_engine, place::Place, process::Process};

on_every_engine!(
    a_stop_lets_running_jobs_end,
    a_second_stop_gives_running_jobs_back,
    a_draining_worker_ends_when_nothing_is_due,
    up_makes_the_tables_and_works,
);

/// Runs until a file called `go` is there.
const WAITS: &str = r#"
[worker]
queues = { default = 1 }

[[handlers]]
kind = "wait"
command = ["sh", "-c", "until test -e go; do sleep 0.05; done; echo went"]
"#;

fn a_stop_lets_running_jobs_end(place: &Place) {
    place.settings(WAITS);
    place.ok(&["migrate"]);
    let running = place.enqueue(&["wait"]);
    let worker = place.worker();
    place.until("it runs", |place| place.count("running") == 1);
    worker.signal(Signal::SIGTERM);
    let waiting = place.enqueue(&["wait"]);
    place.write("go", "");
    assert_eq!(worker.end().code(), Some(0));
    assert_eq!(place.job(&running)["result"], "went");
    assert_eq!(place.job(&waiting)["state"], "available");
    assert!(place.json(&["workers", "list"]).is_empty());
}

fn a_second_stop_gives_running_jobs_back(place: &Place) {
    place.settings(WAITS);
    place.ok(&["migrate"]);
    let id = place.enqueue(&["wait"]);
    let worker = place.worker();
    place.until("it runs", |place| place.count("running") == 1);
    worker.signal(Signal::SIGINT);
    place.until("the log says that it stops", |place| place.read("log").contains("stopping"));
    worker.signal(Signal::SIGINT);
    assert_eq!(worker.end().code(), Some(130));
    assert_eq!(place.job(&id)["state"], "available");
    assert_eq!(place.job(&id)["reason"], "shutdown");
}

fn a_draining_worker_ends_when_nothing_is_due(place: &Place) {
    place.settings(WAITS);
    place.write("go", "");
    place.ok(&["migrate"]);
    let due: Vec<_> = (0..5).map(|_| place.enqueue(&["wait"])).collect();
    let later = place.enqueue(&["wait", "--in", "1h"]);
    let worker = Process::start(place.command(&["worker", "--drain"]));
    assert_eq!(worker.end().code(), Some(0));
    assert_eq!(place.count("completed"), due.len());
    assert_eq!(place.job(&later)["state"], "scheduled");
}

fn up_makes_the_tables_and_works(place: &Place) {
    place.settings(WAITS);
    place.write("go", "");
    let up = Process::start(place.command(&["up"]));
    place.until("the database is ready", |place| place.run(&["health"]).code == 0);
    assert_eq!(place.ok(&["enqueue", "wait", "--wait"]).trim(), r#""went""#);
    assert_eq!(up.stop().code(), Some(0));
}
