//! `cargo xtask scale`: what jobs cost a PostgreSQL server and its clients, measured here, and what larger
//! servers would carry, worked out from that.
//!
//! What is measured is added to the record; the page of scale and its pictures are written from it.

mod beginning;
mod chart;
mod crowd;
mod measure;
mod model;
mod page;
mod pictures;
mod predict;
mod record;
mod simulation;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

pub(crate) use self::page::PAGE;
use self::predict::Study;
pub(crate) use self::record::FILE;
use self::record::Record;
use crate::house;

/// What to measure.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Jobs in the database, for each measurement of workers
    #[arg(long, value_delimiter = ',', default_values = ["10000", "100000", "1000000"])]
    jobs: Vec<u64>,
    /// Workers, each a process of its own
    #[arg(long, value_delimiter = ',', default_values = ["1", "2", "4", "8"])]
    workers: Vec<u64>,
    /// Jobs that two workers get besides; 0 leaves that out
    #[arg(long, default_value_t = 10_000_000)]
    most: u64,
    /// Repetitions of what is measured by the size of batches; 0 leaves it out
    #[arg(long, default_value_t = 3)]
    reps: u32,
    /// The record that the lines are added to; of the same measurement the last one counts
    #[arg(long, value_name = "FILE", default_value = FILE)]
    record: PathBuf,
    /// Measures nothing: writes the page and its pictures from docs/scale.jsonl
    #[arg(long)]
    page: bool,
}

/// Measures, or writes the page.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let root = house::root();
    if !arguments.page {
        measure::run(arguments, &root.join(&arguments.record))?;
        eprintln!("`cargo xtask scale --page` writes the page and its pictures from {FILE}");
        return Ok(ExitCode::SUCCESS);
    }
    let read =
        |path| fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    for (path, text) in made(&read(FILE)?, &read(PAGE)?)? {
        fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))?;
        eprintln!("{path} is written");
    }
    Ok(ExitCode::SUCCESS)
}

/// The page and its pictures, as the record makes them.
pub(crate) fn made(record: &str, page: &str) -> Result<Vec<(&'static str, String)>> {
    let study = Study::of(Record::parse(record)?)?;
    let mut made = vec![(PAGE, page::rewritten(page, &study)?)];
    made.extend(pictures::all(&study));
    Ok(made)
}

/// A record, and a page without tables.
#[cfg(test)]
pub(crate) fn example() -> (String, String) {
    (record::tests::made_up(), page::tests::empty())
}
