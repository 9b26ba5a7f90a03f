//! What is refused before any SQL, with nothing written.

use std::time::Duration;

use longshore_core::{
    Backoff, Due, Invalid, JobFilter, JobId, Limits, NewJob, Payload, Priority, Scope, Timestamp,
    Unique,
};
use longshore_store::{ErrorKind, Store};
use uuid::Uuid;

use crate::{Disposable, job, witness::*};

/// Sends a bad job between two good ones: the call is refused as a whole.
async fn refused(store: &dyn Store, bad: NewJob) {
    let what = format!("{bad:?}").chars().take(300).collect::<String>();
    let error = store.enqueue(&[job(), bad, job()]).await.expect_err(&what);
    assert_eq!(error.kind(), ErrorKind::Invalid, "{what}");
    assert!(
        all_jobs(store, &JobFilter::default()).await.is_empty(),
        "something was written: {what}"
    );
}

fn text_of(bytes: usize) -> Payload {
    Payload::stored(format!("\"{}\"", "x".repeat(bytes - 2)))
}

/// S2-3: nothing of the call is stored, not the good jobs beside the bad one either.
pub async fn a_payload_over_the_limit_is_refused(db: &dyn Disposable) {
    let store = db.store();
    let most = store.limits().payload_bytes;
    refused(&*store, NewJob { payload: text_of(2 << 20), ..job() }).await;
    refused(&*store, NewJob { payload: text_of(most + 1), ..job() }).await;
    refused(&*store, NewJob { context: Some(text_of(most + 1)), ..job() }).await;
    enqueue(&*store, &NewJob { payload: text_of(most), context: Some(text_of(most)), ..job() })
        .await;
}

