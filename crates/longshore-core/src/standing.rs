//! Everything about a job that the state machine looks at.

use crate::{State, step::Rules};

/// Where one job stands: its state and the numbers that decide what may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: State,
    /// For a running job: the waiting state from which it was claimed. Else the state itself.
    pub from: State,
    /// How often it was claimed; the second half of the fence. Only grows.
    pub attempt: u32,
    /// The last attempt that may still be made. Snoozes, releases and a retry by hand raise it.
    pub last_attempt: u32,
    /// Workers in a row that went silent while they ran it.
    pub crashes: u32,
    /// The ledger row that its next change is written to (or completes).
    pub seq: u32,
}

impl Standing {
    /// A job as it arrives.
    #[must_use]
    pub fn new(state: State, max_attempts: u32) -> Self {
        Self { state, from: state, attempt: 0, last_attempt: max_attempts, crashes: 0, seq: 1 }
    }

    /// How many of its attempts counted: the number that a backoff looks at.
    ///
    /// A snooze raises `attempt` (the fence must grow) and `last_attempt` alike, so their distance
    /// is what is left, and the rest of `max_attempts` is what was used.
    #[must_use]
    pub fn tries(&self, rules: &Rules) -> u32 {
        rules.max_attempts.saturating_sub(self.last_attempt.saturating_sub(self.attempt))
    }
}
