//! An enqueue whose answer was lost is repeated as it is, and stays one job.

use longshore_core::{NewJob, Outcome, Scope, State, Unique};
use longshore_store::Enqueued;

use crate::{Crew, Disposable, job, witness::*};

/// G1
pub async fn a_repeated_call_converges_to_the_same_jobs(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let unique = Some(Unique { key: "k".into(), scope: Scope::UntilTerminal });
    let jobs = [job(), NewJob { unique, ..job() }, job()];
    store.enqueue(&jobs).await.unwrap();
    let again: Vec<_> = jobs.iter().map(|job| Enqueued::Duplicate(job.id)).collect();
    assert_eq!(store.enqueue(&jobs).await.unwrap(), again);
    assert_eq!(other.enqueue(&jobs).await.unwrap(), again);
    assert_eq!(Crew::of(store).take(10).await.len(), 3);
}

pub async fn a_repeated_call_stores_what_is_new_in_it(db: &dyn Disposable) {
    let store = db.store();
    let (old, new) = (job(), job());
    enqueue(&*store, &old).await;
    let outcomes = store.enqueue(&[new.clone(), old.clone()]).await.unwrap();
    assert_eq!(outcomes, [Enqueued::Created(new.id), Enqueued::Duplicate(old.id)]);
}

pub async fn an_id_twice_in_one_call_is_one_job(db: &dyn Disposable) {
    let store = db.store();
    let job = job();
    let outcomes = store.enqueue(&[job.clone(), job.clone()]).await.unwrap();
    assert_eq!(outcomes, [Enqueued::Created(job.id), Enqueued::Duplicate(job.id)]);
    assert_eq!(Crew::of(store).take(10).await.len(), 1);
}

/// Repeating does not bring a job back to life, nor change what it is.
pub async fn a_repeated_call_leaves_a_finished_job_alone(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = job();
    crew.live_through(&job, Outcome::Completed).await;
    let changed = NewJob { kind: "other".into(), ..job.clone() };
    assert_eq!(store.enqueue(&[changed]).await.unwrap(), [Enqueued::Duplicate(job.id)]);
    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.kind.as_str()), (State::Completed, crate::KIND));
    assert!(crew.take(10).await.is_empty());
}

/// A repeated id takes no key: it would be held by nobody for ever.
pub async fn a_repeated_id_takes_no_new_key(db: &dyn Disposable) {
    let store = db.store();
    let old = job();
    enqueue(&*store, &old).await;
    let unique = Some(Unique { key: "k".into(), scope: Scope::UntilTerminal });
    let again = NewJob { unique: unique.clone(), ..old.clone() };
    assert_eq!(store.enqueue(&[again]).await.unwrap(), [Enqueued::Duplicate(old.id)]);
    enqueue(&*store, &NewJob { unique, ..job() }).await;
}
