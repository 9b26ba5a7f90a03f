//! Old jobs go by themselves, and what must stay stays.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use longshore_conformance::{MemoryStore, witness::id_made_at};
use longshore_core::{NewJob, State, Timestamp, Week};
use longshore_store::{Rotated, Store};
use longshore_worker::{Event, Result, SetupError, Worker};

use crate::harbour::{Crate, bring_one, eventually, memory, state, unload};
use crate::troubled::Troubled;

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn ok(_: Crate) -> Result {
    Ok(())
}

/// A job whose id was made ten weeks ago.
fn old(n: u32, now: Timestamp) -> NewJob {
    NewJob { id: id_made_at(now - 70 * DAY), ..unload(n) }
}

/// S2-31
#[tokio::test(start_paused = true)]
async fn a_worker_drops_old_weeks_and_carries_what_lives() {
    let model = MemoryStore::in_tokio_time();
    let store: Arc<dyn Store> = Arc::new(model.clone());
    let over = bring_one(&store, old(1, model.now())).await;
    Worker::new(store.clone()).handle(ok).drain().await.unwrap();
    model.advance(30 * DAY);
    let held = bring_one(&store, NewJob { held: true, ..old(2, model.now() - 30 * DAY) }).await;
    let young = bring_one(&store, unload(3)).await;
    let week = Week::of(over.time().unwrap());

    let running = Worker::new(store.clone()).handle(ok).start().await.unwrap();
    let mut events = running.events();
    let rotated = |event| match event {
        Event::Rotated { week, rotated } => Some((week, rotated)),
        _ => None,
    };
    let expected = Rotated::Dropped { survivors: 1, rows: 1 };
    assert_eq!(events.find(rotated).await, Some((week, expected)));
    running.stop().await.unwrap();
    assert!(store.jobs(&[over]).await.unwrap()[0].is_none());
    assert_eq!(state(&store, held).await, State::Held);
    assert!(store.jobs(&[young]).await.unwrap()[0].is_some());
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_retention_drops_nothing() {
    let model = MemoryStore::in_tokio_time();
    let store: Arc<dyn Store> = Arc::new(model.clone());
    let over = bring_one(&store, old(1, model.now())).await;
    Worker::new(store.clone()).handle(ok).drain().await.unwrap();
    model.advance(365 * DAY);
    let running = Worker::new(store.clone()).handle(ok).retention_off().start().await.unwrap();
    tokio::time::sleep(DAY / 2).await;
    running.stop().await.unwrap();
    assert_eq!(state(&store, over).await, State::Completed);
}

#[tokio::test]
async fn a_retention_below_a_day_fails_the_start() {
    let worker = || Worker::new(memory()).handle(ok);
    let refused = worker().retention(DAY / 2).start().await.unwrap_err();
    let refused = refused.downcast_ref::<SetupError>().cloned().unwrap();
    assert!(matches!(refused, SetupError::ShortRetention(_)), "{refused}");
    assert!(refused.to_string().contains("at least a day"), "{refused}");
    let mended = worker().retention(DAY / 2).retention(7 * DAY).start().await.unwrap();
    mended.stop().await.unwrap();
}

/// What a database does not allow is asked for once; all other work goes on.
#[tokio::test(start_paused = true)]
async fn a_worker_that_may_not_drop_weeks_works_on() {
    let troubled = Arc::new(Troubled::new());
    troubled.forbids_rotation.store(true, Ordering::Relaxed);
    let store: Arc<dyn Store> = troubled.clone();
    let over = bring_one(&store, old(1, troubled.model.now())).await;
    Worker::new(store.clone()).handle(ok).drain().await.unwrap();
    troubled.model.advance(30 * DAY);
    let running = Worker::new(store.clone()).handle(ok).start().await.unwrap();
    tokio::time::sleep(DAY).await;
    let id = bring_one(&store, unload(2)).await;
    eventually("the job runs", async || {
        (state(&store, id).await == State::Completed).then_some(())
    })
    .await;
    running.stop().await.unwrap();
    assert_eq!(troubled.refusals.load(Ordering::Relaxed), 1, "asked once");
    assert!(store.jobs(&[over]).await.unwrap()[0].is_none(), "what may be swept is swept");
}
