//! The server's clock: what it says, and about what it must be by now.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use longshore_core::Timestamp;
use longshore_store::{Error, ErrorKind, Result};

use crate::{row::get, wire::Wire};

/// So long after an answer we know about what the server's clock says.
const REMEMBERED: Duration = Duration::from_secs(10);

/// The server's clock, by which all statements of a unit go.
pub(crate) async fn now(wire: &mut Wire<'_>) -> Result<Timestamp> {
    let no_time = || Error::new(ErrorKind::Internal, "the server does not say what time it is");
    let rows = wire.raw_rows("SELECT UTC_TIMESTAMP(6) AS now").await?;
    get(rows.first().ok_or_else(no_time)?, "now")
}

/// What the server's clock said last. It answers questions of days, not who comes first.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Option<Reading>>);

#[derive(Clone, Copy, Debug)]
struct Reading {
    said: Timestamp,
    at: Instant,
    /// The other clock goes on while the machine sleeps.
    on: SystemTime,
}

impl Heard {
    pub(crate) fn remember(&self, said: Timestamp) {
        let reading = Reading { said, at: Instant::now(), on: SystemTime::now() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reading);
    }

    /// About what it says now: behind by the time that its last answer took. `None` if that was long ago.
    pub(crate) fn about(&self) -> Option<Timestamp> {
        let reading = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = reading.at.elapsed().max(reading.on.elapsed().ok()?);
        (since < REMEMBERED).then(|| reading.said + since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: Duration = Duration::from_secs(365 * 86_400);

    #[test]
    fn a_reading_is_remembered_for_ten_seconds_and_goes_on_by_our_clocks() {
        let heard = Heard::default();
        assert_eq!(heard.about(), None);
        let said = Timestamp::from(SystemTime::now() - YEAR);
        heard.remember(said);
        let about = heard.about().expect("it was heard a moment ago");
        assert!(about >= said && about < said + REMEMBERED);
        let age = |at, on| {
            *heard.0.lock().unwrap() = Some(Reading { said, at, on });
            heard.about()
        };
        let (at, on) = (Instant::now(), SystemTime::now());
        let before = at.checked_sub(Duration::from_secs(5)).expect("a machine that is up for 5 s");
        assert!(age(before, on).expect("5 s are not long") >= said + Duration::from_secs(5));
        assert_eq!(age(at, on - REMEMBERED), None, "the machine slept");
        assert_eq!(age(at, on + REMEMBERED), None, "its clock was put back");
    }
}
