//! Weeks of jobs: what they hold, what becomes of them, and what a rotation did.

use std::fmt;

use longshore_core::{Retention, Timestamp, Week};
use serde::Serialize;

/// A part of the jobs by the time of their ids: a week, or what lies in none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WeekRow {
    /// Its name: `2026w47`, or `catch-all` for the jobs whose week has no place of its own: carried ones,
    /// and those whose ids lie far ahead or in the past.
    pub name: String,
    /// The week; none for the catch-all.
    #[serde(skip)]
    pub week: Option<Week>,
    /// Its first moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The moment after its last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Jobs; none where the engine does not know without counting.
    pub rows: Option<u64>,
    /// Whether `rows` is the engine's estimate and not a count.
    pub estimated: bool,
    /// What jobs, labels, ledger and results take on the disk; none where the engine cannot tell them apart.
    pub bytes: Option<u64>,
    /// For a week that is due: jobs that will survive because they wait, run or are dead letters, counted
    /// up to one more than the limit. Held ones, and those that ended lately, come on top.
    pub survivors: Option<u64>,
    /// What happens to it next.
    pub next: WeekPlan,
}

/// What happens to a week next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum WeekPlan {
    /// Nothing before this moment.
    Keep {
        /// When it may be dropped.
        until: Timestamp,
    },
    /// It is due: survivors are carried to the catch-all, the rest is dropped.
    Drop,
    /// It is due, but more jobs must survive than may be carried: it is kept as it is.
    KeepForSurvivors {
        /// How many may be carried.
        most: u32,
    },
    /// It is due, but this user may not drop tables: whoever migrates must rotate it.
    NotAllowed,
    /// Jobs that may go are deleted from it, a few at a time.
    Sweep,
}

impl WeekPlan {
    /// The plan for a week of which so many jobs are known to survive.
    #[must_use]
    pub fn of(week: Week, survivors: Option<u64>, retention: &Retention, now: Timestamp) -> Self {
        if week > retention.last_week(now) {
            return Self::Keep { until: retention.due(week) };
        }
        let most = retention.most_survivors;
        let many = survivors.is_some_and(|jobs| jobs > u64::from(most));
        if many { Self::KeepForSurvivors { most } } else { Self::Drop }
    }
}

impl fmt::Display for WeekPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep { until } if *until >= Timestamp::MAX_UTC => f.write_str("keep for ever"),
            Self::Keep { until } => write!(f, "keep until {}", until.format("%F %R")),
            Self::Drop => f.write_str("drop now, carry the survivors"),
            Self::KeepForSurvivors { most } => write!(
                f,
                "keep: more than {most} of its jobs wait, run or are dead letters, and no more are carried: run or \
                 cancel them, or delete dead letters (`longshore dead delete`)"
            ),
            Self::NotAllowed => f.write_str(
                "due, but this user may not drop it: run `longshore weeks rotate` as the tables' owner",
            ),
            Self::Sweep => f.write_str("sweep what may go"),
        }
    }
}

/// What the rotation of a week came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "rotated", rename_all = "snake_case")]
pub enum Rotated {
    /// It is gone, and nothing that must survive with it.
    Dropped {
        /// Jobs that were carried, or left where they are where nothing needs to be carried.
        survivors: u64,
        /// Jobs that went.
        rows: u64,
    },
    /// It is as it was: more jobs than [`Retention::most_survivors`] must survive.
    Kept {
        /// How many at least.
        survivors: u64,
        /// How many may be carried.
        most: u32,
    },
    /// It is as it was: somebody else rotates, or others used the tables all the time. Try again later.
    Busy,
    /// There is no such week, or not any more.
    Absent,
    /// It is as it was: too young.
    TooYoung {
        /// When it may be dropped.
        until: Timestamp,
    },
}

impl fmt::Display for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped { survivors, rows } => {
                write!(f, "dropped with {rows} jobs that were over; {survivors} survive")
            }
            Self::Kept { survivors, most } => write!(
                f,
                "kept: at least {survivors} jobs of it must survive, and no more than {most} are carried: run or \
                 cancel them, or delete dead letters (`longshore dead delete`)"
            ),
            Self::Busy => f.write_str("left alone: its tables are in use; it is tried again later"),
            Self::Absent => f.write_str("absent: nothing to drop"),
            Self::TooYoung { until } => {
                write!(f, "left alone: too young before {}", until.format("%F %R"))
            }
        }
    }
}
