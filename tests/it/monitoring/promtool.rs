//! Prometheus' own tool finds nothing wrong with a scrape, nor with the files that are shipped.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use super::{files::shipped, scrape::Watched};
use crate::place::{Answer, Place};

/// Names the program.
const VARIABLE: &str = "LONGSHORE_TEST_PROMTOOL";

/// It takes our weeks, which are partitions, for a unit of time.
const OUR_WEEKS: &str = "use base unit \"seconds\" instead of \"weeks\"";

/// Runs the tool on a text; `None`, with a word about it, where there is no tool.
fn promtool(args: &[&str], input: &str) -> Option<Answer> {
    let Some(program) = env::var_os(VARIABLE) else {
        // As for a database: see `place.rs`.
        assert!(
            env::var_os("LONGSHORE_TEST_REQUIRE").is_none(),
            "{VARIABLE} names no promtool: run the tests with `cargo xtask test`",
        );
        eprintln!("SKIPPED: {VARIABLE} names no promtool; `cargo xtask test` brings it");
        return None;
    };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut tool = command.spawn().unwrap();
    tool.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = tool.wait_with_output().unwrap();
    Some(Answer {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    })
}

/// What it finds wrong with a scrape.
fn complaints(text: &str) -> Option<Vec<String>> {
    let Answer { code, stdout, stderr } = promtool(&["check", "metrics"], text)?;
    let said = format!("{stdout}{stderr}");
    assert_eq!(code == 0, said.trim().is_empty(), "{code}: {said}");
    Some(said.lines().filter(|line| !line.contains(OUR_WEEKS)).map(str::to_owned).collect())
}

#[test]
fn promtool_accepts_a_scrape_of_a_process_that_works() {
    let place = Place::on_sqlite();
    place.settings("[[handlers]]\nkind = \"note\"\ncommand = [\"true\"]\n");
    let up = Watched::start(&place, &["up"]);
    place.until("it is ready", |_| up.readiness().is_ok());
    place.ok(&["enqueue", "note", "--wait"]);
    place.enqueue(&["note", "--queue", "a \"strange\" \\ name"]);
    place.until("the queues were counted", |place| {
        place.ok(&["queues", "list"]);
        up.metrics().contains(r#"queue="a \"strange\" \\ name""#)
    });
    let text = up.metrics();
    let Some(found) = complaints(&text) else { return };
    assert_eq!(found, Vec::<String>::new(), "{text}");
    let misnamed = text.replace("longshore_stale_finishes_total", "longshore_stale_finishes");
    assert!(!complaints(&misnamed).unwrap().is_empty());
}

#[test]
fn promtool_accepts_the_shipped_files_and_each_alert_is_raised_by_what_it_is_for() {
    for (args, file) in [
        (["check", "rules"], "prometheus/longshore.rules.yml"),
        (["test", "rules"], "prometheus/longshore.tests.yml"),
        (["check", "config"], "prometheus/prometheus.yml"),
    ] {
        let file = shipped(file);
        let args = [&args[..], &[file.to_str().unwrap()]].concat();
        let Some(answer) = promtool(&args, "") else { return };
        assert_eq!(answer.code, 0, "{answer:?}");
    }
}
