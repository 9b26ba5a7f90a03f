//! What a worker tells beside its storage's calls.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{MemoryStore, witness::enqueue};
use longshore_core::NewJob;
use longshore_store::Store;
use longshore_worker::{Error, Event, Worker};
use tokio::sync::Semaphore;

use crate::board::Board;

const KIND: &str = "unload";

fn slots(board: &Board) -> (Option<f64>, Option<f64>) {
    let slots = |state| board.value(&format!("worker_slots{{state=\"{state}\"}}"));
    (slots("busy"), slots("free"))
}

#[tokio::test]
async fn slots_are_busy_while_jobs_run_and_gone_with_their_worker() {
    let board = Board::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::in_tokio_time());
    for _ in 0..4 {
        enqueue(&*store, &NewJob::of_kind(KIND)).await;
    }
    let gate = Arc::new(Semaphore::new(0));
    let at_the_gate = gate.clone();
    let unload = move |_, _| {
        let gate = at_the_gate.clone();
        async move {
            gate.acquire().await.map_err(Error::from)?.forget();
            Ok::<(), Error>(())
        }
    };
    let worker = Worker::new(store).handle_raw(KIND, unload).queue("default", 3).queue("mail", 2);
    let running = worker.decorate(longshore_metrics::metered).start().await.unwrap();
    let mut events = running.events();
    let started = |event| matches!(event, Event::Started { .. }).then_some(());
    for _ in 0..3 {
        events.find(started).await.unwrap();
    }
    assert_eq!(slots(&board), (Some(3.0), Some(2.0)), "the fourth job waits for a slot");
    gate.add_permits(4);
    running.drained().await;
    assert_eq!(slots(&board), (Some(0.0), Some(5.0)));
    running.stop().await.unwrap();
    assert_eq!(slots(&board), (Some(0.0), Some(0.0)));

    let done = "jobs_finished_total{queue=\"default\",kind=\"unload\",outcome=\"completed\"}";
    assert_eq!(board.value(done), Some(4.0), "its queues and kinds are known");
}

#[tokio::test(start_paused = true)]
async fn calls_that_a_worker_repeats_are_counted() {
    let board = Board::new();
    let store = MemoryStore::in_tokio_time();
    longshore_store::Maintain::close(&store).await;
    let store: Arc<dyn Store> = Arc::new(store);
    let worker = Worker::new(store).handle_raw(KIND, |_, _| async { Ok::<(), Error>(()) });
    let start = tokio::time::timeout(Duration::from_secs(1), worker.start());
    start.await.expect_err("it tries for ever");
    let repeated = board.value("worker_calls_repeated_total{call=\"lanes\"}").unwrap();
    assert!(repeated >= 2.0, "{repeated}");
}
