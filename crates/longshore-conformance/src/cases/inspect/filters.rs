//! What each field of a filter keeps.

use chrono::TimeDelta;
use longshore_core::{
    BatchId, EventId, JobFilter, JobId, NewJob, Outcome, State, TransitionFilter,
};
use longshore_store::Store;

use crate::{Crew, Disposable, failed_for_now, job, witness::*};

/// No job.
const NONE: [usize; 0] = [];

/// Which of these jobs a filter keeps, by their places, oldest first.
async fn kept(store: &dyn Store, jobs: &[NewJob], filter: JobFilter) -> Vec<usize> {
    let rows = all_jobs(store, &filter).await;
    let place = |id: JobId| jobs.iter().position(|job| job.id == id);
    rows.iter().rev().filter_map(|row| place(row.id)).collect()
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// S3-19, S0-23
pub async fn an_empty_filter_keeps_everything_newest_first(db: &dyn Disposable) {
    let store = db.store();
    let jobs: Vec<_> = (0..20).map(|_| job()).collect();
    store.enqueue(&jobs[10..]).await.unwrap();
    store.enqueue(&jobs[..10]).await.unwrap();
    let rows = all_jobs(&*store, &JobFilter::default()).await;
    let newest_first: Vec<_> = jobs.iter().rev().map(|job| job.id).collect();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), newest_first);
}

/// S0-9, S0-11, S0-12
pub async fn names_are_kept_and_dropped(db: &dyn Disposable) {
    let store = db.store();
    let of = |queue: &str, kind: &str, tenant: &str, version: Option<&str>| NewJob {
        queue: queue.into(),
        kind: kind.into(),
        tenant: tenant.into(),
        version: version.map(str::to_owned),
        ..job()
    };
    let jobs = [
        of("mail", "send", "a", None),
        of("mail", "print", "b", Some("1")),
        of("quay", "send", "b", Some("2")),
        of("Mail", "send", "c", Some("1")),
    ];
    store.enqueue(&jobs).await.unwrap();
    let all = JobFilter::default;
    let keep = async |filter| kept(&*store, &jobs, filter).await;

    assert_eq!(keep(JobFilter { queues_in: texts(&["mail"]), ..all() }).await, [0, 1]);
    assert_eq!(keep(JobFilter { queues_in: texts(&["mail", "quay"]), ..all() }).await, [0, 1, 2]);
    assert_eq!(keep(JobFilter { queues_notin: texts(&["mail"]), ..all() }).await, [2, 3]);
    assert_eq!(keep(JobFilter { kinds_in: texts(&["print", "?"]), ..all() }).await, [1]);
    assert_eq!(keep(JobFilter { kinds_notin: texts(&["print"]), ..all() }).await, [0, 2, 3]);
    assert_eq!(keep(JobFilter { tenants_in: texts(&["b", "c"]), ..all() }).await, [1, 2, 3]);
    assert_eq!(keep(JobFilter { versions_in: texts(&["1"]), ..all() }).await, [1, 3]);
    assert_eq!(keep(JobFilter { versions_notin: texts(&["1"]), ..all() }).await, [0, 2]);
    let both = JobFilter { queues_in: texts(&["mail"]), kinds_in: texts(&["send"]), ..all() };
    assert_eq!(keep(both).await, [0], "fields narrow each other");
    let hostile = JobFilter { kinds_in: texts(&["' OR 1=1 --", "%", "_"]), ..all() };
    assert_eq!(keep(hostile).await, NONE);
}

/// S3-19, S0-13: the state that counts is the one of now.
pub async fn every_state_can_be_kept_and_dropped(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    for (state, id) in jobs {
        let only = JobFilter { states_in: vec![state], ..JobFilter::default() };
        let rows = all_jobs(&*store, &only).await;
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id], "{state}");
        assert_eq!(rows[0].state, state);
        let others = JobFilter { states_notin: vec![state], ..JobFilter::default() };
        let rows = all_jobs(&*store, &others).await;
        assert!(rows.len() == 7 && rows.iter().all(|row| row.id != id), "{state}");
    }
    for states in [
        vec![State::Held, State::Completed],
        vec![State::Scheduled, State::Available, State::Retryable],
        vec![State::Running, State::Discarded, State::Cancelled],
    ] {
        let some = JobFilter { states_in: states.clone(), ..JobFilter::default() };
        let mut found: Vec<_> = all_jobs(&*store, &some).await.iter().map(|it| it.state).collect();
        found.sort();
        let mut expected = states;
        expected.sort();
        assert_eq!(found, expected);
    }
}

