//! Settings: the command line, then the environment, then `longshore.toml`, then defaults.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use longshore_core::Retention;
use serde::{Deserialize, Deserializer, de};

use crate::{args::Args, exit::Refused, monitoring::Address, span};

const FILE: &str = "longshore.toml";
const DEFAULT_URL: &str = "sqlite://longshore.db";

/// Everything that `longshore.toml` may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) database: Database,
    pub(crate) worker: Worker,
    pub(crate) retention: RetentionSettings,
    pub(crate) limits: LimitSettings,
    pub(crate) handlers: Vec<Handler>,
}

/// `[database]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Database {
    /// Where it is.
    pub(crate) url: Option<String>,
    /// The PostgreSQL schema with our tables.
    pub(crate) schema: Option<String>,
}

/// `[worker]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Worker {
    /// Queues and how many jobs of each may run at once.
    pub(crate) queues: BTreeMap<String, u32>,
    /// How long a silent worker keeps its jobs.
    #[serde(deserialize_with = "span::in_settings")]
    pub(crate) lease: Option<Duration>,
    /// How long a stop waits for running jobs.
    #[serde(deserialize_with = "span::in_settings")]
    pub(crate) shutdown_grace: Option<Duration>,
    /// Workers in a row that one job may take down.
    pub(crate) max_crashes: Option<u32>,
    /// Lines that are kept of what an attempt says.
    pub(crate) log_lines: Option<usize>,
    /// Bytes that are kept of them.
    pub(crate) log_bytes: Option<usize>,
    /// Where it answers questions about its metrics and health.
    pub(crate) listen: Option<Address>,
}

/// `[retention]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetentionSettings {
    /// How long jobs are kept after their end.
    pub(crate) keep: Keep,
}

/// `keep = "28d"`, or `"off"`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// For ever.
    Off,
    /// For so long.
    For(Retention),
}

impl Default for Keep {
    fn default() -> Self {
        Self::For(Retention::default())
    }
}

impl<'de> Deserialize<'de> for Keep {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text == "off" {
            return Ok(Self::Off);
        }
        let keep = span::duration(&text).map_err(|wrong| {
            de::Error::custom(format!("{wrong}, or \"off\" to keep jobs for ever"))
        })?;
        Retention::keeping(keep).map(Self::For).map_err(de::Error::custom)
    }
}

/// `[limits]`
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitSettings {
    /// Bytes of a payload, a result.
    pub(crate) payload_bytes: Option<usize>,
}

/// `[[handlers]]`: which program runs jobs of a kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Handler {
    /// The kind.
    pub(crate) kind: String,
    /// The program and its arguments, as they are: no shell comes between.
    pub(crate) command: Vec<String>,
    /// Longest run.
    #[serde(default, deserialize_with = "span::in_settings")]
    pub(crate) timeout: Option<Duration>,
    /// A queue to work on for this kind, besides those of `[worker]`.
    #[serde(default)]
    pub(crate) queue: Option<String>,
    /// Exit codes that mean "try again by the job's policy"; others end the job as a dead letter.
    #[serde(default = "temporary_failure")]
    pub(crate) retry_on: Vec<i32>,
}

/// The exit code that `sysexits.h` calls a temporary failure.
fn temporary_failure() -> Vec<i32> {
    vec![75]
}

/// Where the database is, and the rest of the settings.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) url: String,
    pub(crate) schema: Option<String>,
    pub(crate) settings: Settings,
}

impl Config {
    /// Gathers the settings of this call.
    pub(crate) fn gather(args: &Args) -> anyhow::Result<Self> {
        let settings = match file(args.config.as_deref()) {
            Some(path) => read(&path)?,
            None => Settings::default(),
        };
        let from_environment = |name| std::env::var(name).ok().filter(|url| !url.is_empty());
        let url = (args.database_url.clone())
            .or_else(|| from_environment("LONGSHORE_DATABASE_URL"))
            .or_else(|| from_environment("DATABASE_URL"))
            .or_else(|| settings.database.url.clone())
            .unwrap_or_else(|| DEFAULT_URL.into());
        let schema = args.schema.clone().or_else(|| settings.database.schema.clone());
        Ok(Self { url, schema, settings })
    }
}

