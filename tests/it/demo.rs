//! `longshore up --demo` in an empty folder, and what can be asked afterwards.

use crate::place::{Answer, Place};

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
