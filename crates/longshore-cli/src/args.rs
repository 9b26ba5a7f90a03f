//! The command line: global options and the nouns. Each noun's own options stand with its command.
#![allow(clippy::doc_markdown, reason = "what stands here is printed as help")]

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::logs::LogFormat;

use crate::commands::{
    bench, completions, dead, enqueue, jobs, migrate, queues, transitions, up, work,
};

/// Where help lists the options that all commands have.
const EVERYWHERE: &str = "Options of all commands";

/// Durable background jobs in the SQL database you already run.
///
/// The database is found in this order: --database-url, LONGSHORE_DATABASE_URL, DATABASE_URL,
/// `[database] url` in longshore.toml, and else sqlite://longshore.db.
///
/// Exit codes: 0 ok, 1 failed, 2 usage or invalid input, 3 not found, 4 the awaited job ended badly,
/// 5 database unreachable or not migrated, 6 conflict, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "longshore", version, max_term_width = 110)]
pub(crate) struct Args {
    /// The database, as sqlite://FILE, postgres://USER@HOST/NAME or mysql://USER@HOST/NAME
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "URL")]
    pub(crate) database_url: Option<String>,

    /// Settings [default: longshore.toml, if there is one]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The PostgreSQL schema that holds Longshore's tables [default: longshore]
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "NAME")]
    pub(crate) schema: Option<String>,

    /// Print one JSON object a line
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,

    /// Log more to stderr; twice for everything
    #[arg(long, short, global = true, help_heading = EVERYWHERE, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// How log lines are written
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        value_name = "FORM",
        env = "LONGSHORE_LOG_FORMAT",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// All in one: migrate, then work
    Up(up::Up),
    /// Bring the database's tables to this version
    Migrate(migrate::Migrate),
    /// Run jobs with the handlers declared in longshore.toml
    Worker(work::Work),
    /// Add a job
    Enqueue(enqueue::Enqueue),
    /// Ask about jobs, and step in
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// Read the ledger: every state change of every job
    #[command(subcommand)]
    Transitions(transitions::Transitions),
    /// Dead letters: jobs that will not run again by themselves
    #[command(subcommand)]
    Dead(dead::Dead),
    /// Depths of queues; pause and resume
    #[command(subcommand)]
    Queues(queues::Queues),
    /// Worker processes
    #[command(subcommand)]
    Workers(crate::commands::workers::Workers),
    /// How old jobs go: what each week holds, and dropping old ones
    #[command(subcommand)]
    Weeks(crate::commands::weeks::Weeks),
    /// Measure this database: bulk, drain, single, latency
    Bench(bench::Bench),
    /// Check the settings on which the guarantees depend
    Doctor,
    /// Exit 0 if the database answers and is migrated, else 5
    Health,
    /// Print completions for a shell
    Completions(completions::Completions),
}

impl Command {
    /// Runs until it is told to stop, and minds signals itself.
    pub(crate) fn is_a_service(&self) -> bool {
        match self {
            Self::Worker(_) => true,
            Self::Up(up) => !up.demo,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Args;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
