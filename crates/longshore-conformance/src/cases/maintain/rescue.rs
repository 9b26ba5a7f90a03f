//! Jobs of dead workers come back.

use std::collections::HashSet;

use chrono::TimeDelta;
use longshore_core::{Backoff, FailureKind, NewJob, Outcome, Reason, Scope, State, Timestamp};
use longshore_store::{Cancelled, Claimed, Rescued, Store};

use crate::{Crew, Disposable, LEASE, cases::produce::keyed, failed_for_now, job, witness::*};

async fn rescue(store: &dyn Store, now: Timestamp) -> Vec<Rescued> {
    store.rescue(1000, 3, Some(now)).await.unwrap()
}

fn after_the_lease(claimed: &Claimed) -> Timestamp {
    claimed.claimed_at + LEASE + TimeDelta::seconds(1)
}

/// A job whose crashes bring it back at once.
fn at_once() -> NewJob {
    NewJob { backoff: Some(Backoff::Fixed { delay: std::time::Duration::ZERO }), ..job() }
}

/// What a rescue says of a job whose first attempt was lost.
fn taken_back(job: &NewJob, state: State) -> Rescued {
    Rescued { job: job.id, queue: job.queue.clone(), kind: job.kind.clone(), attempt: 1, state }
}

/// S2-10, G2
pub async fn a_job_of_a_dead_worker_comes_back(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let hour = std::time::Duration::from_secs(3600);
    let job = NewJob { backoff: Some(Backoff::Fixed { delay: hour }), ..job() };
    enqueue(&*store, &job).await;
    let dead = Crew::of(store.clone());
    let claimed = dead.take_one().await;
    assert_eq!(rescue(&*other, claimed.claimed_at + LEASE / 2).await, []);
    let now = after_the_lease(&claimed);
    let rescued = rescue(&*other, now).await;
    assert_eq!(rescued, [taken_back(&job, State::Retryable)]);
    assert_eq!(rescue(&*other, now).await, [], "once is enough");

    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.reason, stored.row.attempt), (Reason::LeaseExpired, 1));
    assert_eq!(stored.row.due_at, Some(now + hour));
    assert_eq!((stored.worker_id, stored.lease_until), (None, None));
    let error = stored.row.error.unwrap();
    assert_eq!(error.kind, FailureKind::Crash);
    assert!(!error.message.is_empty());
    let last = history(&*store, job.id).await.pop().unwrap();
    assert_eq!((last.state_before, last.state_after), (Some(State::Running), State::Retryable));
    assert_eq!((last.worker_id, last.at), (Some(dead.id()), now));
    let again = Crew::of(other).take_at(1, now + hour).await.remove(0);
    assert_eq!((again.standing.attempt, again.standing.crashes), (2, 1), "a crash counts");
}

/// A job that takes down one worker after the other stops doing so.
pub async fn three_crashes_in_a_row_are_poison(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = NewJob { ..at_once() };
    enqueue(&*store, &job).await;
    let mut now = detail(&*store, job.id).await.row.created_at;
    for crash in 1..=3 {
        let claimed = crew.take_at(1, now).await.remove(0);
        assert_eq!(claimed.standing.crashes, crash - 1);
        now = after_the_lease(&claimed);
        let expected = if crash < 3 { State::Retryable } else { State::Discarded };
        assert_eq!(rescue(&*store, now).await[0].state, expected);
    }
    let row = detail(&*store, job.id).await.row;
    assert_eq!((row.state, row.reason, row.attempt), (State::Discarded, Reason::Poison, 3));
    assert!(crew.take_at(1, now + TimeDelta::days(1)).await.is_empty());
}

/// Only crashes in a row count: an attempt that was reported ends the row.
pub async fn a_reported_attempt_ends_a_row_of_crashes(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &at_once()).await;
    let mut now = Timestamp::default();
    let mut crashes = Vec::new();
    for round in 0..5 {
        let claim = if round == 0 { crew.take(1).await } else { crew.take_at(1, now).await };
        let claimed = &claim[0];
        crashes.push(claimed.standing.crashes);
        now = after_the_lease(claimed);
        if round == 2 {
            crew.report(claimed, failed_for_now()).await;
        } else {
            assert_eq!(rescue(&*store, now).await[0].state, State::Retryable);
        }
    }
    assert_eq!(crashes, [0, 1, 2, 0, 1]);
}

