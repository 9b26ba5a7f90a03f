//! `longshore up --demo` in an empty folder, and what can be asked afterwards.

use nix::sys::signal::Signal;

use crate::{
    place::{Answer, Place},
    process::Process,
};

#[test]
fn the_demo_works_in_an_empty_folder_and_can_be_asked_about_and_repeated() {
    let place = Place::on_sqlite();
    std::fs::remove_file(place.folder.path().join("longshore.toml")).unwrap();

    let first = place.run(&["up", "--demo"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.stdout.contains("28298 jobs"), "{first:?}");
    assert!(place.folder.path().join("longshore.db").exists());

    let Answer { stdout, stderr, .. } = place.run(&["jobs", "list", "--limit", "5", "--json"]);
    assert_eq!(stdout.lines().count(), 5);
    assert!(stderr.contains("--cursor"));
    let jobs = place.json(&["jobs", "list", "--limit", "1"]);
    let id = jobs[0]["id"].as_str().unwrap();
    assert_eq!(jobs[0]["state"], "completed");
    let reasons: Vec<_> = place.ledger(id).iter().map(|row| row["reason"].clone()).collect();
    assert_eq!(reasons, ["received", "claimed", "ok"]);
    assert_eq!(place.ok(&["jobs", "explain", id]).trim(), "it is completed (ok)");
    assert!(place.job(id)["result"]["km"].is_number());

    let second = place.run(&["up", "--demo"]);
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.stdout.contains("before"), "{second:?}");
    let again = place.json(&["jobs", "list", "--limit", "1"]);
    assert_eq!(again[0]["id"], jobs[0]["id"]);
    assert_eq!(place.ledger(id).len(), 3);
}

#[test]
fn a_demo_that_is_broken_off_goes_on_where_it_stopped() {
    let place = Place::on_sqlite();
    let demo = Process::start(place.command(&["up", "--demo"]));
    place.until("some are done", |place| {
        let some = place.run(&["jobs", "list", "--state", "completed", "--limit", "1", "--json"]);
        some.code == 0 && !some.stdout.is_empty()
    });
    demo.signal(Signal::SIGINT);
    assert_eq!(demo.end().code(), Some(130), "{}", place.read("log"));
    assert!(place.read("log").contains("goes on where it stopped"));

    let summary = &place.json(&["up", "--demo"])[0];
    let ran = summary["ran"].as_u64().unwrap();
    assert_eq!((&summary["jobs"], &summary["created"]), (&28298.into(), &0.into()));
    assert!((1..28298).contains(&ran), "{summary}");
}
