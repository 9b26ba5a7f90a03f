//! Programs that end well, badly, late and never.

use std::{
    future::pending,
    path::Path,
    time::{Duration, Instant},
};

use longshore_core::{Invalid, Payload};

use super::{Ending, run};
use crate::config::Handler;

fn handler(script: &str) -> Handler {
    Handler {
        kind: "test".into(),
        command: vec!["sh".into(), "-c".into(), script.into()],
        timeout: None,
        queue: None,
        retry_on: vec![75],
    }
}

async fn ran(script: &str) -> Ending {
    run(&handler(script), &[("LONGSHORE_JOB_ID", "7".into())], r#"{"n":1}"#, 1000, pending()).await
}

async fn exists(file: &Path) {
    while !file.exists() {
        tokio::task::yield_now().await;
    }
}

/// A killed process may take a moment to die, and another to be buried.
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}

fn json(text: &str) -> Option<Payload> {
    Some(Payload::parse(text).unwrap())
}

#[tokio::test]
async fn stdout_is_the_result_and_the_payload_comes_from_stdin() {
    assert_eq!(ran("cat").await, Ending::Done(json(r#"{"n":1}"#)));
    assert_eq!(ran("echo plain words").await, Ending::Done(json(r#""plain words""#)));
    assert_eq!(ran("echo $LONGSHORE_JOB_ID").await, Ending::Done(json("7")));
    assert_eq!(ran("true").await, Ending::Done(None));
}

#[tokio::test]
async fn the_exit_code_decides_and_stderr_says_why() {
    assert!(
        matches!(ran("echo later >&2; exit 75").await, Ending::Retry(said) if said.contains("later"))
    );
    assert!(
        matches!(ran("echo broken >&2; exit 3").await, Ending::Failed(said) if said.contains("broken"))
    );
    assert!(matches!(ran("kill -9 $$").await, Ending::Retry(_)));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_tried_again() {
    let missing = Handler { command: vec!["/nowhere/at/all".into()], ..handler("") };
    let ending = run(&missing, &[], "{}", 1000, pending()).await;
    assert!(matches!(ending, Ending::Retry(said) if said.contains("/nowhere/at/all")));
}

#[tokio::test]
async fn a_large_payload_that_nobody_reads_is_no_failure() {
    let payload = format!("\"{}\"", "x".repeat(1 << 20));
    let ending = run(&handler("exit 0"), &[], &payload, 1000, pending()).await;
    assert_eq!(ending, Ending::Done(None));
}

#[tokio::test]
async fn a_time_out_ends_the_program() {
    let late = Handler { timeout: Some(Duration::from_millis(100)), ..handler("exec sleep 600") };
    let ending = run(&late, &[], "{}", 1000, pending()).await;
    assert_eq!(ending, Ending::TimedOut(Duration::from_millis(100)));
}

#[tokio::test]
async fn the_whole_group_ends_with_the_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    // The background process does not mind SIGTERM, and would outlive the shell by far.
    let script = format!(
        "sh -c 'trap \"\" TERM; echo $$ > {0}.new; mv {0}.new {0}; while :; do sleep 1; done' & wait",
        file.display()
    );
    assert_eq!(run(&handler(&script), &[], "{}", 1000, exists(&file)).await, Ending::Stopped);
    let pid = std::fs::read_to_string(file).unwrap();
    let start = Instant::now();
    while is_alive(&pid) {
        assert!(start.elapsed() < Duration::from_secs(30), "process {pid} lives on");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_stop_asks_before_it_kills() {
    let folder = tempfile::tempdir().unwrap();
    let (ready, mark) = (folder.path().join("ready"), folder.path().join("mark"));
    let script = format!(
        "trap 'touch {}; exit 0' TERM; touch {}; while :; do sleep 0.05; done",
        mark.display(),
        ready.display()
    );
    assert_eq!(run(&handler(&script), &[], "{}", 1000, exists(&ready)).await, Ending::Stopped);
    assert!(mark.exists());
}

#[tokio::test]
async fn output_that_is_too_long_for_a_result_is_refused_and_not_cut() {
    assert_eq!(ran("printf '%01000d\\n' 0 | tr 0 1").await, Ending::Done(json(&"1".repeat(1000))));
    let too_long = |bytes| Ending::Unusable(Invalid::Size { what: "result", bytes, max: 1000 });
    assert_eq!(ran("printf '%01001d' 0 | tr 0 1").await, too_long(1001));
    assert_eq!(ran("printf '%05000d' 0").await, too_long(5000));
    // As JSON, each of these quotes takes two bytes.
    assert_eq!(ran("printf '%0999d' 0 | tr 0 '\"'").await, too_long(2000));
}
