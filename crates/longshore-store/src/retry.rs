//! Repeating what failed for a passing reason: jittered, bounded, visible.

use std::{future::Future, time::Duration};

use metrics::counter;

use crate::Result;

/// How often and how fast to repeat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Repetitions after the first try.
    pub retries: u32,
    /// The longest first pause; doubles each time.
    pub base: Duration,
    /// The longest pause.
    pub cap: Duration,
}

impl RetryPolicy {
    /// For deadlocks and lock time-outs inside one call: eight quick repetitions, under a second in all.
    pub const CONTENTION: Self =
        Self { retries: 8, base: Duration::from_millis(5), cap: Duration::from_millis(200) };

    /// The pause before repetition `n` (from 1); `roll` in `0.0..1.0` spreads callers apart.
    #[must_use]
    pub fn pause(&self, n: u32, roll: f64) -> Duration {
        let full = self.base.saturating_mul(1 << n.saturating_sub(1).min(20)).min(self.cap);
        full.mul_f64(0.5 + 0.5 * roll.clamp(0.0, 1.0))
    }
}

/// Repeats `work` while it fails with [`ErrorKind::Busy`](crate::ErrorKind::Busy), at most as often as the policy says.
///
/// Only `Busy`, of which nothing was written, is repeated here. What is unavailable is the caller's to
/// wait for: it alone knows how long. Each repetition counts as `longshore_store_retries_total` of the engine.
///
/// # Errors
/// The last error.
pub async fn retrying<T, F, Work>(
    engine: &'static str,
    policy: RetryPolicy,
    mut work: Work,
) -> Result<T>
where
    Work: FnMut() -> F,
    F: Future<Output = Result<T>>,
{
    let mut n = 0;
    loop {
        match work().await {
            Err(error) if error.kind() == crate::ErrorKind::Busy && n < policy.retries => {
                n += 1;
                rest(engine, &error, policy, n).await;
            }
            answer => return answer,
        }
    }
}

/// The pause before repetition `n`.
fn rest(
    engine: &'static str,
    error: &crate::Error,
    policy: RetryPolicy,
    n: u32,
) -> tokio::time::Sleep {
    counter!("longshore_store_retries_total", "engine" => engine).increment(1);
    tracing::debug!(%error, repetition = n, "database busy: repeating");
    tokio::time::sleep(policy.pause(n, roll()))
}

/// A number in `0.0..1.0` that differs between threads and calls; good enough to spread pauses.
fn roll() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}
