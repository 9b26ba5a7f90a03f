//! The clock of the model: the host's, tokio's, or one that stands still. It never goes back.

use std::time::Duration;

use chrono::{DurationRound, TimeDelta, Utc};
use longshore_core::Timestamp;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Clock {
    source: Source,
    ahead: TimeDelta,
    latest: Timestamp,
}

#[derive(Debug)]
enum Source {
    Host,
    Still(Timestamp),
    Tokio(Timestamp, Instant),
}

impl Clock {
    pub(super) fn host() -> Self {
        Self::of(Source::Host)
    }

    pub(super) fn still(time: Timestamp) -> Self {
        Self::of(Source::Still(time))
    }

    pub(super) fn tokio() -> Self {
        Self::of(Source::Tokio(Utc::now(), Instant::now()))
    }

    fn of(source: Source) -> Self {
        Self { source, ahead: TimeDelta::zero(), latest: Timestamp::default() }
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead += TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
    }

    /// Whole microseconds, and never less than before: threads with and without paused time may ask.
    /// By the host's clock no two answers are equal, as no two transactions of a database are.
    pub(super) fn now(&mut self) -> Timestamp {
        let (time, least) = match self.source {
            Source::Host => (Utc::now(), TimeDelta::microseconds(1)),
            Source::Still(time) => (time, TimeDelta::zero()),
            Source::Tokio(start, since) => (later(start, since.elapsed()), TimeDelta::zero()),
        };
        self.latest = micros(time + self.ahead).max(self.latest + least);
        self.latest
    }
}

/// So long after a time, at most until the end of time.
pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = TimeDelta::from_std(by).ok();
    micros(by.and_then(|by| time.checked_add_signed(by)).unwrap_or(Timestamp::MAX_UTC))
}

/// Times have whole microseconds on every engine.
pub(super) fn micros(time: Timestamp) -> Timestamp {
    time.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(time)
}
