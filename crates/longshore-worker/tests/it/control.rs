//! Calling off what runs, losing leases, showing progress.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use longshore_core::{NewJob, Reason, State};
use longshore_store::{Cancelled, Store};
use longshore_worker::{Ctx, Error, Event, Worker};
use tokio::sync::mpsc;

use crate::{
    harbour::{Crate, bring_one, detail, done, ended, eventually, failed, memory, state, unload},
    troubled::Troubled,
};

/// Renewed every 100 ms, by real time: the heart is a thread of its own.
const LEASE: Duration = Duration::from_millis(300);

/// S3-12
#[tokio::test]
async fn a_running_job_that_is_called_off_is_cancelled_when_its_handler_gives_up() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    let gives_up = |_: Crate, ctx: Ctx| async move {
        ctx.cancelled().await;
        assert!(!ctx.is_lease_lost());
        failed("I was told to")
    };
    let running = Worker::new(store.clone()).handle(gives_up).lease(LEASE).start().await.unwrap();
    let mut events = running.events();
    eventually("it runs", async || (state(&store, id).await == State::Running).then_some(())).await;
    assert_eq!(store.cancel(&[id]).await.unwrap(), [Cancelled::Requested]);
    let end = ended(&mut events).await;
    assert_eq!((end.state, end.reason), (State::Cancelled, Reason::Cancelled));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_handler_that_succeeds_although_it_was_called_off_completes_its_job() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    let finishes = |_: Crate, ctx: Ctx| async move {
        ctx.cancelled().await;
        done(())
    };
    let running = Worker::new(store.clone()).handle(finishes).lease(LEASE).start().await.unwrap();
    let mut events = running.events();
    eventually("it runs", async || (state(&store, id).await == State::Running).then_some(())).await;
    store.cancel(&[id]).await.unwrap();
    assert_eq!(ended(&mut events).await.state, State::Completed);
    running.stop().await.unwrap();
}

/// However a run ends that saw the wish and did not succeed: it was the last try, so that a failure
/// would have made a dead letter of the job.
#[tokio::test]
async fn a_running_job_that_is_called_off_is_cancelled_however_its_handler_fails() {
    let nap = Duration::from_secs(30);
    for (n, how) in [
        (0, "snoozes"),
        (1, "wishes for another time"),
        (2, "panics"),
        (3, "was late already"),
        (4, "is given back"),
    ] {
        let troubled = Arc::new(Troubled::new());
        let store: Arc<dyn Store> = troubled.clone();
        let timeout = (n == 3).then_some(Duration::from_millis(1));
        let id = bring_one(&store, NewJob { max_attempts: 1, timeout, ..unload(n) }).await;
        let renewals = troubled.renewals.clone();
        let handler = move |job: Crate, ctx: Ctx| {
            let mut renewals = renewals.subscribe();
            async move {
                ctx.cancelled().await;
                // What the time-out did not wait for: the wish itself, with the next beat but one.
                let seen = *renewals.borrow() + 2;
                renewals.wait_for(|renewals| *renewals >= seen).await?;
                match job.n {
                    0 => failed(Error::snooze(nap)),
                    1 => failed(Error::retry_in(nap, "later")),
                    2 => panic!("it was too much"),
                    3 => failed("late"),
                    _ => std::future::pending().await,
                }
            }
        };
        let worker = Worker::new(store.clone()).handle(handler).lease(LEASE);
        let mut running = worker.start().await.unwrap();
        let mut events = running.events();
        eventually("it runs", async || (state(&store, id).await == State::Running).then_some(()))
            .await;
        assert_eq!(store.cancel(&[id]).await.unwrap(), [Cancelled::Requested]);
        if n == 4 {
            let mut renewals = troubled.renewals.subscribe();
            let seen = *renewals.borrow() + 2;
            renewals.wait_for(|renewals| *renewals >= seen).await.unwrap();
            running.request_stop();
            running.request_stop();
        }
        let end = crate::harbour::finished(&mut events).await;
        assert_eq!((end.state, end.reason), (State::Cancelled, Reason::Cancelled), "{how}");
        assert_eq!(state(&store, id).await, State::Cancelled, "{how}");
        running.request_stop();
        running.ended().await.unwrap();
    }
}

/// A handler that waits for the loss of its lease, and says so.
fn waits_for_loss(
    told: mpsc::UnboundedSender<()>,
) -> impl longshore_worker::Handler<(Crate, Ctx), ()> {
    move |_: Crate, ctx: Ctx| {
        let told = told.clone();
        async move {
            ctx.lease_lost().await;
            assert!(ctx.is_cancelled());
            told.send(()).unwrap();
            done(())
        }
    }
}