/// The last try may crash too.
pub async fn a_crash_of_the_last_try_exhausts_a_job(db: &dyn Disposable) {
    let store = db.store();
    enqueue(&*store, &NewJob { max_attempts: 1, ..keyed("k", Scope::UntilTerminal) }).await;
    let claimed = Crew::of(store.clone()).take_one().await;
    let rescued = rescue(&*store, after_the_lease(&claimed)).await;
    assert_eq!(rescued[0].state, State::Discarded);
    let row = detail(&*store, claimed.id).await.row;
    assert_eq!((row.state, row.reason), (State::Discarded, Reason::Exhausted));
    assert_eq!(store.holder("default", "k").await.unwrap(), None, "its key is free");
    store.retry(&[claimed.id]).await.unwrap();
    assert_eq!(state(&*store, claimed.id).await, State::Available);
}

/// A rescue takes what it is asked for; the rest waits for the next.
pub async fn a_rescue_takes_no_more_than_its_limit(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&(0..10).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    let claimed = crew.take(9).await;
    let now = Some(after_the_lease(&claimed[0]));
    assert_eq!(store.rescue(0, 3, now).await.unwrap(), []);
    assert_eq!(store.rescue(4, 3, now).await.unwrap().len(), 4);
    assert_eq!(store.rescue(100, 3, now).await.unwrap().len(), 5);
}

/// S1-43: what the dead worker had finished stays finished.
pub async fn a_rescue_leaves_finished_and_live_jobs_alone(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&[job(), job(), job()]).await.unwrap();
    let claimed = crew.take(3).await;
    crew.report(&claimed[0], Outcome::Completed).await;
    let now = after_the_lease(&claimed[1]);
    let renewal =
        longshore_store::Heartbeat { now: Some(now), ..crew.heartbeat(vec![(&claimed[1], None)]) };
    store.heartbeat(&renewal).await.unwrap();
    let rescued: Vec<_> = rescue(&*store, now).await.iter().map(|it| it.job).collect();
    assert_eq!(rescued, [claimed[2].id]);
    assert_eq!(state(&*store, claimed[0].id).await, State::Completed);
    assert_eq!(state(&*store, claimed[1].id).await, State::Running);
}

/// S3-39: every duty is safe when several nodes run it at once.
pub async fn racing_rescuers_take_each_job_once(db: &dyn Disposable) {
    let stores = [db.store(), db.another().await];
    stores[0].enqueue(&(0..60).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    let claimed = Crew::of(stores[0].clone()).take(60).await;
    let now = Some(after_the_lease(&claimed[0]));
    let race = (0..6).map(|n| {
        let store = stores[n % 2].clone();
        tokio::spawn(async move { store.rescue(50, 3, now).await.unwrap() })
    });
    let mut rescued = Vec::new();
    for task in race.collect::<Vec<_>>() {
        rescued.extend(task.await.unwrap());
    }
    rescued.extend(stores[0].rescue(100, 3, now).await.unwrap());
    assert_eq!(rescued.len(), 60);
    assert_eq!(rescued.iter().map(|it| it.job).collect::<HashSet<_>>().len(), 60);
    for claimed in &claimed {
        assert_eq!(history(&*stores[0], claimed.id).await.len(), 3);
    }
}

/// A wish to cancel is not lost with the worker that was to be told.
pub async fn a_job_that_was_to_be_cancelled_does_not_come_back(db: &dyn Disposable) {
    let store = db.store();
    let job = keyed("order-7", Scope::UntilTerminal);
    enqueue(&*store, &job).await;
    let claimed = Crew::of(store.clone()).take_one().await;
    assert_eq!(store.cancel(&[job.id]).await.unwrap(), [Cancelled::Requested]);

    let rescued = rescue(&*store, after_the_lease(&claimed)).await;
    assert_eq!(rescued, [taken_back(&job, State::Cancelled)]);
    assert_eq!(detail(&*store, job.id).await.row.reason, Reason::Cancelled);
    assert_eq!(store.holder("default", "order-7").await.unwrap(), None);
}
