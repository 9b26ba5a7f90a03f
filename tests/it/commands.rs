//! Commands that only look, and those that take their data from elsewhere.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use nix::sys::signal::Signal;

use crate::{on_every_engine, place::Place, process::Process};

on_every_engine!(
    a_dry_run_and_a_status_say_what_is_missing_and_change_nothing,
    a_payload_comes_from_stdin_or_from_a_file,
    what_an_enqueue_says_is_what_is_stored,
    a_held_job_waits_for_its_release,
    dead_letters_and_transitions_are_shown_by_id,
    who_watches_a_job_sees_it_end,
    who_watches_everything_stops_with_an_interrupt,
    a_live_worker_is_listed_with_its_queues_and_runs_no_others,
    depths_are_those_of_now_also_when_no_worker_counts_them,
);

fn a_dry_run_and_a_status_say_what_is_missing_and_change_nothing(place: &Place) {
    if place.url.starts_with("sqlite:") {
        assert_eq!(place.run(&["migrate", "--dry-run"]).code, 5);
        place.write("longshore.db", "");
    }
    for _ in 0..2 {
        let planned = place.ok(&["migrate", "--dry-run"]);
        assert!(planned.contains("no tables") && planned.contains("to apply: "), "{planned}");
        let status = place.run(&["migrate", "status"]);
        assert!(status.code == 5 && status.stdout.contains("to apply: 0001_tables"), "{status:?}");
        assert!(planned.contains("CREATE TABLE") && planned.trim_end().ends_with(';'), "{planned}");
    }
    assert!(place.ok(&["migrate"]).contains("applied: "));
    let planned = place.ok(&["migrate", "--dry-run"]);
    assert!(planned.contains("is current") && !planned.contains("to apply"), "{planned}");
}

