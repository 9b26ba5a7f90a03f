//! `cargo xtask bench`: measures a release build on private, durable databases.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::house;
use crate::servers::{ENGINES, Fleet, Purpose};

/// What to measure.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The databases to measure on
    #[arg(long = "on", value_name = "DATABASE", default_values = ["postgres", "sqlite"])]
    databases: Vec<Database>,
    /// A benchmark kit (a folder with run.sh): measures Longshore interleaved with the kit's systems
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// Passed on to `longshore bench`, or to the kit's run.sh
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Database {
    Postgres,
    Sqlite,
}

/// Builds the release binary and measures it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let built =
        house::cargo(["build", "--release", "--locked", "--package", "longshore-cli"]).status()?;
    anyhow::ensure!(built.success(), "the release build failed");
    let binary = house::build_folder().join("release/longshore");
    match &arguments.peers {
        Some(kit) => beside_peers(kit, &binary, arguments),
        None => alone(&binary, arguments),
    }
}

/// The kit starts its own servers and calls the binary for each phase.
fn beside_peers(kit: &Path, binary: &Path, arguments: &Arguments) -> Result<ExitCode> {
    for database in &arguments.databases {
        let mut run = Command::new(kit.join("run.sh"));
        run.arg(database.word()).args(&arguments.rest).args(["--contender-name", "longshore"]);
        run.arg("--contender").arg(format!("'{}' bench", binary.display()));
        // The kit names the database by DATABASE_URL, which this one would override.
        run.env_remove("LONGSHORE_DATABASE_URL");
        let status = run.status().with_context(|| format!("cannot start {run:?}"))?;
        anyhow::ensure!(status.success(), "the benchmark kit failed on {}", database.word());
    }
    Ok(ExitCode::SUCCESS)
}

fn alone(binary: &Path, arguments: &Arguments) -> Result<ExitCode> {
    let fleet = Fleet::guarded()?;
    for database in &arguments.databases {
        let url = match database {
            Database::Postgres => fleet.launch(&ENGINES[0], Purpose::Benchmarks)?,
            Database::Sqlite => format!("sqlite://{}", fleet.folder().join("bench.db").display()),
        };
        eprintln!("measuring on {url}");
        let mut bench = Command::new(binary);
        bench.arg("bench").args(&arguments.rest).env("LONGSHORE_DATABASE_URL", url);
        let status = bench.status().with_context(|| format!("cannot start {bench:?}"))?;
        anyhow::ensure!(status.success(), "the benchmark failed on {}", database.word());
    }
    Ok(ExitCode::SUCCESS)
}

impl Database {
    fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }
}
