//! S3-31: waits grow, are capped after the jitter, and never overflow.

use std::time::Duration;

use longshore_core::{Backoff, DEFAULT_BACKOFF};
use proptest::prelude::*;

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0u64..100_000).prop_map(Duration::from_millis),
        any::<u64>().prop_map(Duration::from_millis),
        Just(Duration::MAX),
        Just(Duration::ZERO),
    ]
}

fn rolls() -> impl Strategy<Value = f64> {
    prop_oneof![0.0f64..1.0, any::<f64>()]
}

proptest! {
    /// S3-31
    #[test]
    fn the_cap_holds_after_the_jitter(
        base in durations(),
        cap in durations(),
        tries in prop_oneof![0u32..100, Just(10_000), any::<u32>()],
        roll in rolls(),
    ) {
        let delay = Backoff::Exponential { base, cap }.delay(tries, roll);
        prop_assert!(delay <= cap);
    }

    #[test]
    fn the_longest_wait_never_shrinks(base in durations(), cap in durations()) {
        let backoff = Backoff::Exponential { base, cap };
        let waits: Vec<_> = (0..200).map(|tries| backoff.delay(tries, 1.0)).collect();
        prop_assert!(waits.is_sorted());
        prop_assert_eq!(backoff.delay(10_000, 1.0), waits[199]);
    }

    #[test]
    fn a_higher_roll_waits_no_less(tries in 0u32..40, a in 0.0f64..1.0, b in 0.0f64..1.0) {
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(DEFAULT_BACKOFF.delay(tries, low) <= DEFAULT_BACKOFF.delay(tries, high));
    }

    #[test]
    fn a_fixed_wait_is_always_the_same(delay in durations(), tries in any::<u32>(), roll in rolls()) {
        prop_assert_eq!(Backoff::Fixed { delay }.delay(tries, roll), delay);
        prop_assert_eq!(Backoff::Every { interval: delay }.delay(tries, roll), delay);
    }

    #[test]
    fn a_stored_policy_is_read_back(base in 0u64..1 << 40, cap in 0u64..1 << 40) {
        let [base, cap] = [base, cap].map(Duration::from_millis);
        let policies = [
            Backoff::Exponential { base, cap },
            Backoff::Fixed { delay: base },
            Backoff::Every { interval: cap },
        ];
        for policy in policies {
            let text = serde_json::to_string(&policy).unwrap();
            prop_assert_eq!(serde_json::from_str::<Backoff>(&text).unwrap(), policy);
        }
    }
}

/// S2-24
#[test]
fn the_default_policy_doubles_to_an_hour() {
    let waits: Vec<_> = (1..=13).map(|tries| DEFAULT_BACKOFF.delay(tries, 1.0).as_secs()).collect();
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
    assert_eq!(DEFAULT_BACKOFF.delay(5, 0.0), Duration::ZERO);
}
