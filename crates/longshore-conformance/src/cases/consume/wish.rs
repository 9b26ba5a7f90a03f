//! A wish to cancel that a handler had not heard of when its attempt ended.

use std::time::Duration;

use longshore_core::{Outcome, Reason, Scope, State};
use longshore_store::{Cancelled, Claimed, Finished, Store};

use crate::{
    Crew, Disposable, cases::produce::keyed, failed, failed_for_an_hour, failed_for_now, finish,
    job, witness::*,
};

/// A job that runs, and that somebody asked to cancel.
async fn unwanted(store: &dyn Store, crew: &Crew) -> Claimed {
    enqueue(store, &keyed("order-7", Scope::UntilTerminal)).await;
    let claimed = crew.take_one().await;
    assert_eq!(store.cancel(&[claimed.id]).await.unwrap(), [Cancelled::Requested]);
    claimed
}

/// However the attempt would let the job wait again, the job is cancelled instead.
async fn ends_cancelled(db: &dyn Disposable, outcomes: &[Outcome]) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    for outcome in outcomes {
        let claimed = unwanted(&*store, &crew).await;
        let answer = crew.report(&claimed, outcome.clone()).await;
        assert_eq!(answer, Finished::Cancelled, "{outcome:?}");

        let stored = detail(&*store, claimed.id).await;
        assert_eq!((stored.row.state, stored.row.reason), (State::Cancelled, Reason::Cancelled));
        assert_eq!((stored.row.due_at, stored.worker_id, stored.row.attempt), (None, None, 1));
        let history = history(&*store, claimed.id).await;
        let last = history.last().unwrap();
        assert_eq!((history.len(), last.seq, last.attempt), (3, 1, 1), "{outcome:?}");
        assert_eq!((last.state_before, last.state_after), (Some(State::Running), State::Cancelled));
        assert_eq!((last.reason, last.worker_id), (Reason::Cancelled, Some(crew.id())));
        assert_eq!(last.error, finish(&claimed, outcome.clone()).error, "what was told is kept");
        assert_eq!(store.holder("default", "order-7").await.unwrap(), None, "its key is free");
        assert!(crew.take_at(10, claimed.claimed_at + chrono::TimeDelta::days(1)).await.is_empty());
        let again = store.cancel(&[claimed.id]).await.unwrap();
        assert_eq!(again, [Cancelled::AlreadyOver(State::Cancelled)]);
        assert_eq!(crew.report(&claimed, outcome.clone()).await, Finished::Stale);
    }
}

pub async fn a_failure_of_an_unwanted_job_is_not_tried_again(db: &dyn Disposable) {
    ends_cancelled(db, &[failed_for_now(), failed_for_an_hour(), failed()]).await;
}

pub async fn a_snooze_of_an_unwanted_job_cancels_it(db: &dyn Disposable) {
    let hour = Duration::from_secs(3600);
    ends_cancelled(db, &[Outcome::Snoozed(Duration::ZERO), Outcome::Snoozed(hour)]).await;
}

pub async fn a_release_of_an_unwanted_job_cancels_it(db: &dyn Disposable) {
    ends_cancelled(db, &[Outcome::Released]).await;
}

/// What is over stays as it ended: a handler that succeeded did its work.
pub async fn a_wish_to_cancel_changes_no_end(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let discarded = Outcome::Discarded(Reason::Declined);
    for (outcome, state, reason) in [
        (Outcome::Completed, State::Completed, Reason::Ok),
        (discarded, State::Discarded, Reason::Declined),
        (Outcome::Cancelled, State::Cancelled, Reason::Cancelled),
    ] {
        let claimed = unwanted(&*store, &crew).await;
        assert_eq!(crew.report(&claimed, outcome).await, Finished::Recorded);
        let row = detail(&*store, claimed.id).await.row;
        assert_eq!((row.state, row.reason), (state, reason));
    }
    enqueue(&*store, &longshore_core::NewJob { max_attempts: 1, ..job() }).await;
    let last_try = crew.take_one().await;
    store.cancel(&[last_try.id]).await.unwrap();
    assert_eq!(crew.report(&last_try, failed_for_now()).await, Finished::Recorded);
    assert_eq!(detail(&*store, last_try.id).await.row.reason, Reason::Exhausted);
}

/// One call with all of it: every report is answered for itself.
pub async fn a_wish_to_cancel_is_heeded_for_its_own_job_only(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&(0..40).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    let claimed = crew.take(40).await;
    for some in claimed.chunks(4) {
        store.cancel(&[some[1].id, some[2].id]).await.unwrap();
        crew.report(&some[3], Outcome::Completed).await;
    }
    let outcomes = [failed_for_an_hour(), failed_for_an_hour(), Outcome::Completed, failed()];
    let ends = claimed.iter().zip(outcomes.iter().cycle());
    let reports: Vec<_> = ends.map(|(it, end)| finish(it, end.clone())).collect();
    let answers = store.finish(&reports).await.unwrap();
    let expected =
        [Finished::Recorded, Finished::Cancelled, Finished::Recorded, Finished::Stale].repeat(10);
    assert_eq!(answers, expected);
    let states =
        [State::Retryable, State::Cancelled, State::Completed, State::Completed].repeat(10);
    for (claimed, expected) in claimed.iter().zip(states) {
        assert_eq!(state(&*store, claimed.id).await, expected);
    }
}
