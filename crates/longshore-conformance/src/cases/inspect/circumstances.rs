//! "Why is this job not running?" has the right answer in every situation.

use std::{sync::Arc, time::Duration};

use longshore_core::{
    Because, Circumstances, Due, JobId, NewJob, Priority, Reason, State, explain,
};
use longshore_store::{Claim, Heartbeat, Store, WorkerFacts};

use crate::{Crew, Disposable, KIND, default_lane, job, witness::*};

async fn facts(store: &dyn Store, id: JobId) -> Circumstances {
    store.circumstances(id).await.unwrap().expect("the job is there")
}

async fn why(store: &dyn Store, id: JobId) -> Vec<Because> {
    explain(&facts(store, id).await)
}

async fn alive(store: &dyn Store, crew: &Crew) {
    store.heartbeat(&crew.heartbeat(vec![])).await.unwrap();
}

/// From "no worker is alive" to "it is next", one obstacle after the other.
pub async fn a_due_job_is_explained_by_who_is_there(db: &dyn Disposable) {
    let store = db.store();
    let job = job();
    enqueue(&*store, &job).await;
    assert_eq!(why(&*store, job.id).await, [Because::NoWorker]);
    alive(&*store, &Crew::who_handle(store.clone(), &["mail"], &[KIND])).await;
    let nobody_listens = Because::NobodyListens { queue: "default".into() };
    assert_eq!(why(&*store, job.id).await, [nobody_listens]);
    alive(&*store, &Crew::who_handle(store.clone(), &["mail", "default"], &["other"])).await;
    assert_eq!(why(&*store, job.id).await, [Because::NobodyHandles { kind: KIND.into() }]);
    alive(&*store, &Crew::who_handle(store.clone(), &["default"], &["other", KIND])).await;
    assert_eq!(why(&*store, job.id).await, [Because::Next]);
    let facts = facts(&*store, job.id).await;
    assert_eq!((facts.workers, facts.listening, facts.able, facts.ahead), (3, 2, 1, 0));
}

/// A worker that is stopping is alive, but takes no more jobs.
pub async fn a_worker_that_is_stopping_does_not_listen(db: &dyn Disposable) {
    let store = db.store();
    let job = job();
    enqueue(&*store, &job).await;
    let crew = Crew::of(store.clone());
    alive(&*store, &crew).await;
    assert_eq!(why(&*store, job.id).await, [Because::Next]);
    let stopping = Arc::new(WorkerFacts { stopping: true, ..(*crew.facts()).clone() });
    let last_words = Heartbeat { worker: stopping, ..crew.heartbeat(vec![]) };
    store.heartbeat(&last_words).await.unwrap();
    assert_eq!(why(&*store, job.id).await, [Because::NobodyListens { queue: "default".into() }]);
    let facts = facts(&*store, job.id).await;
    assert_eq!((facts.workers, facts.listening, facts.able), (1, 0, 0));
}

/// Higher priorities of the queue and earlier jobs of the lane come first, nothing else does.
pub async fn a_job_behind_others_is_told_how_many(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    alive(&*store, &crew).await;
    let urgent = || NewJob { priority: Priority::HIGHEST, ..job() };
    let last = job();
    let others = [
        urgent(),
        NewJob { tenant: "other".into(), ..urgent() },
        NewJob { queue: "other".into(), ..urgent() },
        NewJob { due: Due::In(Duration::from_secs(60)), ..urgent() },
        NewJob { priority: Priority::LOWEST, ..job() },
        NewJob { held: true, ..urgent() },
    ];
    enqueue(&*store, &job()).await;
    store.enqueue(&others).await.unwrap();
    enqueue(&*store, &last).await;
    enqueue(&*store, &job()).await;
    assert_eq!(why(&*store, last.id).await, [Because::Behind { jobs: 3 }]);
}

pub async fn a_job_in_any_state_is_explained(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    for (state, id) in jobs {
        let facts = facts(&*store, id).await;
        let row = detail(&*store, id).await;
        assert_eq!((facts.state, facts.reason), (state, Some(row.row.reason)));
        assert_eq!((facts.queue, facts.kind), (row.row.queue, row.row.kind));
        assert_eq!((facts.due_at, facts.attempt), (row.row.due_at, row.row.attempt));
        assert_eq!(facts.lease_until, row.lease_until);
        assert!(!facts.cancel_requested);
        let why = why(&*store, id).await;
        let right = match &why[0] {
            Because::Held => state == State::Held,
            Because::NotDue { .. } => matches!(state, State::Scheduled | State::Retryable),
            Because::NoWorker => state == State::Available,
            Because::Running { .. } => state == State::Running,
            Because::Terminal { state: end, .. } => *end == state,
            _ => false,
        };
        assert!(right, "{state}: {why:?}");
    }
    assert_eq!(store.circumstances(JobId::new()).await.unwrap(), None);
}

pub async fn a_job_in_a_paused_queue_is_explained_by_the_pause(db: &dyn Disposable) {
    let store = db.store();
    let job = NewJob { due: Due::In(Duration::from_secs(3600)), ..job() };
    enqueue(&*store, &job).await;
    alive(&*store, &Crew::of(store.clone())).await;
    store.pause("default").await.unwrap();
    let why_paused = why(&*store, job.id).await;
    let due_at = detail(&*store, job.id).await.row.due_at.unwrap();
    let not_due = Because::NotDue { due_at, reason: Some(Reason::Scheduled) };
    assert_eq!(why_paused[0], not_due, "most decisive first");
    assert!(matches!(&why_paused[1], Because::Paused { queue, .. } if queue == "default"));
    store.resume("default").await.unwrap();
    assert_eq!(why(&*store, job.id).await.len(), 1);
}

pub async fn a_running_job_is_explained_by_its_lease_and_a_wish_to_cancel(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    store.cancel(&[claimed.id]).await.unwrap();
    let because = why(&*store, claimed.id).await;
    let lease_until = Some(claimed.claimed_at + crate::LEASE);
    assert_eq!(because, [Because::Running { lease_until }, Because::CancelRequested]);
}

pub async fn a_job_of_a_silent_worker_is_explained_by_its_lease(db: &dyn Disposable) {
    let store = db.store();
    enqueue(&*store, &job()).await;
    let soon_over = Duration::from_millis(1);
    let claim = Claim { lease: soon_over, ..Crew::of(store.clone()).claim(&[default_lane()], 1) };
    let claimed = store.claim(&claim).await.unwrap().remove(0);
    let since = claimed.claimed_at + soon_over;
    for _ in 0..2000 {
        if why(&*store, claimed.id).await == [Because::LeaseExpired { since }] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("a lease of one millisecond never expired");
}
