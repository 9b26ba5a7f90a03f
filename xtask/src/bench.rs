//! `cargo xtask bench`: measures a release build on private, durable databases, and tells how it stands
//! beside others.
//!
//! With a benchmark kit the others are measured in the same run, and the page of benchmarks is written anew.
//! Without one, their recorded figures are all there is: they come from another day, and most likely from
//! another machine.

mod kit;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::day;
use crate::house;
use crate::record::{self, Comparison, Line, Record, shown};
use crate::servers::{ENGINES, Fleet, Purpose};

/// What to measure.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The databases to measure on
    #[arg(long = "on", value_name = "DATABASE", default_values = ["postgres", "mysql", "sqlite"])]
    databases: Vec<Database>,
    /// A benchmark kit (a folder with run.sh): measures Longshore interleaved with the kit's systems, and
    /// writes docs/benchmarks.{jsonl,md,svg}; what was measured on other databases stays
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// Interleaved repetitions of the kit
    #[arg(long, value_name = "N", default_value_t = 3, requires = "peers")]
    reps: u32,
    /// Takes the lines of a run of the kit on one database from a file, instead of running it
    #[arg(long, value_name = "FILE", requires = "peers")]
    lines: Option<PathBuf>,
    /// Measures nothing: writes the page and its picture from the record
    #[arg(long, conflicts_with = "peers")]
    page: bool,
    /// Passed on to `longshore bench`, or to the kit's run.sh
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Postgres,
    /// MariaDB, or MySQL where the kit finds that
    Mysql,
    Sqlite,
}

/// Builds the release binary and measures it.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.peers {
        _ if arguments.page => write(&Record::read(&house::root())?)?,
        Some(kit) => beside_peers(kit, arguments)?,
        None => alone(&release()?, arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn release() -> Result<PathBuf> {
    let built =
        house::cargo(["build", "--release", "--locked", "--package", "longshore-cli"]).status()?;
    anyhow::ensure!(built.success(), "the release build failed");
    Ok(house::build_folder().join("release/longshore"))
}

/// After each database what was measured is safe in the record.
fn beside_peers(kit: &Path, arguments: &Arguments) -> Result<()> {
    let mut record = Record::read(&house::root())?;
    if let Some(file) = &arguments.lines {
        let [database] = arguments.databases[..] else {
            anyhow::bail!("say with `--on` on which database {} was measured", file.display())
        };
        let run = fs::read_to_string(file);
        let run = run.with_context(|| format!("cannot read {}", file.display()))?;
        let date = day::date(fs::metadata(file)?.modified()?)?;
        record.replace(database.word(), &run, &date, &kit::list(kit, database.word())?)?;
        return write(&record);
    }
    for database in &arguments.databases {
        kit::check(kit, database.word())?;
    }
    let binary = release()?;
    for database in &arguments.databases {
        let word = database.word();
        let run = kit::run(kit, word, &binary, arguments.reps, &arguments.rest)?;
        let date = day::date(std::time::SystemTime::now())?;
        record.replace(word, &run, &date, &kit::list(kit, word)?)?;
        write(&record)?;
    }
    Ok(())
}

/// Writes the record, and what follows from it.
fn write(record: &Record) -> Result<()> {
    let root = house::root();
    let page = fs::read_to_string(root.join(record::PAGE)).context("cannot read the page")?;
    let page = record::rewritten(&page, record)?;
    let files = [
        (record::FILE, record.text()),
        (record::PAGE, page),
        (record::PICTURE, record::picture(record)),
    ];
    for (path, text) in files {
        fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))?;
        eprintln!("{path} is written");
    }
    Ok(())
}

fn alone(binary: &Path, arguments: &Arguments) -> Result<()> {
    let record = Record::read(&house::root())?;
    let fleet = Fleet::guarded()?;
    for database in &arguments.databases {
        let url = match database {
            Database::Postgres => fleet.launch(&ENGINES[0], Purpose::Benchmarks)?.url,
            Database::Mysql => fleet.launch(&ENGINES[2], Purpose::Benchmarks)?.url,
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
    Ok(())
}

fn tell(record: &Record, database: &str, lines: &str) -> Result<()> {
    let ours: Vec<Line> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    println!(
        "\n{database}, against the best of the recorded run of {} (above 1: ahead)",
        record.date(database)
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
            Self::Mysql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }
}
