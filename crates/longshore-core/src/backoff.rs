//! How long to wait before the next try: stored with the job, applied by whoever closes an attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The policy of jobs that name none: 2 s, doubling to at most an hour, with full jitter.
///
/// With 20 attempts the 19 waits add up to four and a half hours on average, to nine at most.
pub const DEFAULT_BACKOFF: Backoff =
    Backoff::Exponential { base: Duration::from_secs(2), cap: Duration::from_secs(3600) };

/// How long a failed job waits.
///
/// ```
/// use std::time::Duration;
/// use longshore_core::Backoff;
/// let backoff = Backoff::Exponential { base: Duration::from_secs(1), cap: Duration::from_secs(300) };
/// assert_eq!(backoff.delay(3, 0.5), Duration::from_secs(2)); // half way into 0..4 s
/// assert!(backoff.delay(10_000, 0.999) <= Duration::from_secs(300));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Backoff {
    /// Always the same time.
    Fixed {
        /// That time.
        #[serde(with = "millis")]
        delay: Duration,
    },
    /// `base · 2^(tries − 1)`, at most `cap`, then a random part of it (full jitter): a thousand
    /// jobs that failed together do not come back together.
    Exponential {
        /// The longest first wait.
        #[serde(with = "millis")]
        base: Duration,
        /// The longest wait of all; it holds after the jitter.
        #[serde(with = "millis")]
        cap: Duration,
    },
    /// Once an interval, as a schedule would: counted from the failure, without jitter.
    Every {
        /// The interval.
        #[serde(with = "millis")]
        interval: Duration,
    },
}

impl Backoff {
    /// The wait after the `tries`-th counted try; `roll` in `0.0..1.0` places a jittered one.
    ///
    /// Never negative, never above the cap, for any number of tries.
    #[must_use]
    pub fn delay(&self, tries: u32, roll: f64) -> Duration {
        match *self {
            Self::Fixed { delay } => delay,
            Self::Every { interval } => interval,
            Self::Exponential { base, cap } => {
                let doublings = tries.saturating_sub(1).min(63);
                let factor = 2f64.powi(i32::try_from(doublings).unwrap_or(63));
                let full = (base.as_secs_f64() * factor).min(cap.as_secs_f64());
                let roll = if roll.is_finite() { roll.clamp(0.0, 1.0) } else { 1.0 };
                Duration::try_from_secs_f64(full * roll).unwrap_or(cap).min(cap)
            }
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        DEFAULT_BACKOFF
    }
}

/// Durations stand in the database as whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Ok(Duration::from_millis(u64::deserialize(from)?))
    }
}
