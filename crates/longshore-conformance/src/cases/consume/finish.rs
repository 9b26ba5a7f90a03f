//! What becomes of a job when its attempt closes.

use std::time::Duration;

use chrono::TimeDelta;
use longshore_core::{
    Backoff, Failure, FailureKind, LONGEST_WAIT, NewJob, Outcome, Payload, Reason, State,
    Transition,
};
use longshore_store::{ErrorKind, Finish, Finished};

use crate::{
    Crew, Disposable, failed, failed_for_an_hour, failed_for_now, finish, job, witness::*,
};

const HOUR: Duration = Duration::from_secs(3600);

/// S3-8, S2-21
pub async fn a_success_completes_a_job_with_its_result(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let id = crew.live_through(&job(), Outcome::Completed).await;
    let stored = detail(&*store, id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Completed, Reason::Ok));
    assert_eq!((stored.row.attempt, &stored.row.error), (1, &None));
    assert_eq!((stored.row.due_at, stored.worker_id, stored.lease_until), (None, None, None));
    assert_eq!(stored.result.unwrap().as_str(), r#"{"crates":3}"#);
    assert!(stored.row.started_at.is_some());
    assert!(crew.take(10).await.is_empty());
}

/// S3-9, S2-13
pub async fn a_failure_waits_as_long_as_the_backoff_says(db: &dyn Disposable) {
    let store = db.store();
    let job = NewJob { backoff: Some(Backoff::Fixed { delay: HOUR }), ..job() };
    let crew = Crew::of(store.clone());
    crew.live_through(&job, failed()).await;
    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Retryable, Reason::RetryScheduled));
    assert_eq!((stored.row.attempt, stored.last_attempt), (1, 20));
    let due_at = stored.row.due_at.unwrap();
    assert_eq!(due_at - stored.row.changed_at, TimeDelta::hours(1));
    assert_eq!(stored.row.error.unwrap().message, "the crane is stuck");
    assert_eq!(stored.result, None);
    assert!(crew.take(10).await.is_empty());
    assert_eq!(crew.take_at(10, due_at).await[0].standing.attempt, 2);
}

/// S2-16: the handler's own wish goes before the policy.
pub async fn a_failure_waits_as_long_as_its_handler_wishes(db: &dyn Disposable) {
    let store = db.store();
    let wish = Some(Duration::from_millis(90_500));
    let outcome = Outcome::Failed { reason: Reason::Timeout, retry_in: wish };
    let id = Crew::of(store.clone()).live_through(&job(), outcome).await;
    let row = detail(&*store, id).await.row;
    assert_eq!((row.state, row.reason), (State::Retryable, Reason::Timeout));
    assert_eq!(row.due_at.unwrap() - row.changed_at, TimeDelta::milliseconds(90_500));
}

/// S3-10, S2-14
pub async fn a_failure_without_a_try_left_is_a_dead_letter(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = NewJob { max_attempts: 1, ..job() };
    crew.live_through(&job, failed_for_now()).await;
    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Discarded, Reason::Exhausted));
    assert_eq!(stored.row.error.unwrap().message, "the crane is stuck");
    assert!(crew.take(10).await.is_empty());
}

/// S2-15
pub async fn a_discard_or_a_declined_retry_ends_a_job_with_tries_left(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    for reason in [Reason::Discarded, Reason::Declined, Reason::Undecodable, Reason::NoHandler] {
        let id = crew.live_through(&job(), Outcome::Discarded(reason)).await;
        let row = detail(&*store, id).await.row;
        assert_eq!((row.state, row.reason), (State::Discarded, reason));
        assert_eq!(row.error.unwrap().message, "the crate is empty");
    }
}

/// A snooze gives the job back for a while; the attempt does not count against its tries.
pub async fn a_snooze_does_not_count(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = NewJob { max_attempts: 1, ..job() };
    crew.live_through(&job, Outcome::Snoozed(HOUR)).await;
    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Scheduled, Reason::Snoozed));
    assert_eq!((stored.row.attempt, stored.last_attempt), (1, 2));
    let due_at = stored.row.due_at.unwrap();
    assert_eq!(due_at - stored.row.changed_at, TimeDelta::hours(1));
    assert!(crew.take(10).await.is_empty());
    let claimed = crew.take_at(1, due_at).await.remove(0);
    assert_eq!((claimed.standing.attempt, claimed.standing.last_attempt), (2, 2));
    assert_eq!(claimed.standing.from, State::Scheduled);
}

