//! What went wrong in an attempt, in a form that can be stored, searched and read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// The handler returned an error.
    Error,
    /// The handler panicked.
    Panic,
    /// The handler ran too long.
    Timeout,
    /// The worker went silent.
    Crash,
    /// The payload is not what the handler takes.
    Undecodable,
    /// The handler's result could not be stored.
    Result,
}

/// The error of one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which kind.
    pub kind: FailureKind,
    /// What happened, outermost first. Cleaned and cut: it can never itself fail the write.
    pub message: String,
    /// The causes below it, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

const MESSAGE_BYTES: usize = 8 << 10;
const CAUSE_BYTES: usize = 1 << 10;
const CAUSES: usize = 16;

impl Failure {
    /// A failure with a message.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl AsRef<str>) -> Self {
        Self { kind, message: clean(message.as_ref(), MESSAGE_BYTES), causes: Vec::new() }
    }

    /// The failure of an attempt whose worker went silent.
    #[must_use]
    pub fn of_silence() -> Self {
        Self::new(FailureKind::Crash, "the worker went silent and its lease expired")
    }

    /// A failure from an error and all its causes.
    #[must_use]
    pub fn from_error(kind: FailureKind, error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = std::iter::successors(error.source(), |cause| cause.source())
            .take(CAUSES)
            .map(|cause| clean(&cause.to_string(), CAUSE_BYTES))
            .collect();
        Self { causes, ..Self::new(kind, error.to_string()) }
    }

    /// As stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self)
            .unwrap_or_else(|_| r#"{"kind":"error","message":"unprintable"}"#.into())
    }

    /// Back from the database; text that is no such JSON becomes the message.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::new(FailureKind::Error, text))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// Replaces what some engine cannot store and cuts at a character boundary.
pub(crate) fn clean(text: &str, max: usize) -> String {
    let mut cleaned = text.replace('\0', "\u{FFFD}");
    if cleaned.len() > max {
        cleaned.truncate(cleaned.floor_char_boundary(max));
        cleaned.push('…');
    }
    cleaned
}