/// Such texts never become a payload that is checked, and one that is not checked is never stored.
pub async fn json_that_some_engine_could_not_store_is_refused(db: &dyn Disposable) {
    let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let store = db.store();
    let texts = [&deep(128), &deep(10_000), "\"\0\"", r#""\u0000""#, r#"["\ud800"]"#, "{", ""];
    for payload in texts.map(|text| Payload::stored(text.into())) {
        refused(&*store, NewJob { payload: payload.clone(), ..job() }).await;
        refused(&*store, NewJob { context: Some(payload), ..job() }).await;
    }
    assert!(Payload::parse(deep(127)).is_ok());
    assert_eq!(Payload::parse(deep(10_000)), Err(Invalid::Depth { max: 127 }));
    assert_eq!(Payload::parse("\"\0\""), Err(Invalid::Nul));
    assert_eq!(Payload::parse(r#""\u0000""#), Err(Invalid::Nul));
    assert_eq!(Payload::parse(r#"{"a":["\ud800"]}"#), Err(Invalid::Surrogate));
    assert!(matches!(Payload::parse("{"), Err(Invalid::Json(_))));
}

/// The deepest payload that is allowed is stored, on every engine.
pub async fn the_deepest_payload_is_stored(db: &dyn Disposable) {
    let store = db.store();
    let text = format!("{}{}", "[".repeat(127), "]".repeat(127));
    let job = NewJob { payload: Payload::parse(text.clone()).unwrap(), ..job() };
    enqueue(&*store, &job).await;
    let stored = detail(&*store, job.id).await.payload;
    assert_eq!(stored.as_str(), text);
    assert!(stored.decode::<serde_json::Value>().is_ok(), "and can be read by a handler");
}

/// S3-2
pub async fn a_priority_outside_one_to_ten_does_not_exist(db: &dyn Disposable) {
    assert!(Priority::new(0).is_err());
    assert!(Priority::new(11).is_err());
    let store = db.store();
    for number in 1..=10 {
        let job = NewJob { priority: Priority::new(number).unwrap(), ..job() };
        enqueue(&*store, &job).await;
        assert_eq!(detail(&*store, job.id).await.row.priority.get(), number);
    }
}

pub async fn names_that_are_no_names_are_refused(db: &dyn Disposable) {
    let store = db.store();
    let long = "x".repeat(Limits::NAME_BYTES + 1);
    for name in ["", " a", "a ", "a\nb", "a\0b", "\u{7f}", &long] {
        refused(&*store, NewJob { queue: name.into(), ..job() }).await;
        refused(&*store, NewJob { tenant: name.into(), ..job() }).await;
        refused(&*store, NewJob { kind: name.into(), ..job() }).await;
        refused(&*store, NewJob { version: Some(name.into()), ..job() }).await;
    }
    let longest: &str = &"é".repeat(Limits::NAME_BYTES / 2);
    enqueue(&*store, &NewJob { queue: longest.into(), tenant: longest.into(), ..job() }).await;
}

pub async fn keys_that_are_empty_too_long_or_hold_nul_are_refused(db: &dyn Disposable) {
    let store = db.store();
    let long = "x".repeat(Limits::KEY_BYTES + 1);
    for key in ["", "a\0b", &long] {
        let unique = Unique { key: key.into(), scope: Scope::UntilTerminal };
        refused(&*store, NewJob { unique: Some(unique), ..job() }).await;
        refused(&*store, NewJob { correlation_id: Some(key.into()), ..job() }).await;
        refused(&*store, NewJob { name: Some(key.into()), ..job() }).await;
        refused(&*store, NewJob { labels: [(key.into(), 1.into())].into(), ..job() }).await;
        refused(&*store, NewJob { labels: [("a".into(), key.into())].into(), ..job() }).await;
    }
    let labels = |count| (0..count).map(|n| (format!("n{n}"), 1.into())).collect();
    refused(&*store, NewJob { labels: labels(Limits::MOST_LABELS + 1), ..job() }).await;
    enqueue(&*store, &NewJob { labels: labels(Limits::MOST_LABELS), ..job() }).await;
}

pub async fn times_outside_1970_to_2200_are_refused(db: &dyn Disposable) {
    let store = db.store();
    let at = |text: &str| Due::At(text.parse::<Timestamp>().unwrap());
    refused(&*store, NewJob { due: at("9999-01-01T00:00:00Z"), ..job() }).await;
    refused(&*store, NewJob { due: at("2200-01-01T00:00:00Z"), ..job() }).await;
    refused(&*store, NewJob { due: at("1969-12-31T23:59:59Z"), ..job() }).await;
    refused(&*store, NewJob { due: Due::In(Duration::MAX), ..job() }).await;
    refused(&*store, NewJob { timeout: Some(Duration::ZERO), ..job() }).await;
    refused(&*store, NewJob { timeout: Some(Duration::MAX), ..job() }).await;
    let unique = Unique { key: "k".into(), scope: Scope::For(Duration::MAX) };
    refused(&*store, NewJob { unique: Some(unique), ..job() }).await;
}

/// A wait that no engine could keep would stop the rescue of its job, and of others with it.
pub async fn backoffs_beyond_a_hundred_years_are_refused(db: &dyn Disposable) {
    let store = db.store();
    let (ever, hour) = (Duration::MAX, Duration::from_secs(3600));
    for backoff in [
        Backoff::Fixed { delay: ever },
        Backoff::Every { interval: ever },
        Backoff::Exponential { base: ever, cap: hour },
        Backoff::Exponential { base: hour, cap: ever },
    ] {
        refused(&*store, NewJob { backoff: Some(backoff), ..job() }).await;
    }
}

/// S2-28: an id that does not carry its time would fall out of every partition and every order.
pub async fn an_id_without_its_time_is_refused(db: &dyn Disposable) {
    let store = db.store();
    for id in [Uuid::nil(), Uuid::max(), Uuid::from_u128(0x4000_8000_0000_0000_0001)] {
        refused(&*store, NewJob { id: JobId(id), ..job() }).await;
    }
}

pub async fn no_tries_or_too_many_are_refused(db: &dyn Disposable) {
    let store = db.store();
    refused(&*store, NewJob { max_attempts: 0, ..job() }).await;
    refused(&*store, NewJob { max_attempts: store.limits().max_attempts + 1, ..job() }).await;
    enqueue(&*store, &NewJob { max_attempts: store.limits().max_attempts, ..job() }).await;
}