/// A job whose handler never started goes back at once, without counting.
pub async fn a_release_at_shutdown_does_not_count(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = NewJob { max_attempts: 1, ..job() };
    crew.live_through(&job, Outcome::Released).await;
    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Available, Reason::Shutdown));
    assert_eq!((stored.row.attempt, stored.last_attempt), (1, 2));
    assert_eq!(stored.row.due_at, Some(stored.row.changed_at));
    assert_eq!(crew.take_one().await.standing.attempt, 2);
}

pub async fn a_handler_can_call_its_job_off(db: &dyn Disposable) {
    let store = db.store();
    let id = Crew::of(store.clone()).live_through(&job(), Outcome::Cancelled).await;
    let stored = detail(&*store, id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Cancelled, Reason::Cancelled));
    assert_eq!(stored.result, None);
}

/// S3-11
pub async fn a_job_that_fails_twice_completes_at_the_third_try(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = job();
    crew.live_through(&job, failed_for_now()).await;
    for outcome in [failed_for_now(), Outcome::Completed] {
        let claimed = crew.take_one().await;
        assert_eq!(crew.report(&claimed, outcome).await, Finished::Recorded);
    }
    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.attempt), (State::Completed, 3));
    assert_eq!(stored.row.error, None, "the error of an earlier try stays in the ledger only");
}

/// S2-17
pub async fn three_tries_leave_exactly_three_entries(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = NewJob { max_attempts: 3, ..job() };
    crew.live_through(&job, failed_for_now()).await;
    for _ in 0..2 {
        let claimed = crew.take_one().await;
        crew.report(&claimed, failed_for_now()).await;
    }
    assert!(crew.take(1).await.is_empty());
    let history = history(&*store, job.id).await;
    let tells = |it: &Transition| (it.seq, it.attempt, it.state_after);
    assert_eq!(
        history.iter().map(tells).collect::<Vec<_>>(),
        [
            (0, 0, State::Available),
            (1, 1, State::Running),
            (1, 1, State::Retryable),
            (2, 2, State::Running),
            (2, 2, State::Retryable),
            (3, 3, State::Running),
            (3, 3, State::Discarded),
        ]
    );
}

/// Only what completed has a result.
pub async fn a_result_is_kept_byte_by_byte_for_completed_jobs_only(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let result = Payload::parse(" {\"z\": 1e400, \"a\": \"\\u00e9 日本\"}\n").unwrap();
    store.enqueue(&[job(), job(), job()]).await.unwrap();
    let claimed = crew.take(3).await;
    let outcomes = [Outcome::Completed, failed(), Outcome::Discarded(Reason::Discarded)];
    let with_result = |(claimed, outcome): (_, Outcome)| Finish {
        result: Some(result.clone()),
        ..finish(claimed, outcome)
    };
    let reports: Vec<_> = claimed.iter().zip(outcomes).map(with_result).collect();
    store.finish(&reports).await.unwrap();
    let settled = store.settled(&[claimed[0].id, claimed[1].id, claimed[2].id]).await.unwrap();
    let results: Vec<_> = settled.into_iter().map(|it| it.unwrap().result).collect();
    assert_eq!(results[0].as_ref().unwrap().as_str(), result.as_str());
    assert_eq!(results[1..], [None, None]);
}

/// An error text can never itself fail the write.
pub async fn any_error_text_can_be_stored(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let texts = ["a\0b", "", "'; DROP TABLE jobs; --", "\u{1}\u{7f}\u{FFFF}", &"é".repeat(100_000)];
    for text in texts {
        enqueue(&*store, &job()).await;
        let claimed = crew.take_one().await;
        let error = Failure::new(FailureKind::Panic, text);
        let discard = Outcome::Discarded(Reason::Panic);
        let report = Finish { error: Some(error.clone()), ..finish(&claimed, discard) };
        assert_eq!(store.finish(&[report]).await.unwrap(), [Finished::Recorded]);
        let stored = detail(&*store, claimed.id).await.row.error.unwrap();
        assert_eq!(stored, error);
        assert!(!stored.message.contains('\0'));
    }
}

