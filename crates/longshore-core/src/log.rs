//! What an attempt said while it ran: its last lines, within bounds, and how many were left out.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, failure::clean};

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is odd.
    Warn,
    /// What happens.
    Info,
    /// For whoever looks for a fault.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Its name: `error`, `warn`, `info`, `debug`, `trace`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When, by the clock of the worker's machine.
    pub at: Timestamp,
    /// How loud.
    pub level: LogLevel,
    /// Which part of the program said it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// What it said.
    pub message: String,
}

/// How much of a log is kept.
///
/// Both bounds hold for one attempt. Values beyond [`LogCap::MOST`] count as those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCap {
    /// Most lines; 0 keeps none, and counts them.
    pub lines: usize,
    /// Most bytes of all messages and targets.
    pub bytes: usize,
}

impl LogCap {
    /// More than this is never kept: a ledger is no place for gigabytes.
    pub const MOST: Self = Self { lines: 10_000, bytes: 1 << 20 };

    fn within(self) -> Self {
        Self { lines: self.lines.min(Self::MOST.lines), bytes: self.bytes.min(Self::MOST.bytes) }
    }
}

impl Default for LogCap {
    /// 200 lines and 16 KiB.
    fn default() -> Self {
        Self { lines: 200, bytes: 16 << 10 }
    }
}

/// The log of one attempt, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    lines: Vec<LogLine>,
    #[serde(default)]
    left_out: u64,
}

impl Log {
    /// Its lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    /// How many lines there were before the first of these, and are not kept.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// As stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| r#"{"lines":[]}"#.into())
    }

    /// Back from the database; text that is no such JSON (edited by hand) becomes a line of its own, dated
    /// by the caller.
    #[must_use]
    pub fn from_json(text: &str, at: Timestamp) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            lines: vec![LogLine {
                at,
                level: LogLevel::Info,
                target: String::new(),
                message: text.to_owned(),
            }],
            left_out: 0,
        })
    }
}

/// A log that is being written. It never holds more than its cap: the oldest lines go first, because the
/// last words before a failure tell most.
///
/// ```
/// use longshore_core::{LogBuffer, LogCap, LogLevel, Timestamp};
///
/// let mut buffer = LogBuffer::new(LogCap { lines: 2, bytes: 1000 });
/// assert_eq!(buffer.log(), None);
/// for message in ["one", "two", "three"] {
///     buffer.add(Timestamp::UNIX_EPOCH, LogLevel::Info, "crane", message);
/// }
/// let log = buffer.log().expect("something was said");
/// assert_eq!(log.lines()[0].message, "two");
/// assert_eq!(log.left_out(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct LogBuffer {
    cap: LogCap,
    lines: VecDeque<LogLine>,
    bytes: usize,
    left_out: u64,
}

/// No line is longer than this, so that one line does not drive out all others.
const LINE_BYTES: usize = 4 << 10;
const TARGET_BYTES: usize = 256;

impl LogBuffer {
    /// An empty one.
    #[must_use]
    pub fn new(cap: LogCap) -> Self {
        Self { cap: cap.within(), lines: VecDeque::new(), bytes: 0, left_out: 0 }
    }

    /// Adds a line, cleaned of what some engine cannot store, and cut to 4 KiB (or to the cap, if that is
    /// less).
    pub fn add(&mut self, at: Timestamp, level: LogLevel, target: &str, message: &str) {
        let target = clean(target, TARGET_BYTES);
        let room = LINE_BYTES.min(self.cap.bytes.saturating_sub(target.len()));
        // What is cut ends with a character more.
        let message = clean(message, room.saturating_sub('…'.len_utf8()));
        let line = LogLine { at, level, target, message };
        self.bytes += weight(&line);
        self.lines.push_back(line);
        while self.lines.len() > self.cap.lines || self.bytes > self.cap.bytes {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= weight(&oldest);
            self.left_out += 1;
        }
    }

    /// What was said so far; `None` if nothing was.
    #[must_use]
    pub fn log(&self) -> Option<Log> {
        let nothing = self.lines.is_empty() && self.left_out == 0;
        (!nothing)
            .then(|| Log { lines: self.lines.iter().cloned().collect(), left_out: self.left_out })
    }
}

fn weight(line: &LogLine) -> usize {
    line.target.len() + line.message.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(cap: LogCap, messages: impl IntoIterator<Item = String>) -> Log {
        let mut buffer = LogBuffer::new(cap);
        for message in messages {
            buffer.add(Timestamp::UNIX_EPOCH, LogLevel::Warn, "quay", &message);
        }
        buffer.log().unwrap()
    }

    fn bytes(log: &Log) -> usize {
        log.lines().iter().map(weight).sum()
    }

    #[test]
    fn the_last_lines_stay_and_the_others_are_counted() {
        let log = filled(LogCap::default(), (0..1000).map(|n| format!("crate {n}")));
        assert_eq!((log.lines().len(), log.left_out()), (200, 800));
        assert_eq!(log.lines()[199].message, "crate 999");
    }

    #[test]
    fn bytes_are_bounded_as_well_as_lines() {
        let log = filled(LogCap::default(), (0..50).map(|_| "x".repeat(1000)));
        assert!(bytes(&log) <= 16 << 10);
        assert_eq!(log.lines().len() as u64 + log.left_out(), 50);
        let endless = filled(LogCap { lines: usize::MAX, bytes: usize::MAX }, lines_of_4_kib());
        assert!(bytes(&endless) <= LogCap::MOST.bytes);
    }

    fn lines_of_4_kib() -> impl Iterator<Item = String> {
        (0..1000).map(|_| "x".repeat(9000))
    }

    #[test]
    fn a_line_beyond_the_cap_is_cut_and_kept() {
        for bytes_of_cap in [40, 500, 16 << 10] {
            let log = filled(LogCap { lines: 10, bytes: bytes_of_cap }, ["ß".repeat(20_000)]);
            let [line] = log.lines() else { panic!("{log:?}") };
            assert!(line.message.ends_with('…') && line.message.starts_with('ß'));
            assert!(bytes(&log) <= bytes_of_cap);
        }
    }

    #[test]
    fn a_cap_of_nothing_only_counts() {
        let log = filled(LogCap { lines: 0, bytes: 0 }, ["a".into(), "b".into()]);
        assert_eq!((log.lines(), log.left_out()), (&[][..], 2));
    }

    #[test]
    fn what_is_stored_comes_back() {
        let log = filled(LogCap::default(), ["a \"b\"\n\u{1F6A2}\0".into()]);
        assert_eq!(log.lines()[0].message, "a \"b\"\n\u{1F6A2}\u{FFFD}");
        assert_eq!(Log::from_json(&log.to_json(), Timestamp::UNIX_EPOCH), log);
        let strange = Log::from_json("no JSON", Timestamp::UNIX_EPOCH);
        assert_eq!(strange.lines()[0].message, "no JSON");
    }
}
