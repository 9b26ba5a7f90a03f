//! What all tests need: a storage, a kind of job, and quick looks at what became of it.

use std::sync::Arc;

use longshore_conformance::MemoryStore;
use longshore_core::{JobId, NewJob, Page, Payload, State, Transition, TransitionFilter};
use longshore_store::{JobDetail, Store};
use longshore_worker::{Error, Event, Events, Finished, Job, Result};
use serde::{Deserialize, Serialize};

/// The payload of most tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Crate {
    pub(crate) n: u32,
}

impl Job for Crate {
    const KIND: &'static str = "unload";
}

/// A storage whose clock goes with tokio's.
pub(crate) fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::in_tokio_time())
}

pub(crate) fn unload(n: u32) -> NewJob {
    Crate { n }.to_new_job().unwrap()
}

/// Enqueues jobs 0..count in one call.
pub(crate) async fn bring(store: &Arc<dyn Store>, count: u32) -> Vec<JobId> {
    let jobs: Vec<_> = (0..count).map(unload).collect();
    bring_these(store, &jobs).await
}

pub(crate) async fn bring_these(store: &Arc<dyn Store>, jobs: &[NewJob]) -> Vec<JobId> {
    store.enqueue(jobs).await.unwrap().into_iter().map(longshore_store::Enqueued::id).collect()
}

pub(crate) async fn bring_one(store: &Arc<dyn Store>, job: NewJob) -> JobId {
    bring_these(store, &[job]).await[0]
}

pub(crate) async fn detail(store: &Arc<dyn Store>, id: JobId) -> JobDetail {
    store.jobs(&[id]).await.unwrap().remove(0).unwrap()
}

pub(crate) async fn state(store: &Arc<dyn Store>, id: JobId) -> State {
    detail(store, id).await.row.state
}

pub(crate) async fn result(store: &Arc<dyn Store>, id: JobId) -> Option<Payload> {
    detail(store, id).await.result
}

/// The states that a job went through, oldest first.
pub(crate) async fn ledger(store: &Arc<dyn Store>, id: JobId) -> Vec<Transition> {
    let filter = TransitionFilter { job_id: Some(id), ..TransitionFilter::default() };
    let mut transitions = store.list_transitions(&filter, &Page::default()).await.unwrap().items;
    transitions.sort_by_key(|transition| transition.id);
    transitions
}

/// The next finished attempt.
pub(crate) async fn finished(events: &mut Events) -> Finished {
    let finished = |event| match event {
        Event::Finished(finished) => Some(finished),
        _ => None,
    };
    events.find(finished).await.expect("the worker is alive")
}

/// The next finished attempt that ended its job.
pub(crate) async fn ended(events: &mut Events) -> Finished {
    loop {
        let finished = finished(events).await;
        if finished.state.is_terminal() {
            return finished;
        }
    }
}

/// Waits until something is so: bounded, and without a wait where it is.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut probe: impl FnMut() -> F,
) -> T {
    for _ in 0..2000 {
        if let Some(found) = probe().await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("it never came about that {what}")
}

/// What a handler returns that is content.
pub(crate) fn done<T>(value: T) -> Result<T> {
    Ok(value)
}

/// What a handler returns that is not.
pub(crate) fn failed(error: impl Into<Error>) -> Result {
    Err(error.into())
}
