//! `cargo xtask db`: database servers that stay while you develop.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use crate::promtool;
use crate::servers::{ENGINES, Engine, Fleet, Purpose};
use crate::wreck;

/// What to do with the servers for development.
#[derive(Debug, Subcommand)]
pub(crate) enum Chore {
    /// Starts them (those that run already stay) and prints their URLs as shell exports
    Up {
        /// Which [default: all that every run of the tests needs]
        #[arg(value_parser = words())]
        engines: Vec<String>,
    },
    /// Stops them and removes their data
    Down,
    /// Prints their URLs as shell exports: `eval "$(cargo xtask db url)"`
    Url,
}

/// Starts, stops or shows the servers for development.
pub(crate) fn run(chore: &Chore) -> Result<ExitCode> {
    let fleet = Fleet::lasting()?;
    match chore {
        Chore::Up { engines } => up(&fleet, engines),
        Chore::Down => fleet.sink().map(|()| ExitCode::SUCCESS),
        Chore::Url => Ok(url(&fleet)),
    }
}

/// The words that name engines.
fn words() -> clap::builder::PossibleValuesParser {
    ENGINES.iter().map(|engine| engine.word).collect::<Vec<_>>().into()
}

fn up(fleet: &Fleet, words: &[String]) -> Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let is_meant = |engine: &&Engine| match words {
        [] => engine.is_usual,
        words => words.iter().any(|word| word == engine.word),
    };
    let absent = |engine: &&Engine| fleet.url(engine).is_none();
    for engine in ENGINES.iter().filter(is_meant).filter(absent) {
        match fleet.launch(engine, Purpose::Tests) {
            Ok(launched) => eprintln!("{} at {}", launched.really, launched.url),
            Err(error) => {
                eprintln!("{} cannot be had: {error:#}", engine.name);
                code = ExitCode::FAILURE;
            }
        }
    }
    if words.is_empty()
        && let Err(error) = promtool::found_or_unpacked()
    {
        eprintln!("promtool cannot be had: {error:#}");
        code = ExitCode::FAILURE;
    }
    url(fleet);
    Ok(code)
}

fn url(fleet: &Fleet) -> ExitCode {
    let mut code = ExitCode::FAILURE;
    for engine in &ENGINES {
        if let Some(url) = fleet.url(engine) {
            println!("export {}={url}", engine.variable);
            code = ExitCode::SUCCESS;
        }
    }
    if let Some(program) = promtool::found().filter(|_| code == ExitCode::SUCCESS) {
        println!("export {}='{}'", promtool::VARIABLE, program.display());
    }
    match std::env::current_exe() {
        Ok(xtask) if code == ExitCode::SUCCESS => {
            println!("export {}='{}'", wreck::VARIABLE, xtask.display());
        }
        Ok(_) => eprintln!("no server runs; start them with `cargo xtask db up`"),
        Err(error) => eprintln!("this program does not find itself: {error}"),
    }
    code
}
