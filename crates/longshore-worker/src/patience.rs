//! Pauses between repetitions of a call that failed: jittered, growing, bounded.

use std::time::Duration;

use longshore_store::RetryPolicy;

/// From 50–100 ms to 2.5–5 s: a database that comes back is noticed soon and not stormed.
const OUTAGE: RetryPolicy = RetryPolicy {
    retries: u32::MAX,
    base: Duration::from_millis(100),
    cap: Duration::from_secs(5),
};

#[derive(Debug, Default)]
pub(crate) struct Patience {
    failures: u32,
}

impl Patience {
    /// The pause after one more failure.
    pub(crate) fn pause(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        OUTAGE.pause(self.failures, rand::random())
    }

    /// Failures in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}
