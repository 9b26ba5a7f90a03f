//! Limits: the last value that is allowed, and the first that is not.

use std::time::Duration;

use longshore_core::{
    Backoff, Due, Invalid, JobId, LONGEST_WAIT, Labels, Limits, NewJob, Payload, Scope, Timestamp,
    Unique,
};
use uuid::Uuid;

fn job() -> NewJob {
    NewJob::of_kind("unload")
}

fn check(job: &NewJob) -> Result<(), Invalid> {
    Limits::default().check(job)
}

fn text_of(bytes: usize) -> Payload {
    Payload::parse(format!("\"{}\"", "x".repeat(bytes - 2))).expect("JSON")
}

#[test]
fn a_payload_may_have_as_many_bytes_as_the_limit_says() {
    let of = |payload_bytes, bytes| {
        let limits = Limits { payload_bytes, ..Limits::default() };
        limits.check(&NewJob { payload: text_of(bytes), ..job() })
    };
    assert_eq!(of(1 << 20, 1 << 20), Ok(()));
    let refused = Invalid::Size { what: "payload", bytes: (1 << 20) + 1, max: 1 << 20 };
    assert_eq!(of(1 << 20, (1 << 20) + 1), Err(refused));
    assert_eq!(of(usize::MAX, 16 << 20), Ok(()), "no engine carries more");
    assert!(of(usize::MAX, (16 << 20) + 1).is_err());
    let context = Some(text_of((1 << 20) + 1));
    assert!(matches!(
        check(&NewJob { context, ..job() }),
        Err(Invalid::Size { what: "context", .. })
    ));
}

#[test]
fn names_have_one_to_a_hundred_bytes_and_no_odd_characters() {
    let queue = |name: &str| check(&NewJob { queue: name.into(), ..job() }).is_ok();
    assert!(queue("a") && queue("night shift") && queue("日本") && queue("a:b/c.d-e_f%'\""));
    assert!(queue(&"x".repeat(100)) && !queue(&"x".repeat(101)));
    assert!(queue(&"é".repeat(50)) && !queue(&"é".repeat(51)), "bytes are counted");
    for bad in ["", " ", " a", "a ", "a\u{a0}", "\ta", "a\nb", "a\0", "\u{85}", "\u{7f}"] {
        assert!(!queue(bad), "{bad:?}");
    }
    for (what, job) in [
        ("queue", NewJob { queue: "".into(), ..job() }),
        ("kind", NewJob { kind: "".into(), ..job() }),
        ("tenant", NewJob { tenant: "".into(), ..job() }),
        ("version", NewJob { version: Some("".into()), ..job() }),
    ] {
        assert!(matches!(check(&job), Err(Invalid::Name { what: named, .. }) if named == what));
    }
}

#[test]
fn keys_have_one_to_512_bytes_and_any_character_but_nul() {
    let key = |key: &str| {
        let unique = Some(Unique { key: key.into(), scope: Scope::Forever });
        check(&NewJob { unique, ..job() })
    };
    assert_eq!(key("a"), Ok(()));
    assert_eq!(key(" \n\t "), Ok(()), "keys are bytes");
    assert_eq!(key(&"x".repeat(512)), Ok(()));
    let refused = Invalid::Key { what: "unique key", bytes: 513, max: 512 };
    assert_eq!(key(&"x".repeat(513)), Err(refused));
    assert!(matches!(key(""), Err(Invalid::Key { bytes: 0, .. })));
    assert_eq!(key("\0"), Err(Invalid::Nul));
    let labelled = |labels: Labels| check(&NewJob { labels, ..job() });
    assert_eq!(labelled([("a".into(), i64::MIN.into())].into()), Ok(()));
    assert!(labelled([("".into(), 1.into())].into()).is_err());
    assert!(labelled([("a".into(), "x".repeat(513).into())].into()).is_err());
    let many = |count: usize| (0..count).map(|n| (n.to_string(), 1.into())).collect();
    assert_eq!(labelled(many(32)), Ok(()));
    assert_eq!(labelled(many(33)), Err(Invalid::Labels { given: 33, max: 32 }));
}