/// S0-18: an event short-cuts everything else.
pub async fn events_batches_and_correlations_are_kept(db: &dyn Disposable) {
    let store = db.store();
    let (event, batch) = (EventId::new(), BatchId::new());
    let jobs = [
        NewJob { event_id: Some(event), ..job() },
        NewJob { event_id: Some(EventId::new()), batch: Some((batch, 1)), ..job() },
        NewJob { batch: Some((batch, 2)), correlation_id: Some("c".into()), ..job() },
        NewJob { event_id: Some(event), correlation_id: Some("C".into()), ..job() },
        job(),
    ];
    store.enqueue(&jobs).await.unwrap();
    let all = JobFilter::default;
    let keep = async |filter| kept(&*store, &jobs, filter).await;
    assert_eq!(keep(JobFilter { event_id: Some(event), ..all() }).await, [0, 3]);
    let others = texts(&["other"]);
    let short_cut = JobFilter { event_id: Some(event), queues_in: others, ..all() };
    assert_eq!(keep(short_cut).await, [0, 3], "every other constraint is ignored");
    assert_eq!(keep(JobFilter { batch_id: Some(batch), ..all() }).await, [1, 2]);
    assert_eq!(keep(JobFilter { correlation_id: Some("c".into()), ..all() }).await, [2]);
    assert_eq!(keep(JobFilter { event_id: Some(EventId::new()), ..all() }).await, NONE);
}

/// S0-10: windows are strict on both sides.
pub async fn a_created_window_is_strict(db: &dyn Disposable) {
    let store = db.store();
    let jobs = [job()];
    store.enqueue(&jobs).await.unwrap();
    let at = detail(&*store, jobs[0].id).await.row.created_at;
    let moment = TimeDelta::microseconds(1);
    let before = |time| JobFilter { created_before: Some(time), ..JobFilter::default() };
    let after = |time| JobFilter { created_after: Some(time), ..JobFilter::default() };
    assert_eq!(kept(&*store, &jobs, before(at)).await, NONE);
    assert_eq!(kept(&*store, &jobs, before(at + moment)).await, [0]);
    assert_eq!(kept(&*store, &jobs, after(at)).await, NONE);
    assert_eq!(kept(&*store, &jobs, after(at - moment)).await, [0]);
}

/// S0-16: bounds of attempts are inclusive, in every state.
pub async fn attempts_are_kept_within_bounds(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs = [job(), job(), job(), NewJob { held: true, ..job() }];
    crew.live_through(&jobs[0], failed_for_now()).await;
    let second = crew.take_one().await;
    crew.report(&second, Outcome::Completed).await;
    crew.live_through(&jobs[1], failed_for_now()).await;
    let running = crew.take_one().await;
    assert_eq!(running.standing.attempt, 2);
    store.enqueue(&jobs[2..]).await.unwrap();

    let between = |min_attempts, max_attempts| JobFilter {
        min_attempts,
        max_attempts,
        ..JobFilter::default()
    };
    assert_eq!(kept(&*store, &jobs, between(Some(2), None)).await, [0, 1]);
    assert_eq!(kept(&*store, &jobs, between(Some(3), None)).await, NONE);
    assert_eq!(kept(&*store, &jobs, between(None, Some(1))).await, [2, 3]);
    assert_eq!(kept(&*store, &jobs, between(Some(0), Some(2))).await, [0, 1, 2, 3]);
}

/// S0-19: jobs with *some* transition that matches all of the inner filter.
pub async fn jobs_are_kept_by_their_transitions(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs = [job(), job(), job()];
    crew.live_through(&jobs[0], failed_for_now()).await;
    let again = crew.take_one().await;
    crew.report(&again, Outcome::Completed).await;
    crew.live_through(&jobs[1], Outcome::Completed).await;
    enqueue(&*store, &jobs[2]).await;
    let with = |inner| JobFilter { transitions: Some(inner), ..JobFilter::default() };
    let inner = TransitionFilter::default;
    let retried = TransitionFilter { states_in: vec![State::Retryable], ..inner() };
    assert_eq!(kept(&*store, &jobs, with(retried)).await, [0]);
    let completed = TransitionFilter { states_in: vec![State::Completed], ..inner() };
    let at_first_try = TransitionFilter { max_attempts: Some(1), ..completed.clone() };
    assert_eq!(kept(&*store, &jobs, with(completed)).await, [0, 1]);
    assert_eq!(kept(&*store, &jobs, with(at_first_try)).await, [1]);
    let one = TransitionFilter { job_id: Some(jobs[2].id), ..inner() };
    assert_eq!(kept(&*store, &jobs, with(one)).await, [2]);
    assert_eq!(kept(&*store, &jobs, with(inner())).await, [0, 1, 2]);
}
