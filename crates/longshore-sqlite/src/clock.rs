//! The database's clock. SQLite has none of its own: it is the host's, read once for each operation.

use longshore_core::Timestamp;

/// Now, in whole microseconds since 1970.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

/// The time that an operation goes by: the one that a test gave, or now.
pub(crate) fn at(given: Option<Timestamp>) -> i64 {
    given.map_or_else(now, |time| time.timestamp_micros())
}

/// A stored time; beyond the years that chrono knows, the nearest one.
pub(crate) fn timestamp(micros: i64) -> Timestamp {
    let edge = if micros < 0 { Timestamp::MIN_UTC } else { Timestamp::MAX_UTC };
    Timestamp::from_timestamp_micros(micros).unwrap_or(edge)
}

/// A duration in whole microseconds.
pub(crate) fn micros(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
