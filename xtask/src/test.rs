//! `cargo xtask test`: every test of the workspace, on private database servers.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::house;
use crate::servers::{ENGINES, Fleet, Purpose};
use crate::tally::Tally;

/// What to run.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Starts no server: tests that need one skip themselves
    #[arg(long)]
    sqlite_only: bool,
    /// Passed on to `cargo test`: a filter, `-p PACKAGE`, `-- --nocapture` ...
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs the tests; the exit code is theirs.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let fleet = if arguments.sqlite_only { None } else { Some(Fleet::guarded()?) };
    let mut tests = house::cargo(["test", "--no-fail-fast"]);
    if !arguments.rest.iter().any(|word| word.starts_with("-p") || word.starts_with("--package")) {
        tests.arg("--workspace");
    }
    tests.args(&arguments.rest);

    let mut absent = Vec::new();
    // An engine that is not usual is tested where the caller names its server.
    for engine in ENGINES.iter().filter(|engine| engine.is_usual) {
        tests.env_remove(engine.variable);
        match fleet.as_ref().map(|fleet| fleet.launch(engine, Purpose::Tests)) {
            Some(Ok(url)) => {
                eprintln!("{} at {url}", engine.name);
                tests.env(engine.variable, url);
            }
            Some(Err(error)) => absent.push(format!("{}: {error:#}", engine.name)),
            None => {}
        }
    }
    report(&absent);
    if !absent.is_empty() && house::every_engine_is_required() {
        return Ok(ExitCode::FAILURE);
    }

    let (tally, status) = Tally::of(&mut tests)?;
    drop(fleet);
    report(&absent);
    println!("{tally}");
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// Says loudly, before and after the tests, what they do not cover.
fn report(absent: &[String]) {
    if absent.is_empty() {
        return;
    }
    let rule = "=".repeat(72);
    eprintln!("{rule}\nSKIPPED: the tests do NOT cover these databases:");
    for engine in absent {
        eprintln!("  {engine}");
    }
    eprintln!("With CI=true or LONGSHORE_TEST_REQUIRE=1 this is a failure.\n{rule}");
}
