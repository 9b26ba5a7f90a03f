//! Where a process listens, and what happens if it cannot.

use std::{net::TcpListener, process::Stdio};

use super::scrape::{Watched, said_address};
use crate::{place::Place, process::Process};

const NOTES: &str = "[[handlers]]\nkind = \"note\"\ncommand = [\"true\"]\n";
const FREE: &str = "127.0.0.1:0";

/// Runs one job with these settings; whether the process listened.
fn listens(flag: Option<&str>, variable: Option<&str>, file: Option<&str>) -> bool {
    let place = Place::on_sqlite();
    let listen = file.map(|file| format!("listen = \"{file}\"\n")).unwrap_or_default();
    place.settings(&format!("[worker]\n{listen}{NOTES}"));
    let mut up = place.command(&["up"]);
    if let Some(flag) = flag {
        up.args(["--listen", flag]);
    }
    match variable {
        Some(variable) => up.env("LONGSHORE_LISTEN", variable),
        None => up.env_remove("LONGSHORE_LISTEN"),
    };
    let up = Process::start(up);
    place.until("the database is ready", |place| place.run(&["health"]).code == 0);
    place.ok(&["enqueue", "note", "--wait"]);
    assert_eq!(up.stop().code(), Some(0));
    said_address(&place).is_some()
}

#[test]
fn the_address_is_found_in_three_places_in_their_order() {
    assert!(listens(None, None, Some(FREE)));
    assert!(!listens(None, Some("none"), Some(FREE)));
    assert!(listens(Some(FREE), Some("none"), Some("none")));
    assert!(!listens(Some("none"), Some(FREE), Some(FREE)));
    assert!(listens(None, Some(""), Some(FREE)), "a variable that is empty says nothing");
}

#[test]
fn an_address_that_is_none_is_refused_wherever_it_stands() {
    let place = Place::on_sqlite();
    place.settings(NOTES);
    let answer = place.run(&["up", "--listen", "9464"]);
    assert!(answer.code == 2 && answer.stderr.contains("127.0.0.1:9464"), "{answer:?}");
    let output = place.command(&["up"]).env("LONGSHORE_LISTEN", "everywhere").output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && words.contains("LONGSHORE_LISTEN"), "{words}");
    place.settings(&format!("[worker]\nlisten = \"here\"\n{NOTES}"));
    let answer = place.run(&["up"]);
    assert!(answer.code == 2 && answer.stderr.contains("`here`"), "{answer:?}");
}

#[test]
fn an_address_that_was_asked_for_must_be_free() {
    let place = Place::on_sqlite();
    place.settings(NOTES);
    let taken = TcpListener::bind(FREE).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let answer = place.run(&["up", "--listen", &address]);
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.stderr.contains(&address) && answer.stderr.contains("in use"), "{answer:?}");
    assert!(!place.folder.path().join("longshore.db").exists(), "nothing was begun");
}

#[test]
fn a_process_whose_usual_address_is_taken_works_without() {
    // Whoever has it already serves as well.
    let _taken = TcpListener::bind("127.0.0.1:9464");
    assert!(!listens(None, None, None));
}

#[test]
fn a_drain_and_the_demo_listen_only_if_their_command_line_says_so() {
    let place = Place::on_sqlite();
    place.settings(&format!("[worker]\nlisten = \"{FREE}\"\n{NOTES}"));
    place.ok(&["migrate"]);
    let drained = |args: &[&str]| {
        let mut drain = place.command(&[&["worker", "--drain"], args].concat());
        let output = drain.env_remove("LONGSHORE_LISTEN").stdout(Stdio::null()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(!drained(&[]).contains("/metrics"));
    assert!(drained(&["--listen", FREE]).contains("/metrics"));

    let place = Place::on_sqlite();
    let demo = Watched::start(&place, &["-v", "up", "--demo"]);
    assert_eq!(demo.get("/healthz").body, "alive\n");
}
