//! `cargo xtask scale`: what jobs cost a PostgreSQL server and its clients, measured here, and what larger
//! servers would carry, worked out from that.
//!
//! What is measured is added to the record; the page of scale and its pictures are written from it.

mod measure;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

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
    /// The record that the lines are added to
    #[arg(long, value_name = "FILE", default_value = "docs/scale.jsonl")]
    record: PathBuf,
}

/// Measures, or works out anew.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    measure::run(arguments, &house::root().join(&arguments.record))?;
    Ok(ExitCode::SUCCESS)
}
