//! Asking about jobs, and stepping in.

use std::process::Stdio;

use crate::{on_every_engine, place::Place, process::Process};

on_every_engine!(
    a_unique_key_is_one_job_and_an_id_too,
    a_waiting_job_is_explained_cancelled_and_then_over,
    a_paused_queue_is_left_alone,
    waiting_for_a_job_prints_its_result_or_says_how_it_ended,
    many_jobs_are_cancelled_by_filter_only_with_yes,
    lists_go_on_at_their_cursor,
    a_completion_closes_what_waits_for_the_same_thing,
    jobs_are_found_by_label,
    a_job_that_waits_is_updated_and_one_that_is_over_is_not,
);

fn a_unique_key_is_one_job_and_an_id_too(place: &Place) {
    place.ok(&["migrate"]);
    let first = place.enqueue(&["mail", "--unique", "welcome:ada"]);
    assert_eq!(place.enqueue(&["mail", "--unique", "welcome:ada"]), first);
    let again = place.json(&["enqueue", "mail", "--id", &first]);
    assert_eq!(again[0]["duplicate"], true);
    assert_eq!(place.json(&["jobs", "list"]).len(), 1);
}

fn a_waiting_job_is_explained_cancelled_and_then_over(place: &Place) {
    place.ok(&["migrate"]);
    let id = place.enqueue(&["mail", "--in", "1h"]);
    let why = place.json(&["jobs", "explain", &id]);
    assert_eq!(why[0]["because"], "not_due");
    assert_eq!(why[1]["because"], "no_worker");
    assert_eq!(place.ok(&["jobs", "retry", &id]).trim(), format!("{id}  available"));
    assert_eq!(place.ok(&["jobs", "cancel", &id]).trim(), format!("{id}  cancelled"));
    assert_eq!(place.run(&["jobs", "cancel", &id]).code, 6);
    assert_eq!(place.run(&["jobs", "watch", &id]).code, 4);
}

fn a_paused_queue_is_left_alone(place: &Place) {
    place.settings("[[handlers]]\nkind = \"mail\"\ncommand = [\"true\"]\n");
    place.ok(&["migrate"]);
    let id = place.enqueue(&["mail"]);
    place.ok(&["queues", "pause", "default"]);
    assert!(place.json(&["queues", "list"])[0]["paused_since"].is_string());
    let drain = || assert!(Process::start(place.command(&["worker", "--drain"])).end().success());
    drain();
    assert_eq!(place.job(&id)["state"], "available");
    assert!(place.ok(&["jobs", "explain", &id]).contains("paused"));
    place.ok(&["queues", "resume", "default"]);
    drain();
    assert_eq!(place.job(&id)["state"], "completed");
}