/// The file to read: the one named, which must exist, or the usual one if it does.
fn file(named: Option<&Path>) -> Option<PathBuf> {
    let usual = || Some(PathBuf::from(FILE)).filter(|path| path.exists());
    named.map(Path::to_owned).or_else(usual)
}

fn read(path: &Path) -> anyhow::Result<Settings> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Refused::invalid(format!("cannot read {}: {error}", path.display())))?;
    parse(&text).map_err(|wrong| Refused::invalid(format!("{}: {wrong}", path.display())))
}

/// The settings in a text, or what is wrong in which line.
fn parse(text: &str) -> Result<Settings, String> {
    let settings: Settings = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        format!("line {line}: {}", error.message().trim())
    })?;
    for (at, handler) in settings.handlers.iter().enumerate() {
        if handler.command.first().is_none_or(String::is_empty) {
            return Err(format!("handler of kind `{}`: `command` names no program", handler.kind));
        }
        if settings.handlers[..at].iter().any(|other| other.kind == handler.kind) {
            return Err(format!("two handlers are declared for kind `{}`: keep one", handler.kind));
        }
    }
    if let Some((queue, _)) =
        settings.worker.queues.iter().find(|(_, concurrency)| **concurrency == 0)
    {
        return Err(format!(
            "queue `{queue}` has no concurrency: give at least 1, or leave it out"
        ));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S3-40
    #[test]
    fn a_typo_is_refused_with_its_line_and_key() {
        let wrong = parse("[worker]\nlease = \"30s\"\nqueue = { default = 1 }\n").unwrap_err();
        assert!(wrong.contains("line 3") && wrong.contains("`queue`"), "{wrong}");
        let wrong = parse("[worker]\nlease = \"soon\"\n").unwrap_err();
        assert!(wrong.contains("line 2") && wrong.contains("soon"), "{wrong}");
    }

    #[test]
    fn the_documented_example_is_understood() {
        let settings = parse(concat!(
            "[database]\nurl = \"postgres://app@db/app\"\n",
            "[worker]\nqueues = { default = 10, mail = 4 }\nlease = \"30s\"\n",
            "[[handlers]]\nkind = \"thumbnail\"\ncommand = [\"python3\", \"thumb.py\"]\ntimeout = \"60s\"\n",
        ))
        .unwrap();
        assert_eq!(settings.worker.queues["mail"], 4);
        assert_eq!(settings.handlers[0].timeout, Some(Duration::from_secs(60)));
        assert_eq!(settings.handlers[0].retry_on, [75]);
    }

    #[test]
    fn a_retention_is_a_time_of_at_least_a_day_or_off() {
        let keep = |text: &str| parse(&format!("[retention]\nkeep = {text}\n"));
        let week = Retention::keeping(Duration::from_secs(7 * 86_400)).unwrap();
        assert_eq!(keep("\"7d\"").unwrap().retention.keep, Keep::For(week));
        assert_eq!(keep("\"off\"").unwrap().retention.keep, Keep::Off);
        assert_eq!(parse("").unwrap().retention.keep, Keep::For(Retention::default()));
        for (wrong, said) in
            [("\"2h\"", "at least a day"), ("\"never\"", "\"off\""), ("7", "string")]
        {
            let refused = keep(wrong).unwrap_err();
            assert!(refused.contains("line 2") && refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn a_kind_is_declared_once_and_names_a_program() {
        let handler = "[[handlers]]\nkind = \"a\"\ncommand = [\"true\"]\n";
        assert!(parse(&handler.repeat(2)).unwrap_err().contains("two handlers"));
        assert!(parse(&handler.replace("\"true\"", "")).unwrap_err().contains("no program"));
    }
}
