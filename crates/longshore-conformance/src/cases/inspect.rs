//! What the answers to questions promise.

mod circumstances;
mod dead;
mod depths;
mod filters;
mod labels;
mod logs;
mod pages;
mod transitions;

use longshore_core::{JobId, State};

use crate::{Crew, Disposable, job, witness::*};

pub use circumstances::*;
pub use dead::*;
pub use depths::*;
pub use filters::*;
pub use labels::*;
pub use logs::*;
pub use pages::*;
pub use transitions::*;

/// S3-14, S2-12
pub async fn jobs_are_found_by_id_in_the_order_asked(db: &dyn Disposable) {
    let store = db.store();
    let jobs = [job(), job()];
    store.enqueue(&jobs).await.unwrap();
    let ids = [jobs[1].id, JobId::new(), jobs[0].id, jobs[1].id];
    let found = store.jobs(&ids).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| it.as_ref().map(|it| it.row.id)).collect();
    assert_eq!(found, [Some(ids[0]), None, Some(ids[2]), Some(ids[0])]);
    assert_eq!(store.jobs(&[]).await.unwrap(), []);
    assert_eq!(store.settled(&[]).await.unwrap(), []);
    assert_eq!(store.settled(&[JobId::new()]).await.unwrap(), [None]);
}

/// S1-39: who waits for a job sees where it stands, in every state.
pub async fn settled_tells_how_far_every_job_is(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let settled = store.settled(&jobs.map(|(_, id)| id)).await.unwrap();
    for ((state, id), settled) in jobs.into_iter().zip(settled) {
        let settled = settled.unwrap();
        assert_eq!((settled.id, settled.state), (id, state));
        assert_eq!(settled.result.is_some(), state == State::Completed);
        let has_failed = matches!(state, State::Retryable | State::Discarded);
        assert_eq!(settled.error.is_some(), has_failed, "{state}");
    }
}

/// A look-up, a list and a settled answer never contradict each other.
pub async fn a_list_and_a_look_up_say_the_same(db: &dyn Disposable) {
    let store = db.store();
    one_in_every_state(db).await;
    let retried = Crew::of(store.clone()).live_through(&job(), crate::failed_for_now()).await;
    assert_eq!(state(&*store, retried).await, State::Available);
    let rows = all_jobs(&*store, &Default::default()).await;
    assert_eq!(rows.len(), 9);
    for row in rows {
        assert_eq!(row, detail(&*store, row.id).await.row);
    }
}