fn waiting_for_a_job_prints_its_result_or_says_how_it_ended(place: &Place) {
    place.settings(
        "[[handlers]]\nkind = \"echo\"\ncommand = [\"cat\"]\n[[handlers]]\nkind = \"fail\"\ncommand = [\"false\"]\n",
    );
    place.ok(&["migrate"]);
    let worker = place.worker();
    assert_eq!(place.ok(&["enqueue", "echo", r#"{"n":7}"#, "--wait"]).trim(), r#"{"n":7}"#);
    let failed = place.run(&["enqueue", "fail", "--wait=60s"]);
    assert_eq!(failed.code, 4, "{failed:?}");
    assert!(failed.stderr.contains("discarded"), "{failed:?}");
    assert!(worker.stop().success());
    assert_eq!(place.run(&["enqueue", "echo", "--wait=100ms"]).code, 1);
}

fn many_jobs_are_cancelled_by_filter_only_with_yes(place: &Place) {
    place.ok(&["migrate"]);
    for kind in ["mail", "mail", "other"] {
        place.enqueue(&[kind]);
    }
    let preview = place.run(&["jobs", "cancel", "--all", "--kind", "mail"]);
    assert_eq!(preview.code, 2);
    assert!(preview.stderr.contains("2 jobs match"), "{preview:?}");
    assert_eq!(place.count("available"), 3);
    place.ok(&["jobs", "cancel", "--all", "--kind", "mail", "--yes"]);
    assert_eq!((place.count("available"), place.count("cancelled")), (1, 2));
}

fn lists_go_on_at_their_cursor(place: &Place) {
    place.ok(&["migrate"]);
    let mut ids: Vec<_> = (0..3).map(|_| place.enqueue(&["mail"])).collect();
    ids.reverse();
    let first = place.run(&["jobs", "list", "--limit", "2", "--json"]);
    let cursor = first.stderr.trim().rsplit(' ').next().unwrap();
    let rest = place.json(&["jobs", "list", "--limit", "2", "--cursor", cursor]);
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["id"], ids[2].as_str());
}

fn jobs_are_found_by_label(place: &Place) {
    place.ok(&["migrate"]);
    let number = place.enqueue(&["mail", "--label", "customer=acme", "--label", "size=3"]);
    let text = place.enqueue(&["mail", "--label", "customer=acme", "--label", r#"size="3""#]);
    let found = |labels: &[&str]| {
        let labels = labels.iter().flat_map(|label| ["--label", label]);
        let words: Vec<_> = ["jobs", "list"].into_iter().chain(labels).collect();
        let rows = place.json(&words);
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&["customer=acme"]), [&*text, &*number]);
    assert_eq!(found(&["customer=acme", "size=3"]), [&*number]);
    assert_eq!(found(&[r#"size="3""#]), [&*text]);
    assert!(found(&["customer=Acme"]).is_empty());
    assert_eq!(place.job(&number)["labels"]["size"], 3);
    assert_eq!(place.run(&["jobs", "list", "--label", "customer"]).code, 2);
    let twice = ["jobs", "cancel", "--all", "--yes", "--label", "size=3", "--label", "size=4"];
    assert_eq!(place.run(&twice).code, 2);
    place.ok(&["jobs", "cancel", "--all", "--yes", "--label", "size=3"]);
    assert_eq!((place.count("available"), place.count("cancelled")), (1, 1));
}

fn a_job_that_waits_is_updated_and_one_that_is_over_is_not(place: &Place) {
    place.ok(&["migrate"]);
    let id = place.enqueue(&["mail", r#"{"to":7}"#, "--label", "draft=1", "--label", "size=3"]);
    place.write("mended.json", r#"{"to":"ada"}"#);
    let words = [
        "jobs",
        "update",
        &id,
        "--payload",
        "@mended.json",
        "--label",
        "size=4",
        "--unlabel",
        "draft",
    ];
    assert_eq!(place.ok(&words).trim(), format!("{id}  updated"));
    let job = place.job(&id);
    assert_eq!(
        (&job["payload"]["to"], &job["labels"]),
        (&"ada".into(), &serde_json::json!({"size": 4}))
    );
    assert_eq!(place.run(&["jobs", "update", &id]).code, 2, "it says nothing");
    assert_eq!(place.run(&["jobs", "update", &id, "--payload", "{"]).code, 2);
    place.ok(&["jobs", "cancel", &id]);
    let refused = place.run(&["jobs", "update", &id, "--payload", "{}"]);
    assert_eq!(
        (refused.code, refused.stdout.trim()),
        (6, &*format!("{id}  refused (it is cancelled)"))
    );
    let nobody = longshore_core::JobId::new().to_string();
    assert_eq!(place.run(&["jobs", "update", &nobody, "--label", "a=1"]).code, 3);
    assert_eq!(place.job(&id)["payload"]["to"], "ada");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = Place::on_sqlite();
    place.ok(&["migrate"]);
    place.enqueue(&["mail"]);
    let mut list = place.command(&["jobs", "list"]);
    let mut list = list.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(list.stdout.take());
    let end = list.wait_with_output().unwrap();
    assert_eq!((end.status.code(), &*end.stderr), (Some(0), &b""[..]));
}

/// S2-22
fn a_completion_closes_what_waits_for_the_same_thing(place: &Place) {
    place.settings("[[handlers]]\nkind = \"pay\"\ncommand = [\"true\"]\n");
    place.ok(&["migrate"]);
    assert_eq!(place.run(&["enqueue", "pay", "--completes-siblings"]).code, 2);
    let reminder = place.enqueue(&["remind", "--in", "1h", "--correlation", "order-7"]);
    place.enqueue(&["pay", "--correlation", "order-7", "--completes-siblings"]);
    assert!(Process::start(place.command(&["worker", "--drain"])).end().success());
    assert_eq!(place.job(&reminder)["reason"], "correlated");
    assert!(place.ok(&["jobs", "explain", &reminder]).contains("its correlation id"));
}
