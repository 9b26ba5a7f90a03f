//! The time that a worker's claims go by: the database's, or one that a test moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use longshore_core::Timestamp;

/// What "now" means in claims, heartbeats and rescues.
///
/// The default, the database's clock, is the only one to be used outside tests.
///
/// ```
/// use std::time::Duration;
/// use longshore_worker::Clock;
/// let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(clock.now(), Some("2026-01-01T01:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still until it is advanced. Clones share it.
    #[must_use]
    pub fn starting_at(time: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(time.timestamp_micros()))))
    }

    /// Moves a clock of a test forward; the database's clock cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Some(micros) = &self.0 {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::AcqRel);
        }
    }

    /// Its time; `None`: the database's.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        let micros = self.0.as_ref()?.load(Ordering::Acquire);
        Timestamp::from_timestamp_micros(micros)
    }
}