#[test]
fn times_lie_within_1970_to_2200() {
    let at = |text: &str| check(&NewJob { due: Due::At(text.parse().unwrap()), ..job() }).is_ok();
    assert!(at("1970-01-01T00:00:00Z") && !at("1969-12-31T23:59:59.999999Z"));
    assert!(at("2199-12-31T23:59:59.999999Z") && !at("2200-01-01T00:00:00Z"));
    let due = |due| check(&NewJob { due, ..job() });
    assert!(due(Due::At(Timestamp::MAX_UTC)).is_err() && due(Due::At(Timestamp::MIN_UTC)).is_err());
    assert_eq!(due(Due::In(LONGEST_WAIT)), Ok(()));
    assert!(due(Due::In(LONGEST_WAIT + Duration::from_nanos(1))).is_err());
    assert!(due(Due::In(Duration::MAX)).is_err());
}

#[test]
fn time_outs_last_a_millisecond_to_a_hundred_years() {
    let timeout = |timeout| check(&NewJob { timeout: Some(timeout), ..job() });
    assert_eq!(timeout(Duration::from_millis(1)), Ok(()));
    assert_eq!(timeout(Duration::from_micros(999)), Err(Invalid::Timeout));
    assert_eq!(timeout(LONGEST_WAIT), Ok(()));
    assert_eq!(timeout(Duration::MAX), Err(Invalid::Timeout));
}

#[test]
fn waits_between_tries_last_at_most_a_hundred_years() {
    let backoff = |backoff| check(&NewJob { backoff: Some(backoff), ..job() });
    let over = LONGEST_WAIT + Duration::from_nanos(1);
    let hour = Duration::from_secs(3600);
    let of = |wait| {
        [
            Backoff::Fixed { delay: wait },
            Backoff::Every { interval: wait },
            Backoff::Exponential { base: hour, cap: wait },
            Backoff::Exponential { base: wait, cap: hour },
        ]
    };
    for policy in of(LONGEST_WAIT) {
        assert_eq!(backoff(policy), Ok(()));
    }
    for policy in [of(over), of(Duration::MAX)].concat() {
        assert!(matches!(backoff(policy), Err(Invalid::Delay(_))), "{policy:?}");
    }
}

/// What was read from a database is trusted to be read, and checked before it is stored again.
#[test]
fn a_text_of_unknown_origin_is_checked_before_it_is_stored() {
    let stored = |text: &str| Payload::stored(text.into());
    for (text, refusal) in [
        ("\"\0\"", Invalid::Nul),
        (r#""\u0000""#, Invalid::Nul),
        (r#""\ud800""#, Invalid::Surrogate),
        (&"[".repeat(200), Invalid::Depth { max: 127 }),
    ] {
        assert_eq!(check(&NewJob { payload: stored(text), ..job() }), Err(refusal.clone()));
        assert_eq!(check(&NewJob { context: Some(stored(text)), ..job() }), Err(refusal));
    }
    assert!(matches!(check(&NewJob { payload: stored("{"), ..job() }), Err(Invalid::Json(_))));
    assert_eq!(check(&NewJob { payload: stored("{}"), ..job() }), Ok(()));
    assert_eq!(stored("{}"), Payload::default(), "where it came from makes no difference to it");
}

#[test]
fn tries_are_one_to_the_limit() {
    let tries = |max_attempts| check(&NewJob { max_attempts, ..job() });
    assert_eq!([tries(1), tries(10_000)], [Ok(()), Ok(())]);
    assert_eq!(tries(0), Err(Invalid::MaxAttempts { given: 0, max: 10_000 }));
    assert_eq!(tries(10_001), Err(Invalid::MaxAttempts { given: 10_001, max: 10_000 }));
}

#[test]
fn ids_carry_a_time_that_a_ksuid_can_tell() {
    let at = |millis: u128| check(&NewJob { id: JobId(Uuid::from_u128(millis << 80)), ..job() });
    let (first, last) = (1_400_000_000_000, (1_400_000_000 + u128::from(u32::MAX)) * 1000 + 999);
    assert_eq!([at(first), at(last)], [Ok(()), Ok(())]);
    assert!(matches!(at(first - 1), Err(Invalid::IdTime(_))));
    assert!(matches!(at(last + 1), Err(Invalid::IdTime(_))));
    assert_eq!(check(&job()), Ok(()));
}

#[test]
fn every_refusal_says_what_to_do() {
    let refusals = [
        NewJob { queue: "".into(), ..job() },
        NewJob { payload: text_of(2 << 20), ..job() },
        NewJob { max_attempts: 0, ..job() },
        NewJob { id: JobId(Uuid::nil()), ..job() },
        NewJob { due: Due::In(Duration::MAX), ..job() },
    ];
    for bad in refusals {
        assert!(check(&bad).unwrap_err().to_string().len() > 30);
    }
}
