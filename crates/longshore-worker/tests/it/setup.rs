//! Workers that are put together wrongly say so, and defaults are what they should be.

use std::{sync::Arc, time::Duration};

use longshore_core::{NewJob, State};
use longshore_store::Store;
use longshore_worker::{Job, Result, SetupError, Worker};
use serde::{Deserialize, Serialize};

use crate::harbour::{Crate, bring_one, done, memory, state, unload};

async fn ok(_: Crate) -> Result {
    Ok(())
}

async fn problem(worker: Worker) -> SetupError {
    worker.start().await.unwrap_err().downcast_ref::<SetupError>().cloned().unwrap()
}

/// S3-32
#[tokio::test]
async fn a_second_handler_of_a_kind_is_a_typed_error() {
    let error = problem(Worker::new(memory()).handle(ok).handle(ok)).await;
    assert_eq!(error, SetupError::DuplicateKind("unload".into()));
}

#[tokio::test]
async fn a_worker_that_could_do_nothing_does_not_start() {
    let worker = || Worker::new(memory());
    assert_eq!(problem(worker()).await, SetupError::NoHandler);
    let twice = worker().handle(ok).queue("a", 1).queue("a", 2);
    assert_eq!(problem(twice).await, SetupError::DuplicateQueue("a".into()));
    let none = worker().handle(ok).queue("a", 0);
    assert_eq!(problem(none).await, SetupError::NoConcurrency("a".into()));
    let short = Duration::from_millis(5);
    assert_eq!(problem(worker().handle(ok).lease(short)).await, SetupError::ShortLease(short));
}

#[tokio::test]
async fn a_storage_that_is_closed_for_good_or_not_migrated_fails_the_start() {
    let store: Arc<dyn Store> = Arc::new(crate::troubled::Troubled::new());
    store.close().await;
    assert!(Worker::new(store).handle(ok).start().await.is_err());
}

/// S3-32
#[tokio::test(start_paused = true)]
async fn kinds_without_a_handler_are_not_claimed() {
    let store = memory();
    let unknown = bring_one(&store, NewJob::of_kind("fumigate")).await;
    let known = bring_one(&store, unload(1)).await;
    Worker::new(store.clone()).handle(ok).drain().await.unwrap();
    assert_eq!(state(&store, known).await, State::Completed);
    assert_eq!(state(&store, unknown).await, State::Available);
}

#[derive(Serialize, Deserialize)]
struct Letter;

impl Job for Letter {
    const KIND: &'static str = "letter";
    const QUEUE: &'static str = "mail";
}

#[tokio::test(start_paused = true)]
async fn without_queues_a_worker_takes_those_of_its_kinds() {
    let store = memory();
    let letter = bring_one(&store, Letter.to_new_job().unwrap()).await;
    let unloaded = bring_one(&store, unload(1)).await;
    let elsewhere = bring_one(&store, NewJob { queue: "night".into(), ..unload(1) }).await;
    let post = |_: Letter| async { done(()) };
    Worker::new(store.clone()).handle(ok).handle(post).drain().await.unwrap();
    assert_eq!(state(&store, letter).await, State::Completed);
    assert_eq!(state(&store, unloaded).await, State::Completed);
    assert_eq!(state(&store, elsewhere).await, State::Available);
}

#[tokio::test]
async fn a_worker_shows_itself_while_it_runs_and_leaves_when_it_stops() {
    let store = memory();
    let running = Worker::new(store.clone()).handle(ok).queue("default", 3).start().await.unwrap();
    let row = crate::harbour::eventually("the worker is listed", async || {
        store.workers().await.unwrap().pop()
    })
    .await;
    assert_eq!(row.facts.id, running.id());
    assert_eq!(
        (row.facts.queues, row.facts.kinds),
        (vec![("default".into(), 3)], vec!["unload".into()])
    );
    running.stop().await.unwrap();
    assert!(store.workers().await.unwrap().is_empty());
}
