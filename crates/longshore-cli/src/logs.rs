//! Logs go to stderr: data alone goes to stdout.

use std::{env, io::IsTerminal};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{exit::Refused, progress};

/// Says what is logged.
const VARIABLE: &str = "LONGSHORE_LOG";

/// Starts logging. `LONGSHORE_LOG` says what, in the form of `RUST_LOG` (`info,sqlx=warn`); else `-v`
/// decides, and a service is more talkative than a question.
pub(crate) fn to_stderr(verbose: u8, service: bool) -> anyhow::Result<()> {
    let filter = match env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => named(&text)?,
        _ => usual(verbose, service),
    };
    let lines = fmt::layer()
        .with_writer(|| progress::Stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry().with(lines).with(filter).init();
    Ok(())
}

fn named(text: &str) -> anyhow::Result<Targets> {
    text.parse().map_err(|error| {
        Refused::invalid(format!(
            "{VARIABLE} is `{text}`, which is no log filter ({error}): write a level (error, warn, info, \
             debug, trace, off), and others for single targets: info,sqlx=warn"
        ))
    })
}

fn usual(verbose: u8, service: bool) -> Targets {
    let level = match (verbose, service) {
        (0, false) => LevelFilter::WARN,
        (0, true) | (1, false) => LevelFilter::INFO,
        (1, true) => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let all = Targets::new().with_default(level);
    if level == LevelFilter::TRACE { all } else { all.with_target("sqlx", LevelFilter::WARN) }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::named;

    #[test]
    fn a_filter_is_a_level_and_exceptions() {
        let filter = named("info,sqlx=warn").unwrap();
        assert!(filter.would_enable("longshore", &tracing::Level::INFO));
        assert!(!filter.would_enable("sqlx::query", &tracing::Level::INFO));
        assert_eq!(named("off").unwrap().default_level(), Some(LevelFilter::OFF));
        for wrong in ["info,sqlx=loud", "sqlx=warn=error"] {
            let said = named(wrong).unwrap_err().to_string();
            assert!(said.contains(wrong) && said.contains("info,sqlx=warn"), "{said}");
        }
    }
}
