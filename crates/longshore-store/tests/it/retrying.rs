//! What is busy is repeated, so often and no more; everything else is the caller's to know.

use std::{cell::Cell, time::Duration};

use longshore_store::{Error, ErrorKind, RetryPolicy, retrying};
use tokio::time::Instant;

const KINDS: [ErrorKind; 8] = [
    ErrorKind::Invalid,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::Unavailable,
    ErrorKind::Unknown,
    ErrorKind::Schema,
    ErrorKind::Denied,
    ErrorKind::Internal,
];

/// Fails so often with this kind, then succeeds; the number of calls and the outcome.
async fn after(failures: u32, kind: ErrorKind) -> (u32, Result<&'static str, ErrorKind>) {
    let calls = Cell::new(0);
    let outcome = retrying("example", RetryPolicy::CONTENTION, || {
        calls.set(calls.get() + 1);
        let call = calls.get();
        async move { if call <= failures { Err(Error::new(kind, "no")) } else { Ok("done") } }
    });
    let outcome = outcome.await.map_err(|error| error.kind());
    (calls.get(), outcome)
}

#[tokio::test(start_paused = true)]
async fn what_is_busy_is_repeated_until_it_succeeds() {
    for failures in 0..=RetryPolicy::CONTENTION.retries {
        assert_eq!(after(failures, ErrorKind::Busy).await, (failures + 1, Ok("done")));
    }
}

/// S2-35: and it says so; what was not written is never called a success.
#[tokio::test(start_paused = true)]
async fn what_stays_busy_is_given_up_within_a_second() {
    let start = Instant::now();
    let calls = RetryPolicy::CONTENTION.retries + 1;
    assert_eq!(after(u32::MAX, ErrorKind::Busy).await, (calls, Err(ErrorKind::Busy)));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert!(start.elapsed() > RetryPolicy::CONTENTION.base, "it waits in between");
}

#[tokio::test(start_paused = true)]
async fn nothing_else_is_repeated() {
    for kind in KINDS {
        assert_eq!(after(1, kind).await, (1, Err(kind)));
    }
}

#[test]
fn pauses_grow_to_their_cap_and_are_spread_over_half_of_it() {
    let policy =
        RetryPolicy { retries: 9, base: Duration::from_millis(10), cap: Duration::from_millis(50) };
    let longest = [1, 2, 3, 4, 5, u32::MAX].map(|n| policy.pause(n, 1.0).as_millis());
    assert_eq!(longest, [10, 20, 40, 50, 50, 50]);
    let shortest = [1, 2, 3, 4].map(|n| policy.pause(n, 0.0).as_millis());
    assert_eq!(shortest, [5, 10, 20, 25]);
    assert_eq!(policy.pause(0, 7.0), policy.base, "odd numbers do no harm");
}