fn a_payload_comes_from_stdin_or_from_a_file(place: &Place) {
    place.ok(&["migrate"]);
    place.write("payload.json", r#"{"from":"a file"}"#);
    let id = place.enqueue(&["mail", "@payload.json"]);
    assert_eq!(place.job(&id)["payload"]["from"], "a file");

    let mut enqueue = place.command(&["enqueue", "mail", "-"]);
    let mut enqueue = enqueue.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    enqueue.stdin.take().unwrap().write_all(br#"{"from":"stdin"}"#).unwrap();
    let output = enqueue.wait_with_output().unwrap();
    let id = String::from_utf8(output.stdout).unwrap();
    assert_eq!(place.job(id.trim())["payload"]["from"], "stdin");
}

fn what_an_enqueue_says_is_what_is_stored(place: &Place) {
    place.ok(&["migrate"]);
    let words = "mail {} --queue post --priority 9 --at 2130-01-01T12:00:00Z --tenant acme --max-attempts 3";
    let job = place.job(&place.enqueue(&words.split(' ').collect::<Vec<_>>()));
    assert_eq!(
        (&job["queue"], &job["tenant"], &job["kind"]),
        (&"post".into(), &"acme".into(), &"mail".into())
    );
    assert_eq!((&job["priority"], &job["max_attempts"]), (&9.into(), &3.into()));
    assert_eq!(
        (&job["state"], &job["due_at"]),
        (&"scheduled".into(), &"2130-01-01T12:00:00Z".into())
    );
}

fn a_held_job_waits_for_its_release(place: &Place) {
    place.settings("[[handlers]]\nkind = \"mail\"\ncommand = [\"true\"]\n");
    place.ok(&["migrate"]);
    let id = place.enqueue(&["mail"]);
    assert_eq!(place.run(&["jobs", "release", &id]).code, 6, "it does not wait for that");
    assert_eq!(place.run(&["jobs", "release", "0195d2c0-0000-7000-8000-000000000000"]).code, 3);
    place.hold(&id);
    assert_eq!(place.job(&id)["state"], "held");
    assert_eq!(place.ok(&["jobs", "release", &id]).trim(), format!("{id}  released"));
    assert!(Process::start(place.command(&["worker", "--drain"])).end().success());
    assert_eq!(place.job(&id)["state"], "completed");
}

fn dead_letters_and_transitions_are_shown_by_id(place: &Place) {
    place.settings("[[handlers]]\nkind = \"fail\"\ncommand = [\"sh\", \"-c\", \"echo so it is >&2; exit 1\"]\n");
    place.ok(&["migrate"]);
    let id = place.enqueue(&["fail"]);
    assert!(Process::start(place.command(&["worker", "--drain"])).end().success());
    let shown = place.ok(&["dead", "show", &id]);
    assert!(
        shown.contains(&id) && shown.contains("discarded") && shown.contains("so it is"),
        "{shown}"
    );

    let last = place.ledger(&id).pop().unwrap();
    let transition = last["id"].as_str().unwrap();
    assert!(place.ok(&["transitions", "show", transition]).contains("discarded"));
    assert_eq!(place.json(&["transitions", "show", transition]), std::slice::from_ref(&last));
    assert_eq!(place.run(&["transitions", "show", &"0".repeat(transition.len())]).code, 3);
}

/// Runs until a file called `go` is there.
const WAITS: &str = r#"
[[handlers]]
kind = "wait"
command = ["sh", "-c", "until test -e go; do sleep 0.05; done; echo went"]
"#;

fn who_watches_a_job_sees_it_end(place: &Place) {
    place.settings(WAITS);
    place.ok(&["migrate"]);
    let id = place.enqueue(&["wait"]);
    let worker = place.worker();
    place.until("it runs", |place| place.count("running") == 1);
    let mut watch = place.command(&["jobs", "watch", &id]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    for state in ["available", "running"] {
        let line = lines.next().unwrap();
        assert!(line.contains(state) && line.contains(&id), "{line}");
    }
    place.write("go", "");
    assert!(lines.next().unwrap().contains("completed"));
    assert_eq!(lines.next(), None);
    assert_eq!(watch.wait().unwrap().code(), Some(0));
    assert!(worker.stop().success());
}

fn who_watches_everything_stops_with_an_interrupt(place: &Place) {
    place.ok(&["migrate"]);
    let first = place.enqueue(&["mail"]);
    let mut watch = place.command(&["jobs", "watch", "--since", "1h", "--json"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains(&first));
    let second = place.enqueue(&["mail"]);
    assert!(lines.next().unwrap().contains(&second));
    Process::of(watch).interrupted();
}

fn a_live_worker_is_listed_with_its_queues_and_runs_no_others(place: &Place) {
    place.settings(WAITS);
    place.write("go", "");
    place.ok(&["migrate"]);
    let [mail, post, other] =
        ["mail", "post", "default"].map(|queue| place.enqueue(&["wait", "--queue", queue]));
    let worker = Process::start(place.command(&["worker", "-q", "mail=3", "-q", "post=1"]));
    place.until("both are completed", |place| place.count("completed") == 2);
    let listed = place.json(&["workers", "list"]);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["pid"], worker.id());
    assert_eq!(listed[0]["kinds"], serde_json::json!(["wait"]));
    let table = place.ok(&["workers", "list"]);
    assert!(table.contains("mail=3 post=1"), "{table}");
    assert!(worker.stop().success());
    for (id, state) in [(mail, "completed"), (post, "completed"), (other, "available")] {
        assert_eq!(place.job(&id)["state"], state);
    }
}

fn depths_are_those_of_now_also_when_no_worker_counts_them(place: &Place) {
    place.ok(&["migrate"]);
    let depths = |place: &Place| {
        let queues = place.json(&["queues", "list"]);
        queues.iter().map(|row| row["depth"]["available"].as_u64()).collect::<Vec<_>>()
    };
    for known in 1..=2 {
        place.enqueue(&["nobody_runs_this"]);
        place.until("the new job is counted", |place| depths(place) == [Some(known)]);
    }
}

#[test]
fn completions_know_every_noun() {
    let place = Place::on_sqlite();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ok(&["completions", shell]);
        for noun in ["jobs", "transitions", "queues", "migrate"] {
            assert!(script.contains(noun), "{shell}: {noun}");
        }
    }
}

/// In a terminal; elsewhere nothing but data and messages is printed.
#[test]
fn long_work_shows_a_bar_in_a_terminal_and_nowhere_else() {
    let place = Place::on_sqlite();
    let bench = ["bench", "--jobs", "300", "--seconds", "1", "--rate", "20"];
    let answer = place.run(&bench);
    assert_eq!(answer.code, 0);
    assert!(!answer.stderr.contains("latency ["), "{answer:?}");

    // The tool of util-linux that runs a program in a terminal of its own.
    let line = format!("'{}' {}", env!("CARGO_BIN_EXE_longshore"), bench.join(" "));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(place.folder.path());
    script.env("TERM", "xterm").stdin(Stdio::null());
    for variable in ["DATABASE_URL", "LONGSHORE_DATABASE_URL", "LONGSHORE_LOG", "BENCH_MODE"] {
        script.env_remove(variable);
    }
    let Ok(output) = script.output() else {
        eprintln!("SKIPPED: no `script` to make a terminal with (Debian: bsdutils)");
        return;
    };
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(shown.contains("latency [") && shown.contains("/20"), "{shown}");
}

#[test]
fn an_interrupted_wait_exits_with_its_own_code() {
    let place = Place::on_sqlite();
    place.ok(&["migrate"]);
    let mut wait = place.command(&["enqueue", "mail", "--wait"]);
    let mut wait = wait.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(wait.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.next().unwrap().contains("waiting for job"));
    Process::of(wait).interrupted();
    assert_eq!(place.count("available"), 1);
}

impl Process {
    fn interrupted(self) {
        self.signal(Signal::SIGINT);
        assert_eq!(self.end().code(), Some(130));
    }
}
