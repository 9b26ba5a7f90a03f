//! `cargo xtask tidy`: the rules of the house that no compiler checks.
//!
//! Each rule is a file in `tidy/`: a function from the tree to its complaints, with tests that plant a
//! violation and see it caught.

mod arrows;
mod benchmarks;
mod code_map;
mod doubles;
mod hello;
mod leftovers;
mod lines;
mod migrations;
mod names;
mod one_job;
mod openings;
mod scale;
mod seeds;
mod sleeps;
mod sql;
mod tree;
mod words;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::house::root;
use tree::Tree;

/// A sentence that names a place and what is wrong there.
type Complaint = String;

const RULES: [fn(&Tree) -> Vec<Complaint>; 14] = [
    lines::check,
    openings::check,
    names::check,
    leftovers::check,
    sleeps::check,
    words::check,
    sql::check,
    migrations::check,
    hello::check,
    code_map::check,
    one_job::check,
    seeds::check,
    benchmarks::check,
    scale::check,
];

/// What to do besides checking.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Records the migrations as they are now; do this once, when a new one is finished
    #[arg(long)]
    bless: bool,
}

/// Checks the tree of this repository.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.bless {
        std::fs::write(root().join(migrations::RECORD), migrations::record(&Tree::read(&root())?))?;
    }
    Ok(if is_clean(&root())? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether no rule complains; what they complain about goes to standard error.
pub(crate) fn is_clean(root: &Path) -> Result<bool> {
    let tree = Tree::read(root)?;
    let mut complaints = arrows::check(&arrows::of_workspace(root)?);
    complaints.extend(doubles::check(&doubles::of_program()?));
    complaints.extend(RULES.iter().flat_map(|rule| rule(&tree)));
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    println!("tidy: {} complaints about {} files", complaints.len(), tree.files.len());
    Ok(complaints.is_empty())
}
