//! Logs go to stderr: data alone goes to stdout.

mod json;

use std::{env, io::IsTerminal};

use longshore::JobLogs;
use tokio::runtime::Handle;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

#[cfg(feature = "otel")]
use crate::traces::Traces;
use crate::{args::Args, exit::Refused, progress};

/// Says what is logged.
const VARIABLE: &str = "LONGSHORE_LOG";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What listens to the program, from its start to its end.
#[derive(Debug)]
pub(crate) struct Logging {
    #[cfg(feature = "otel")]
    traces: Option<Traces>,
}

impl Logging {
    /// Starts it. `LONGSHORE_LOG` says what is logged, in the form of `RUST_LOG` (`info,sqlx=warn`); else `-v`
    /// decides, and a service is more talkative than a question. A service also keeps what its jobs say,
    /// whatever is logged, and sends traces if it was built to.
    pub(crate) fn start(args: &Args, runtime: &Handle) -> anyhow::Result<Self> {
        let service = args.command.is_a_service();
        let filter = match env::var(VARIABLE) {
            Ok(text) if !text.trim().is_empty() => named(&text)?,
            _ => usual(args.verbose, service),
        };
        let text = || {
            fmt::layer()
                .with_writer(|| progress::Stderr)
                .with_ansi(std::io::stderr().is_terminal())
                .with_target(false)
                .with_filter(filter.clone())
        };
        let json = || json::JsonLines.with_filter(filter.clone());
        let is_json = args.log_format == LogFormat::Json;
        let all = tracing_subscriber::registry()
            .with((!is_json).then(text))
            .with(is_json.then(json))
            .with(service.then(|| JobLogs.with_filter(usual(0, true))));
        #[cfg(feature = "otel")]
        {
            let traces = if service { Traces::start(runtime)? } else { None };
            let layer = traces.as_ref().map(|traces| {
                let layer = tracing_opentelemetry::layer().with_tracer(traces.tracer());
                layer.with_filter(usual(args.verbose, true))
            });
            all.with(layer).init();
            Ok(Self { traces })
        }
        #[cfg(not(feature = "otel"))]
        {
            let _ = runtime;
            all.init();
            Ok(Self {})
        }
    }

    /// Sends what is left. Call it outside of the runtime.
    pub(crate) fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(traces) = self.traces {
            traces.end();
        }
    }
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