/// S3-11: an error with its causes comes back as it was.
pub async fn an_error_keeps_its_kind_and_causes(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    let error = Failure {
        causes: vec!["the winch".into(), "rust".into()],
        ..Failure::new(FailureKind::Timeout, "too slow")
    };
    let report = Finish { error: Some(error.clone()), ..finish(&claimed, failed()) };
    store.finish(&[report]).await.unwrap();
    assert_eq!(detail(&*store, claimed.id).await.row.error, Some(error.clone()));
    assert_eq!(history(&*store, claimed.id).await[2].error, Some(error));
}

/// One call, every outcome: each job goes its own way.
pub async fn one_call_closes_attempts_in_every_way(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let outcomes = [
        (Outcome::Completed, State::Completed),
        (failed_for_an_hour(), State::Retryable),
        (failed_for_now(), State::Available),
        (Outcome::Discarded(Reason::Discarded), State::Discarded),
        (Outcome::Snoozed(HOUR), State::Scheduled),
        (Outcome::Released, State::Available),
        (Outcome::Cancelled, State::Cancelled),
    ];
    store.enqueue(&(0..70).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    let claimed = crew.take(70).await;
    let ways = || claimed.iter().zip(outcomes.iter().cycle());
    let reports: Vec<_> = ways().map(|(it, (outcome, _))| finish(it, outcome.clone())).collect();
    let recorded = store.finish(&reports).await.unwrap();
    assert!(recorded.iter().all(|it| *it == Finished::Recorded) && recorded.len() == 70);
    for (claimed, (outcome, expected)) in ways() {
        assert_eq!(state(&*store, claimed.id).await, *expected, "{outcome:?}");
    }
    assert_eq!(crew.take(100).await.len(), 20);
}

/// S2-19: a wait beyond all years is cut to one that every engine stores, and harms no other report.
pub async fn an_enormous_wait_is_cut(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&(0..4).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    let claimed = crew.take(4).await;
    let ever = Duration::MAX;
    let wish = Outcome::Failed { reason: Reason::RetryScheduled, retry_in: Some(ever) };
    let mut reports: Vec<_> = [wish, Outcome::Snoozed(ever), failed(), Outcome::Completed]
        .into_iter()
        .zip(&claimed)
        .map(|(outcome, claimed)| finish(claimed, outcome))
        .collect();
    // A step that our state machine would not make.
    reports[2].step.due_in = Some(ever);
    assert_eq!(store.finish(&reports).await.unwrap(), [Finished::Recorded; 4]);
    for claimed in &claimed[..3] {
        let row = detail(&*store, claimed.id).await.row;
        assert_eq!(
            row.due_at.unwrap() - row.changed_at,
            TimeDelta::from_std(LONGEST_WAIT).unwrap()
        );
    }
    assert_eq!(state(&*store, claimed[3].id).await, State::Completed);
}

/// S2-39: neither tries nor ledger rows end at some small number.
pub async fn a_job_may_be_tried_three_hundred_times(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let id = enqueue(&*store, &NewJob { max_attempts: 300, ..job() }).await;
    for attempt in 1..=300 {
        let claimed = crew.take_one().await;
        assert_eq!(claimed.standing.attempt, attempt);
        crew.report(&claimed, failed_for_now()).await;
    }
    let row = detail(&*store, id).await.row;
    assert_eq!((row.state, row.reason, row.attempt), (State::Discarded, Reason::Exhausted, 300));
    assert_eq!(history(&*store, id).await.len(), 601);
}

/// Refused before any SQL, as a whole.
pub async fn a_result_that_some_engine_could_not_store_is_refused(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&[job(), job()]).await.unwrap();
    let claimed = crew.take(2).await;
    for text in ["\"\0\"", r#""\u0000""#, r#""\udc00""#, "{", &"[".repeat(5000)] {
        let result = Some(Payload::stored(text.into()));
        let bad = Finish { result, ..finish(&claimed[0], Outcome::Completed) };
        let good = finish(&claimed[1], Outcome::Completed);
        let error = store.finish(&[good, bad]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text:.20}");
    }
    for claimed in &claimed {
        assert_eq!(state(&*store, claimed.id).await, State::Running);
    }
}

pub async fn an_empty_report_is_fine(db: &dyn Disposable) {
    assert_eq!(db.store().finish(&[]).await.unwrap(), []);
}
