//! `cargo xtask bench`: measures a release build on private, durable databases, and tells how it stands
//! beside others.
//!
//! With a benchmark kit the others are measured in the same run. Without one, their recorded figures are
//! all there is: they come from another day, and most likely from another machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::house;
use crate::record::{self, Comparison, Line, Record, shown};
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
    let record = house::root().join(record::FILE);
    let text =
        fs::read_to_string(&record).with_context(|| format!("cannot read {}", record.display()))?;
    let record = Record::parse(&text)?;
    let fleet = Fleet::guarded()?;
    for database in &arguments.databases {
        let url = match database {
            Database::Postgres => fleet.launch(&ENGINES[0], Purpose::Benchmarks)?.url,
            Database::Sqlite => format!("sqlite://{}", fleet.folder().join("bench.db").display()),
        };
        eprintln!("measuring on {url}");
        let mut bench = Command::new(binary);
        bench
            .args(["bench", "--json"])
            .args(arguments.rest.iter().filter(|word| *word != "--json"));
        bench.env("LONGSHORE_DATABASE_URL", url).stderr(Stdio::inherit());
        let said = bench.output().with_context(|| format!("cannot start {bench:?}"))?;
        anyhow::ensure!(said.status.success(), "the benchmark failed on {}", database.word());
        let lines = String::from_utf8(said.stdout)?;
        print!("{lines}");
        tell(&record, database.word(), &lines)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(record: &Record, database: &str, lines: &str) -> Result<()> {
    let ours: Vec<Line> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    println!(
        "\n{database}, against the best of the recorded run of {} (above 1: ahead)",
        record.date()
    );
    println!("{:<18}{:>12}{:>12}  {:<20}{:>6}", "", "now", "recorded", "of", "ratio");
    for compared in record.compare(database, &ours) {
        let Comparison { figure, ours, best, peer } = &compared;
        let (ours, best) = (shown(figure, *ours), shown(figure, *best));
        println!("{:<18}{ours:>12}{best:>12}  {peer:<20}{:>6.2}", figure.name, compared.ratio());
    }
    println!(
        "The others were not measured now, and not here: true ratios need `--peers DIR`, which measures all \
         in one run.\n"
    );
    Ok(())
}

impl Database {
    fn word(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }
}
