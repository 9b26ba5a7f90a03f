//! The chores of this repository, as `cargo xtask CHORE`: test servers, tests, checks, benchmarks.
//!
//! Each chore is a file of its own; `servers/` starts and stops private databases, `tidy/` holds the
//! rules of the house that no compiler checks.

mod bench;
mod ci;
mod day;
mod db;
mod debs;
mod features;
mod house;
mod promtool;
mod record;
mod scale;
mod servers;
mod setup;
mod tally;
mod test;
mod tidy;
mod wreck;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The chores of this repository.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Finds or fetches every database server that the tests use, and promtool
    Setup,
    /// Runs all tests, on private database servers that are started and removed again
    Test(test::Arguments),
    /// Runs every check that a change must pass
    Ci,
    /// Checks the rules of the house that no compiler checks
    Tidy(tidy::Arguments),
    /// Measures a release build on private, durable databases
    Bench(bench::Arguments),
    /// Measures what jobs cost PostgreSQL and its clients, and works out what larger servers would carry
    Scale(scale::Arguments),
    /// Keeps database servers running while you develop
    #[command(subcommand)]
    Db(db::Chore),
    /// Keeps a server that a test may let crash, as lines of its standard input say
    #[command(hide = true)]
    Wreck { engine: String },
    /// Waits until its standard input closes, then removes the servers in FOLDER
    #[command(hide = true)]
    Guard { folder: PathBuf },
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().chore {
        Chore::Setup => setup::run(),
        Chore::Test(arguments) => test::run(&arguments),
        Chore::Ci => ci::run(),
        Chore::Tidy(arguments) => tidy::run(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Scale(arguments) => scale::run(&arguments),
        Chore::Db(chore) => db::run(&chore),
        Chore::Wreck { engine } => wreck::run(&engine),
        Chore::Guard { folder } => servers::guard(&folder),
    }
}
