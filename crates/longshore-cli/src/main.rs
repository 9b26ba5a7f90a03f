//! The `longshore` binary: parse, run one command, turn its end into an exit code.

mod args;
mod bench;
mod commands;
mod config;
mod database;
mod exit;
mod filters;
mod labels;
mod logs;
mod monitoring;
mod output;
mod program;
mod progress;
mod redact;
mod signals;
mod span;
#[cfg(feature = "otel")]
mod traces;
mod wait;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&error.into()),
    };
    let logging = match logs::Logging::start(&args, runtime.handle()) {
        Ok(logging) => logging,
        Err(error) => return exit::report(&error),
    };
    let ended = runtime.block_on(commands::run(args));
    logging.end();
    // Handlers that block for ever must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error),
    }
}
