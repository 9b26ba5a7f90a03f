//! Signs of life: leases are renewed, lost ones are told, progress is seen.

use chrono::TimeDelta;
use longshore_core::{JobId, Outcome};
use longshore_store::{Cancelled, Fence, Heartbeat, Progress, Renewed, WorkerFacts};

use crate::{Crew, Disposable, LEASE, job, witness::*};

/// G3
pub async fn a_heartbeat_renews_a_lease_from_now_on(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    let now = claimed.claimed_at + TimeDelta::seconds(20);
    let heartbeat = Heartbeat { now: Some(now), ..crew.heartbeat(vec![(&claimed, None)]) };
    assert_eq!(store.heartbeat(&heartbeat).await.unwrap(), [Renewed::Held]);
    assert_eq!(detail(&*store, claimed.id).await.lease_until, Some(now + LEASE));
    let rescued = store.rescue(10, 3, Some(claimed.claimed_at + LEASE + TimeDelta::seconds(1)));
    assert_eq!(rescued.await.unwrap(), []);
    assert_eq!(
        crew.report(&claimed, Outcome::Completed).await,
        longshore_store::Finished::Recorded
    );
}

/// Nobody else has it, so it is still ours.
pub async fn an_expired_lease_that_nobody_took_is_renewed(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    let now = Some(claimed.claimed_at + 100 * LEASE);
    let late = Heartbeat { now, ..crew.heartbeat(vec![(&claimed, None)]) };
    assert_eq!(store.heartbeat(&late).await.unwrap(), [Renewed::Held]);
    assert_eq!(store.rescue(10, 3, now).await.unwrap(), []);
}

/// Answers stand at the places of their leases.
pub async fn a_heartbeat_tells_held_lost_and_cancelled_apart(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&[job(), job(), job()]).await.unwrap();
    let claimed = crew.take(3).await;
    assert_eq!(store.cancel(&[claimed[1].id]).await.unwrap(), [Cancelled::Requested]);
    crew.report(&claimed[2], Outcome::Completed).await;
    let mut heartbeat =
        crew.heartbeat(vec![(&claimed[2], None), (&claimed[1], None), (&claimed[0], None)]);
    heartbeat.leases.push((Fence { job: claimed[0].id, attempt: 2 }, None));
    heartbeat.leases.push((Fence { job: JobId::new(), attempt: 1 }, None));
    use Renewed::{CancelRequested, Held, Lost};
    let expected = [Lost, CancelRequested, Held, Lost, Lost];
    assert_eq!(store.heartbeat(&heartbeat).await.unwrap(), expected);
    assert_eq!(
        store.heartbeat(&heartbeat).await.unwrap(),
        expected,
        "a wish is told until it is heard"
    );
}

/// A handler says how far it is; a heartbeat without news keeps the last word.
pub async fn progress_is_seen_while_a_job_runs(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    assert_eq!(detail(&*store, claimed.id).await.progress, None);
    let progress =
        Progress { done: 3, total: u64::from(u32::MAX) + 1, note: "hatch 'A' é".into() };
    crew.renew(&claimed, Some(progress.clone())).await;
    crew.renew(&claimed, None).await;
    assert_eq!(detail(&*store, claimed.id).await.progress, Some(progress.clone()));
    let settled = store.settled(&[claimed.id]).await.unwrap().remove(0).unwrap();
    assert_eq!(settled.progress, Some(progress));
    crew.report(&claimed, Outcome::Completed).await;
    assert_eq!(detail(&*store, claimed.id).await.progress, None);
}

/// Progress of an attempt that is over is nobody's.
pub async fn progress_with_an_old_fence_is_not_stored(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let old = crew.take_one().await;
    crew.report(&old, Outcome::Released).await;
    let new = crew.take_one().await;
    let lost = crew.renew(&old, Some(Progress { done: 9, ..Progress::default() })).await;
    assert_eq!(lost, Renewed::Lost);
    assert_eq!(detail(&*store, new.id).await.progress, None);
}

pub async fn a_heartbeat_makes_its_worker_known(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let crew = Crew::who_handle(store.clone(), &["default", "mail"], &[crate::KIND, "é"]);
    store.enqueue(&[job(), job()]).await.unwrap();
    let claimed = crew.take(2).await;
    assert_eq!(store.heartbeat(&crew.heartbeat(vec![])).await.unwrap(), []);

    let workers = other.workers().await.unwrap();
    assert_eq!(workers.len(), 1);
    assert_eq!((&workers[0].facts, workers[0].running), (&*crew.facts(), 2));
    assert!(workers[0].started_at <= workers[0].seen_at);

    let stopping = WorkerFacts { stopping: true, ..(*crew.facts()).clone() };
    let heartbeat =
        Heartbeat { worker: stopping.into(), ..crew.heartbeat(vec![(&claimed[0], None)]) };
    store.heartbeat(&heartbeat).await.unwrap();
    let again = other.workers().await.unwrap();
    assert_eq!(again[0].started_at, workers[0].started_at);
    assert!(again[0].facts.stopping && again[0].seen_at >= workers[0].seen_at);
}

pub async fn a_worker_that_leaves_is_gone(db: &dyn Disposable) {
    let store = db.store();
    let mut crews = [Crew::of(store.clone()), Crew::of(store.clone())];
    crews.sort_by_key(Crew::id);
    for crew in &crews {
        store.heartbeat(&crew.heartbeat(vec![])).await.unwrap();
    }
    let ids: Vec<_> = store.workers().await.unwrap().iter().map(|it| it.facts.id).collect();
    assert_eq!(ids, [crews[0].id(), crews[1].id()], "by id");
    store.leave(crews[0].id()).await.unwrap();
    store.leave(crews[0].id()).await.unwrap();
    let ids: Vec<_> = store.workers().await.unwrap().iter().map(|it| it.facts.id).collect();
    assert_eq!(ids, [crews[1].id()]);
}

/// A worker that was silent for long is not listed, though it never left.
pub async fn a_silent_worker_is_not_listed(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    let long_ago = Some(claimed.claimed_at - TimeDelta::hours(2));
    store.heartbeat(&Heartbeat { now: long_ago, ..crew.heartbeat(vec![]) }).await.unwrap();
    assert_eq!(store.workers().await.unwrap(), []);
    store.prepare_weeks(1).await.unwrap();
    store.heartbeat(&crew.heartbeat(vec![])).await.unwrap();
    let started_at = store.workers().await.unwrap()[0].started_at;
    assert!(started_at > claimed.claimed_at - TimeDelta::hours(1), "it was forgotten in between");
}
