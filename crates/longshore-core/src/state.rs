//! The eight states of a job.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A number or a word that names no state (or reason) of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of: {1}")]
pub struct UnknownCode(pub String, pub &'static str);

/// Where a job stands. Stored as *which table a row is in*; the code is what the ledger writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i16)]
pub enum State {
    /// Waits for a release.
    Held = 0,
    /// Due later, and it did not fail.
    Scheduled = 1,
    /// Due: the next claim may take it.
    Available = 2,
    /// A worker holds a lease on it.
    Running = 3,
    /// Failed before; due later.
    Retryable = 4,
    /// Done.
    Completed = 5,
    /// Called off.
    Cancelled = 6,
    /// Retries exhausted, or the handler said so: a dead letter.
    Discarded = 7,
}

impl State {
    /// All states, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::Held,
        Self::Scheduled,
        Self::Available,
        Self::Running,
        Self::Retryable,
        Self::Completed,
        Self::Cancelled,
        Self::Discarded,
    ];

    /// Nothing more happens to it, unless an operator retries a dead letter.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Discarded)
    }

    /// It has a row in `queue`: scheduled, available or retryable.
    #[must_use]
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Scheduled | Self::Available | Self::Retryable)
    }

    /// The number that stands in the database.
    #[must_use]
    pub fn code(self) -> i16 {
        self as i16
    }

    /// The word that stands everywhere else.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Scheduled => "scheduled",
            Self::Available => "available",
            Self::Running => "running",
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
        }
    }
}

const WORDS: &str =
    "held, scheduled, available, running, retryable, completed, cancelled, discarded";

impl TryFrom<i16> for State {
    type Error = UnknownCode;
    fn try_from(code: i16) -> Result<Self, UnknownCode> {
        let state = Self::ALL.into_iter().find(|state| state.code() == code);
        state.ok_or_else(|| UnknownCode(code.to_string(), WORDS))
    }
}

impl FromStr for State {
    type Err = UnknownCode;
    fn from_str(word: &str) -> Result<Self, UnknownCode> {
        let state = Self::ALL.into_iter().find(|state| state.as_str() == word);
        state.ok_or_else(|| UnknownCode(word.to_owned(), WORDS))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
