//! Declared programs: their exit code, output, time-out, and that nobody else chooses them.

use crate::{on_every_engine, place::Place, process::Process};

on_every_engine!(exit_codes_decide_what_follows);

fn worked(settings: &str) -> Place {
    let place = Place::on_sqlite();
    place.settings(settings);
    place.ok(&["migrate"]);
    place
}

fn drain(place: &Place) {
    let worker = Process::start(place.command(&["worker", "--drain"]));
    assert!(worker.end().success(), "{}", place.read("log"));
}

fn exit_codes_decide_what_follows(place: &Place) {
    place.settings(
        r#"
[[handlers]]
kind = "exit"
command = ["sh", "-c", "read code; echo said $code >&2; exit $code"]
"#,
    );
    place.ok(&["migrate"]);
    let [done, later, failed] = ["0", "75", "3"].map(|code| place.enqueue(&["exit", code]));
    drain(place);
    assert_eq!(place.job(&done)["state"], "completed");
    let later = place.job(&later);
    assert_eq!(later["reason"], "retry_scheduled");
    assert!(later["error"]["message"].as_str().unwrap().contains("said 75"), "{later}");
    assert_eq!(place.job(&failed)["state"], "discarded");
    assert_eq!(place.json(&["dead", "list"])[0]["id"], failed.as_str());

    assert_eq!(place.ok(&["dead", "retry", &failed]).trim(), format!("{failed}  available"));
    drain(place);
    assert_eq!(place.job(&failed)["attempt"], 2);
    place.ok(&["dead", "delete", &failed]);
    assert!(place.json(&["dead", "list"]).is_empty());
}

#[test]
fn output_is_the_result_and_facts_are_variables() {
    let place = worked(
        r#"
[[handlers]]
kind = "json"
command = ["sh", "-c", "cat"]

[[handlers]]
kind = "facts"
command = ["sh", "-c", "echo $LONGSHORE_KIND $LONGSHORE_TENANT $LONGSHORE_ATTEMPT"]
"#,
    );
    let json = place.enqueue(&["json", r#"{"n": [1, 2]}"#]);
    let facts = place.enqueue(&["facts", "--tenant", "acme"]);
    drain(&place);
    assert_eq!(place.job(&json)["result"]["n"][1], 2);
    assert_eq!(place.job(&facts)["result"], "facts acme 1");
}

#[test]
fn a_program_that_is_too_slow_is_ended_with_its_group() {
    let place = worked(
        r#"
[[handlers]]
kind = "slow"
command = ["sh", "-c", "sh -c 'trap \"\" TERM; echo $$ > pid; while :; do sleep 1; done' & wait"]
timeout = "1s"
"#,
    );
    let id = place.enqueue(&["slow", "--max-attempts", "1"]);
    drain(&place);
    let job = place.job(&id);
    assert_eq!(job["state"], "discarded");
    assert_eq!(job["error"]["kind"], "timeout", "{job}");
    let stat = format!("/proc/{}/stat", place.read("pid").trim());
    // Killed processes may take a moment to die, and another to be buried.
    place.until("the group is gone", |_| {
        let stat = std::fs::read_to_string(&stat);
        stat.map_or(true, |stat| stat.contains(") Z ") || stat.contains(") X "))
    });
}

#[test]
fn a_sleeper_times_out_while_others_go_on() {
    let place = worked(
        r#"
[worker]
queues = { default = 2 }

[[handlers]]
kind = "sleep"
command = ["sleep", "600"]
timeout = "2s"

[[handlers]]
kind = "quick"
command = ["true"]
"#,
    );
    let sleeper = place.enqueue(&["sleep", "--max-attempts", "1", "--priority", "10"]);
    (0..5).for_each(|_| drop(place.enqueue(&["quick"])));
    drain(&place);
    let job = place.job(&sleeper);
    assert_eq!((&job["state"], &job["error"]["kind"]), (&"discarded".into(), &"timeout".into()));
    let ended = |id: &str| place.ledger(id).pop().unwrap()["at"].as_str().unwrap().to_owned();
    let quick = place.json(&["jobs", "list", "--kind", "quick"]);
    assert_eq!(quick.len(), 5);
    for job in &quick {
        assert_eq!(job["state"], "completed");
        assert!(ended(job["id"].as_str().unwrap()) < ended(&sleeper), "it waited for the sleeper");
    }
}

#[test]
fn a_program_that_writes_too_much_has_failed_and_says_how_much() {
    let place = worked(
        r#"
[[handlers]]
kind = "flood"
command = ["sh", "-c", "head -c 10485760 /dev/zero | tr '\\0' x"]
"#,
    );
    let id = place.enqueue(&["flood"]);
    drain(&place);
    let job = place.job(&id);
    assert_eq!(
        (&job["state"], &job["error"]["kind"]),
        (&"retryable".into(), &"result".into()),
        "{job}"
    );
    let message = job["error"]["message"].as_str().unwrap();
    assert!(message.contains("10485760 bytes") && message.contains("1048576"), "{message}");
}

#[test]
fn a_payload_or_a_kind_never_chooses_the_program() {
    let place = worked(
        r#"
[[handlers]]
kind = "known"
command = ["cat"]
"#,
    );
    let harmless =
        place.enqueue(&["known", r#"{"command": ["touch", "chosen"], "x": "$(touch chosen)"}"#]);
    let unknown = place.enqueue(&["touch chosen"]);
    drain(&place);
    assert_eq!(place.job(&harmless)["state"], "completed");
    assert_eq!(place.job(&unknown)["state"], "available");
    assert!(!place.folder.path().join("chosen").exists());
}

#[test]
fn a_worker_without_declared_programs_is_a_usage_error() {
    let answer = worked("").run(&["worker"]);
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("[[handlers]]"), "{answer:?}");
}
