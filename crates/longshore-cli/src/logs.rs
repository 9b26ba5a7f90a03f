//! Logs go to stderr: data alone goes to stdout.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `LONGSHORE_LOG` says what, in the form of `RUST_LOG`; else `-v` decides, and a
/// service is more talkative than a question.
pub(crate) fn to_stderr(verbose: u8, service: bool) {
    let level = match (verbose, service) {
        (0, false) => "warn",
        (0, true) => "info",
        (1, false) => "info,sqlx=warn",
        (1, true) => "debug,sqlx=warn",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("LONGSHORE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}