#[tokio::test]
async fn a_handler_is_told_when_the_database_says_that_its_lease_is_lost() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    bring_one(&store, unload(1)).await;
    let (told, mut was_told) = mpsc::unbounded_channel();
    let worker = Worker::new(store.clone()).handle(waits_for_loss(told)).lease(LEASE);
    let running = worker.start().await.unwrap();
    let mut events = running.events();
    troubled.loses_leases.store(true, Ordering::Relaxed);
    was_told.recv().await.unwrap();
    events
        .find(|event| matches!(event, Event::LeaseLost { attempt: 1, .. }).then_some(()))
        .await
        .unwrap();
    running.stop().await.unwrap();
}

/// G3
#[tokio::test]
async fn a_handler_is_told_when_heartbeats_get_no_answer_for_as_long_as_a_lease() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    bring_one(&store, unload(1)).await;
    let (told, mut was_told) = mpsc::unbounded_channel();
    let started = std::time::Instant::now();
    let worker = Worker::new(store.clone()).handle(waits_for_loss(told)).lease(LEASE);
    let running = worker.start().await.unwrap();
    troubled.hangs.store(true, Ordering::Relaxed);
    was_told.recv().await.unwrap();
    assert!(started.elapsed() < LEASE * 10, "{:?}", started.elapsed());
    troubled.hangs.store(false, Ordering::Relaxed);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_run_returns_after_another_worker_took_its_job_is_stale() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    let (go, mut gone) = mpsc::channel::<()>(1);
    let (started, mut has_started) = mpsc::channel::<()>(1);
    let gate = Arc::new(tokio::sync::Mutex::new(gone_receiver(&mut gone)));
    let slow = move |_: Crate, ctx: Ctx| {
        let (gate, started) = (gate.clone(), started.clone());
        async move {
            if ctx.attempt() == 1 {
                started.send(()).await.unwrap();
                gate.lock().await.recv().await;
            }
            done(ctx.attempt())
        }
    };
    let running = Worker::new(store.clone()).handle(slow).start().await.unwrap();
    let mut events = running.events();
    has_started.recv().await.unwrap();
    // As if this worker had been silent for a minute.
    let later =
        longshore_core::Timestamp::from(std::time::SystemTime::now() + Duration::from_secs(60));
    assert_eq!(store.rescue(10, 3, Some(later)).await.unwrap()[0].job, id);
    store.retry(&[id]).await.unwrap();
    assert_eq!(ended(&mut events).await.attempt, 2);
    go.send(()).await.unwrap();
    let stale = |event| matches!(event, Event::Stale { attempt: 1, .. }).then_some(());
    events.find(stale).await.unwrap();
    assert_eq!(detail(&store, id).await.result.unwrap().as_str(), "2");
    running.stop().await.unwrap();
}

/// Takes a receiver out, so that a handler can own it.
fn gone_receiver(receiver: &mut mpsc::Receiver<()>) -> mpsc::Receiver<()> {
    std::mem::replace(receiver, mpsc::channel(1).1)
}

#[tokio::test]
async fn progress_is_seen_while_the_handler_runs() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    let half = |_: Crate, ctx: Ctx| async move {
        ctx.progress(1, 2, "half way");
        ctx.cancelled().await;
        done(())
    };
    let running =
        Worker::new(store.clone()).handle(half).shutdown_grace(LEASE).start().await.unwrap();
    let progress =
        eventually("progress is stored", async || detail(&store, id).await.progress).await;
    assert_eq!((progress.done, progress.total, progress.note.as_str()), (1, 2, "half way"));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_that_block_every_thread_lose_no_lease() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    let ids = crate::harbour::bring(&store, 2).await;
    let renewals = troubled.renewals.clone();
    let blocks = move |_: Crate, ctx: Ctx| {
        let renewals = renewals.clone();
        async move {
            // No await: the thread is gone until the heart has beaten for longer than a lease.
            let first = *renewals.borrow();
            while *renewals.borrow() < first + 5 {
                std::thread::yield_now();
            }
            assert!(!ctx.is_lease_lost());
            done(())
        }
    };
    let worker = Worker::new(store.clone()).handle(blocks).queue("default", 2).lease(LEASE);
    worker.drain().await.unwrap();
    for id in ids {
        let job = detail(&store, id).await;
        assert_eq!((job.row.state, job.row.attempt), (State::Completed, 1));
    }
}
