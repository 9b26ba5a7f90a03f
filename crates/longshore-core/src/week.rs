//! ISO weeks as ranges of ids: how tables are partitioned.

use std::{fmt, str::FromStr};

use chrono::{NaiveDate, Weekday};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::Timestamp;

const WEEK_MILLIS: i64 = 7 * 24 * 3600 * 1000;
/// 1970-01-05, the first Monday of Unix time.
const FIRST_MONDAY: i64 = 4 * 24 * 3600 * 1000;

/// One week from Monday 00:00 UTC. Bounds are plain integers: no time zone takes part.
///
/// ```
/// use longshore_core::Week;
/// let week = Week::of("2026-11-22T23:59:59Z".parse()?);
/// assert_eq!(week.to_string(), "2026w47");
/// assert_eq!("2026w47".parse(), Ok(week));
/// assert_eq!(week.next().start().to_rfc3339(), "2026-11-23T00:00:00+00:00");
/// assert_eq!(week.ids().1, week.next().ids().0);
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week(i64);

impl Week {
    /// The week of a time.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        Self((time.timestamp_millis() - FIRST_MONDAY).div_euclid(WEEK_MILLIS))
    }

    /// The week after.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// So many weeks later (earlier when negative).
    #[must_use]
    pub fn plus(self, weeks: i64) -> Self {
        Self(self.0 + weeks)
    }

    fn start_millis(self) -> i64 {
        FIRST_MONDAY + self.0 * WEEK_MILLIS
    }

    /// Its first moment.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_timestamp_millis(self.start_millis()).unwrap_or_default()
    }

    /// The ids made in it: from the first (inclusive) to the second (exclusive).
    #[must_use]
    pub fn ids(self) -> (Uuid, Uuid) {
        let bound = |week: Self| Uuid::from_u128((week.start_millis().max(0) as u128) << 80);
        (bound(self), bound(self.next()))
    }
}

impl fmt::Display for Week {
    /// As `2026w47`: ISO year and week, sorting by time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.start().format("%Gw%V"))
    }
}

/// A text that names no week.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a week: write year and ISO week as 2026w47")]
pub struct InvalidWeek(pub String);

impl FromStr for Week {
    type Err = InvalidWeek;

    fn from_str(text: &str) -> Result<Self, InvalidWeek> {
        let monday = || {
            let (year, week) = text.split_once('w')?;
            let year = year.parse().ok()?;
            let monday = NaiveDate::from_isoywd_opt(year, week.parse().ok()?, Weekday::Mon)?;
            Some(Self::of(monday.and_time(chrono::NaiveTime::MIN).and_utc()))
        };
        // Only the form that is printed: `2026w7` and `+2026w07` name nothing.
        let named = |week: &Self| week.to_string() == text;
        monday().filter(named).ok_or_else(|| InvalidWeek(text.chars().take(64).collect()))
    }
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
