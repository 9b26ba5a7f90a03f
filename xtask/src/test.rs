//! `cargo xtask test`: every test of the workspace, on private database servers.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::house;
use crate::promtool;
use crate::servers::{ENGINES, Engine, Fleet, Launched, Purpose};
use crate::tally::Tally;
use crate::wreck;

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

    let mut cover = Cover::default();
    // An engine that is not usual is tested where the caller names its server.
    for engine in ENGINES.iter().filter(|engine| engine.is_usual) {
        tests.env_remove(engine.variable);
        match fleet.as_ref().map(|fleet| fleet.launch(engine, Purpose::Tests)) {
            Some(Ok(Launched { url, really })) => {
                eprintln!("{really} at {url}");
                tests.env(engine.variable, url);
                cover.found(engine, really);
            }
            Some(Err(error)) => cover.absent.push(format!("{}: {error:#}", engine.name)),
            None => {}
        }
    }
    tests.env_remove(promtool::VARIABLE);
    match promtool(fleet.is_some()) {
        Ok(program) => drop(tests.env(promtool::VARIABLE, program)),
        Err(error) => cover.absent.push(format!("promtool: {error:#}")),
    }
    tests.env_remove(wreck::VARIABLE);
    if fleet.is_some() {
        tests.env(wreck::VARIABLE, std::env::current_exe()?);
    }
    cover.report();
    if !cover.absent.is_empty() && house::every_engine_is_required() {
        return Ok(ExitCode::FAILURE);
    }

    let (tally, status) = Tally::of(&mut tests)?;
    drop(fleet);
    cover.report();
    print!("{}", tally.failures.concat());
    println!("{TESTED_ON}{}\n{tally}", cover.databases.join(", "));
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}

/// Prometheus' tool. Whoever wants no server wants nothing fetched either.
fn promtool(may_fetch: bool) -> Result<PathBuf> {
    if may_fetch {
        return promtool::found_or_unpacked();
    }
    promtool::found().context("it is not on the PATH")
}

/// How the line begins that says on which databases the tests ran.
pub(crate) const TESTED_ON: &str = "tested on ";

/// On which databases the tests run, and on which they do not.
#[derive(Debug)]
struct Cover {
    databases: Vec<String>,
    absent: Vec<String>,
    replaced: bool,
}

impl Default for Cover {
    fn default() -> Self {
        Self { databases: vec!["SQLite".into()], absent: Vec::new(), replaced: false }
    }
}

impl Cover {
    fn found(&mut self, engine: &Engine, really: String) {
        self.replaced |= !really.starts_with(engine.name);
        self.databases.push(really);
    }

    /// Says loudly, before and after the tests, what they do not cover.
    fn report(&self) {
        let rule = "=".repeat(72);
        if self.replaced {
            eprintln!(
                "{rule}\nNOTE: tests are named after versions that this machine does not have."
            );
            eprintln!("They run on: {}\n{rule}", self.databases.join(", "));
        }
        if self.absent.is_empty() {
            return;
        }
        eprintln!("{rule}\nSKIPPED: what needs one of these is NOT tested:");
        for absent in &self.absent {
            eprintln!("  {absent}");
        }
        eprintln!("With CI=true or LONGSHORE_TEST_REQUIRE=1 this is a failure.\n{rule}");
    }
}
