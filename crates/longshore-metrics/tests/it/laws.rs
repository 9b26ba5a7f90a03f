//! Transparency beyond answers: dropped calls, the engine beneath, what is not a call.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};

use longshore_conformance::{KIND, MemoryStore, job};
use longshore_metrics::{Metered, metered};
use longshore_store::{Decorator, Hint, Inspect, Maintain, Operate};

use crate::{board::Board, counts::measured};

/// S3-24
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_leaves_no_open_transaction_and_no_count() {
    let board = Board::new();
    let folder = tempfile::tempdir().unwrap();
    let options = longshore_sqlite::SqliteOptions::from_url(&format!(
        "sqlite://{}/jobs.db",
        folder.path().display()
    ));
    let plain = longshore_sqlite::SqliteStore::connect(options.unwrap()).await.unwrap();
    plain.migrate().await.unwrap();
    let store = metered(Arc::new(plain.clone()), ["default"], [KIND]);
    let dropped = job();
    {
        let jobs = [dropped.clone()];
        let mut call = pin!(store.enqueue(&jobs));
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut nobody).is_pending(), "it was on its way");
    }
    let next = job();
    store.enqueue(std::slice::from_ref(&next)).await.unwrap();
    let found = plain.jobs(&[dropped.id, next.id]).await.unwrap();
    assert!(found.iter().all(Option::is_some), "what was sent to the writer is written");
    assert_eq!(board.sum("jobs_enqueued_total"), 1.0);
    store.close().await;
}

/// S3-24
#[tokio::test]
async fn what_is_not_a_call_of_the_database_is_passed_on() {
    let model = MemoryStore::new();
    let store = metered(measured(&model), ["default"], [KIND]);
    assert_eq!(store.engine(), "memory");
    assert_eq!(store.limits(), Operate::limits(&model));
    let week = longshore_core::Week::of(model.now());
    assert_eq!(store.rotation(week), model.rotation(week));
    assert_eq!(store.migration(0, model.now()), model.migration(0, model.now()));
    let mut hints = store.hints();
    store.hint(&[job().lane()]).await;
    assert_eq!(hints.next().await, Hint::Lane(job().lane()));
}

#[tokio::test]
async fn the_engine_is_found_beneath_any_number_of_decorators() {
    let outer = Metered::new(measured(&MemoryStore::new()), ["default"], [KIND]);
    let inner = outer.beneath().as_decorator().expect("it is decorated twice");
    let engine: &dyn std::any::Any = inner.beneath();
    assert!(engine.is::<MemoryStore>());
    assert!(inner.beneath().as_decorator().is_none());
}
