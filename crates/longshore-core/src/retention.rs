//! How long a job is kept after its end, and the one rule that says which job may go.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{State, Timestamp, Week};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long jobs are kept after their end, with their ledger and result: four weeks.
///
/// ```
/// use std::time::Duration;
/// use longshore_core::Retention;
///
/// let day = Duration::from_secs(24 * 3600);
/// assert_eq!(Retention::default().keep(), 28 * day);
/// assert_eq!(Retention::keeping(7 * day)?.keep(), 7 * day);
/// assert!(Retention::keeping(day / 2).is_err());
/// # Ok::<(), longshore_core::ShortRetention>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    keep: Duration,
    /// Jobs that may be copied out of a week so that the rest of it can be dropped: 10,000. A week with
    /// more of them is kept as it is. Whoever works with the database waits while they are copied.
    pub most_survivors: u32,
}

/// A retention so short that it is most likely a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a retention of {0:?} would take jobs away that people still look for: keep them for at least a day"
)]
pub struct ShortRetention(pub Duration);

impl Default for Retention {
    fn default() -> Self {
        Self { keep: 28 * DAY, most_survivors: 10_000 }
    }
}

impl Retention {
    /// The shortest: a day.
    pub const SHORTEST: Duration = DAY;

    /// Keeps jobs for so long after their end. Longer than all time is for ever.
    ///
    /// # Errors
    /// [`ShortRetention`] for less than a day.
    pub fn keeping(keep: Duration) -> Result<Self, ShortRetention> {
        if keep < Self::SHORTEST {
            return Err(ShortRetention(keep));
        }
        Ok(Self { keep, ..Self::default() })
    }

    /// How long a job is kept after its end.
    #[must_use]
    pub fn keep(&self) -> Duration {
        self.keep
    }

    /// What ended before this moment may go. In whole microseconds, as stored times are.
    #[must_use]
    pub fn cutoff(&self, now: Timestamp) -> Timestamp {
        let keep = i64::try_from(self.keep.as_micros()).map(TimeDelta::microseconds);
        keep.ok().and_then(|keep| now.checked_sub_signed(keep)).unwrap_or(Timestamp::MIN_UTC)
    }

    /// The last week that may be dropped: it ended before the cut-off, and neither this week nor the last
    /// one is touched, in which ids are still being made.
    #[must_use]
    pub fn last_week(&self, now: Timestamp) -> Week {
        Week::of(self.cutoff(now)).plus(-1).min(Week::of(now).plus(-2))
    }

    /// The moment from which a week may be dropped.
    #[must_use]
    pub fn due(&self, week: Week) -> Timestamp {
        let keep = TimeDelta::from_std(self.keep).ok();
        let kept = keep.and_then(|keep| week.next().start().checked_add_signed(keep));
        kept.unwrap_or(Timestamp::MAX_UTC).max(week.plus(2).start())
    }
}

/// What decides whether a job may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remains {
    /// Whether it has a row among those that wait, run, or are dead letters.
    pub has_place: bool,
    /// The state that its last ledger row ends in, and when that was written.
    pub last: Option<(State, Timestamp)>,
}

impl Remains {
    /// Whether the job may go: it is over, it was over before the cut-off, and nobody can let it run again.
    ///
    /// Everything else stays: what waits, runs, is held or a dead letter, what ended later, and whatever
    /// looks odd. What may go once may go for ever, because only a dead letter comes back to life: so a
    /// storage may look first and take away later.
    #[must_use]
    pub fn may_go(&self, cutoff: Timestamp) -> bool {
        let ended_before = |(state, at): (State, Timestamp)| state.is_terminal() && at < cutoff;
        !self.has_place && self.last.is_some_and(ended_before)
    }
}
