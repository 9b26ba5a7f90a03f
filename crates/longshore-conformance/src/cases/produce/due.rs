//! When a job may start.

use std::time::Duration;

use chrono::{TimeDelta, Timelike};
use longshore_core::{Due, JobId, NewJob, Reason, State, Timestamp, Week};
use uuid::Uuid;

use crate::{Crew, Disposable, job, witness::*};

/// S3-3
pub async fn a_job_due_in_a_while_waits_for_its_time(db: &dyn Disposable) {
    let store = db.store();
    let job = NewJob { due: Due::In(Duration::from_millis(3_600_001)), ..job() };
    enqueue(&*store, &job).await;
    let row = detail(&*store, job.id).await.row;
    assert_eq!((row.state, row.reason), (State::Scheduled, Reason::Scheduled));
    let due_at = row.due_at.unwrap();
    assert_eq!(due_at - row.created_at, TimeDelta::milliseconds(3_600_001));

    let crew = Crew::of(store);
    let a_moment = TimeDelta::microseconds(1);
    assert!(crew.take(10).await.is_empty());
    assert!(crew.take_at(10, due_at - a_moment).await.is_empty());
    let claimed = crew.take_at(10, due_at).await;
    assert_eq!((claimed[0].id, claimed[0].due_at), (job.id, due_at));
}

/// G6, G9: by one clock, whoever stores them.
pub async fn jobs_that_are_stored_one_after_the_other_are_due_in_this_order(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let jobs: Vec<NewJob> = (0..6).map(|_| job()).collect();
    let mut before = Timestamp::UNIX_EPOCH;
    for (number, job) in jobs.iter().enumerate() {
        let store = if number % 2 == 0 { &store } else { &other };
        enqueue(&**store, job).await;
        let row = detail(&**store, job.id).await.row;
        assert!(before <= row.created_at, "{before} {row:?}");
        assert!(Some(row.created_at) <= row.due_at, "{row:?}");
        before = row.due_at.unwrap();
    }
    let claimed = Crew::of(store).take(10).await;
    assert!(claimed.iter().all(|it| it.due_at <= it.claimed_at));
    assert_eq!(
        claimed.iter().map(|it| it.id).collect::<Vec<_>>(),
        jobs.iter().map(|it| it.id).collect::<Vec<_>>()
    );
}

/// S2-2
pub async fn a_due_time_is_kept_to_the_microsecond(db: &dyn Disposable) {
    let store = db.store();
    let at: Timestamp = "2199-12-31T23:59:59.123456Z".parse().unwrap();
    let job = NewJob { due: Due::At(at), ..job() };
    enqueue(&*store, &job).await;
    assert_eq!(detail(&*store, job.id).await.row.due_at, Some(at));
    assert_eq!(Crew::of(store).take_at(1, at).await[0].due_at, at);
}

/// Nanoseconds are cut, not refused: no engine keeps them.
pub async fn a_due_time_with_nanoseconds_is_cut(db: &dyn Disposable) {
    let store = db.store();
    let at: Timestamp = "2100-01-01T00:00:00.123456Z".parse().unwrap();
    let job = NewJob { due: Due::At(at.with_nanosecond(123_456_400).unwrap()), ..job() };
    enqueue(&*store, &job).await;
    assert_eq!(detail(&*store, job.id).await.row.due_at, Some(at));
}

/// S2-34
pub async fn a_due_time_in_the_past_or_far_ahead_is_fine(db: &dyn Disposable) {
    let store = db.store();
    let past: Timestamp = "1970-01-01T00:00:00Z".parse().unwrap();
    let late = NewJob { due: Due::At(past), ..job() };
    let in_five_years = NewJob { due: Due::In(Duration::from_secs(5 * 365 * 86_400)), ..job() };
    let at_once = NewJob { due: Due::In(Duration::ZERO), ..job() };
    for job in [&at_once, &late, &in_five_years] {
        enqueue(&*store, job).await;
    }
    let stored = detail(&*store, late.id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Available, Reason::Received));
    assert_eq!(stored.row.due_at, Some(past));
    let first = detail(&*store, at_once.id).await.row;
    assert_eq!((first.state, first.reason), (State::Available, Reason::Received));

    let crew = Crew::of(store);
    let taken: Vec<_> = crew.take(10).await.iter().map(|it| it.id).collect();
    assert_eq!(taken, [late.id, at_once.id], "what is due longest comes first");
}

/// S2-34, S2-27: ids of any week find a place, whatever partitions exist.
pub async fn ids_of_any_year_are_stored(db: &dyn Disposable) {
    let store = db.store();
    let year = |text: &str| {
        let week = Week::of(text.parse().unwrap());
        JobId(Uuid::from_u128(week.ids().0.as_u128() | 0x7000_8000_0000_0000_0001))
    };
    for text in ["2015-01-01T00:00:00Z", "2031-11-22T12:00:00Z", "2149-12-31T00:00:00Z"] {
        let job = NewJob { id: year(text), ..job() };
        enqueue(&*store, &job).await;
        assert_eq!(detail(&*store, job.id).await.row.id, job.id);
        let crew = Crew::of(store.clone());
        let claimed = crew.take_one().await;
        crew.report(&claimed, longshore_core::Outcome::Completed).await;
        assert_eq!(state(&*store, job.id).await, State::Completed);
    }
}
