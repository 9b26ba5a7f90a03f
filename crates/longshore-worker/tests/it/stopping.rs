//! The orderly end, and the hasty one.

use std::{sync::Arc, time::Duration};

use longshore_core::{Reason, State};
use longshore_store::Store;
use longshore_worker::{Ctx, Event, Events, Worker};
use tokio::sync::{Semaphore, mpsc};

use crate::{
    harbour::{Crate, bring, detail, done, failed, ledger, memory, result, state},
    troubled::Troubled,
};

/// A handler that says when it starts and waits for leave to end.
fn gated()
-> (impl longshore_worker::Handler<(Crate,), ()>, mpsc::UnboundedReceiver<u32>, Arc<Semaphore>) {
    let (starts, started) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let waiting = gate.clone();
    let handler = move |job: Crate| {
        let (starts, gate) = (starts.clone(), waiting.clone());
        async move {
            starts.send(job.n)?;
            gate.acquire().await?.forget();
            done(job.n)
        }
    };
    (handler, started, gate)
}

async fn stopping(events: &mut Events) {
    events.find(|event| matches!(event, Event::Stopping).then_some(())).await.unwrap();
}

/// S3-33
#[tokio::test(start_paused = true)]
async fn a_stop_lets_running_handlers_end_and_keeps_their_results() {
    let store = memory();
    let ids = bring(&store, 3).await;
    let (handler, mut started, gate) = gated();
    let worker = Worker::new(store.clone()).handle(handler).queue("default", 3);
    let mut running = worker.start().await.unwrap();
    for _ in 0..3 {
        started.recv().await.unwrap();
    }
    let mut events = running.events();
    running.request_stop();
    stopping(&mut events).await;
    gate.add_permits(3);
    running.ended().await.unwrap();
    for (n, id) in ids.into_iter().enumerate() {
        assert_eq!(state(&store, id).await, State::Completed);
        assert_eq!(result(&store, id).await.unwrap().as_str(), n.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_that_never_started_are_given_back_and_the_attempt_does_not_count() {
    let store = memory();
    let warm_up = bring(&store, 50).await;
    let (handler, mut started, gate) = gated();
    gate.add_permits(50);
    // Quick jobs first, so that the worker fetches ahead.
    let running =
        Worker::new(store.clone()).handle(handler).queue("default", 1).start().await.unwrap();
    running.drained().await;
    let ids = bring(&store, 20).await;
    for _ in 0..=warm_up.len() {
        started.recv().await.unwrap();
    }
    let waiting = {
        let mut waiting = 0;
        for id in &ids {
            waiting += u32::from(state(&store, *id).await == State::Running);
        }
        waiting - 1
    };
    assert!(waiting > 0, "nothing was fetched ahead");
    let mut events = running.events();
    running.request_stop();
    stopping(&mut events).await;
    gate.add_permits(1);
    running.stop().await.unwrap();
    assert_eq!(state(&store, ids[0]).await, State::Completed);
    let mut given_back = 0;
    for id in &ids[1..] {
        let job = detail(&store, *id).await;
        assert_eq!(job.row.state, State::Available);
        // What was leased went through a claim, and may be tried as often as before.
        assert_eq!(job.last_attempt - job.row.attempt, job.row.max_attempts);
        given_back +=
            u32::from(ledger(&store, *id).await.iter().any(|step| step.reason == Reason::Shutdown));
    }
    assert_eq!(given_back, waiting);
}

#[tokio::test(start_paused = true)]
async fn handlers_are_asked_to_end_after_half_of_the_grace() {
    let store = memory();
    let ids = bring(&store, 1).await;
    let (starts, mut started) = mpsc::unbounded_channel();
    let handler = move |_: Crate, ctx: Ctx| {
        starts.send(()).unwrap();
        async move {
            ctx.cancelled().await;
            failed("stopped half way")
        }
    };
    let worker = Worker::new(store.clone()).handle(handler).shutdown_grace(Duration::from_secs(20));
    let running = worker.start().await.unwrap();
    started.recv().await.unwrap();
    let began = tokio::time::Instant::now();
    running.stop().await.unwrap();
    let took = began.elapsed();
    assert!((10..12).contains(&took.as_secs()), "{took:?}");
    // It was asked to end early: that is no fault of the job.
    let job = detail(&store, ids[0]).await;
    assert_eq!((job.row.state, job.row.reason), (State::Available, Reason::Shutdown));
    assert_eq!(job.row.error.unwrap().message, "stopped half way");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_within_the_grace_is_given_back() {
    let store = memory();
    let ids = bring(&store, 2).await;
    let (handler, mut started, _gate) = gated();
    let worker = Worker::new(store.clone()).handle(handler).shutdown_grace(Duration::from_secs(8));
    let running = worker.start().await.unwrap();
    started.recv().await.unwrap();
    started.recv().await.unwrap();
    let began = tokio::time::Instant::now();
    running.stop().await.unwrap();
    let took = began.elapsed();
    assert!((8..10).contains(&took.as_secs()), "{took:?}");
    for id in ids {
        let job = detail(&store, id).await;
        assert_eq!((job.row.state, job.row.reason), (State::Available, Reason::Shutdown));
    }
}

/// By real time: the heart is a thread of its own, and the last to stop.
#[tokio::test]
async fn a_run_that_outlasts_its_lease_while_the_worker_stops_keeps_it() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    let ids = bring(&store, 1).await;
    let (starts, mut started) = mpsc::unbounded_channel();
    let (renewals, stops) = (troubled.renewals.clone(), Arc::new(Semaphore::new(0)));
    let stopping = stops.clone();
    let busy = move |_: Crate| {
        let (starts, stopping, mut renewals) =
            (starts.clone(), stopping.clone(), renewals.subscribe());
        async move {
            starts.send(())?;
            stopping.acquire().await?.forget();
            // Three renewals fit into a lease.
            let enough = *renewals.borrow() + 5;
            renewals.wait_for(|renewals| *renewals >= enough).await?;
            done(())
        }
    };
    let worker = Worker::new(store.clone()).handle(busy).lease(Duration::from_millis(300));
    let mut running = worker.shutdown_grace(Duration::from_secs(5)).start().await.unwrap();
    started.recv().await.unwrap();
    running.request_stop();
    stops.add_permits(1);
    running.ended().await.unwrap();
    assert!(store.rescue(10, 3, None).await.unwrap().is_empty());
    let job = detail(&store, ids[0]).await;
    assert_eq!((job.row.state, job.row.attempt), (State::Completed, 1));
}

#[tokio::test(start_paused = true)]
async fn a_second_request_gives_back_what_runs_and_leaves_at_once() {
    let store = memory();
    let ids = bring(&store, 1).await;
    let (handler, mut started, _gate) = gated();
    let worker =
        Worker::new(store.clone()).handle(handler).shutdown_grace(Duration::from_secs(3600));
    let running = worker.start().await.unwrap();
    started.recv().await.unwrap();
    let began = tokio::time::Instant::now();
    running.request_stop();
    running.request_stop();
    running.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(state(&store, ids[0]).await, State::Available);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_does_not_hold_up_the_stop() {
    let store = memory();
    let ids = bring(&store, 1).await;
    let (starts, mut started) = mpsc::unbounded_channel();
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let blocks = move |_: Crate| {
        let (starts, held) = (starts.clone(), held.clone());
        async move {
            starts.send(()).unwrap();
            // No await, on purpose.
            let _ = held.lock().unwrap().recv();
            done(())
        }
    };
    let worker =
        Worker::new(store.clone()).handle(blocks).shutdown_grace(Duration::from_millis(200));
    let running = worker.start().await.unwrap();
    started.recv().await.unwrap();
    running.stop().await.unwrap();
    assert_eq!(state(&store, ids[0]).await, State::Available);
    let_go.send(()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn run_until_ends_with_its_future() {
    let store = memory();
    let ids = bring(&store, 10).await;
    let (last_ran, all_done) = tokio::sync::oneshot::channel();
    let last_ran = Arc::new(std::sync::Mutex::new(Some(last_ran)));
    let last = *ids.last().unwrap();
    let handler = move |_: Crate, ctx: Ctx| {
        if ctx.id() == last {
            last_ran.lock().unwrap().take().unwrap().send(()).unwrap();
        }
        async { done(()) }
    };
    Worker::new(store.clone())
        .handle(handler)
        .queue("default", 1)
        .run_until(all_done)
        .await
        .unwrap();
    for id in ids {
        assert_eq!(state(&store, id).await, State::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_handle_stops_the_worker() {
    let store = memory();
    let handler = |_: Crate| async { done(()) };
    let running = Worker::new(store.clone()).handle(handler).start().await.unwrap();
    let mut events = running.events();
    drop(running);
    events.find(|event| matches!(event, Event::Stopped).then_some(())).await.unwrap();
    assert_eq!(events.next().await, None);
}

#[test]
fn a_program_that_ends_without_a_stop_drops_what_waits_and_the_leases_run_out() {
    let build = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (store, program) = (memory(), build());
    let (handler, mut started, gate) = gated();
    let ids = program.block_on(async {
        // Quick jobs first, so that thousands are fetched ahead.
        let quick = bring(&store, 20_000).await.len();
        gate.add_permits(quick);
        let worker = Worker::new(store.clone()).handle(handler).queue("default", 1);
        let running = worker.start().await.unwrap();
        running.drained().await;
        let ids = bring(&store, 5000).await;
        for _ in 0..=quick {
            started.recv().await.unwrap();
        }
        std::mem::forget(running);
        ids
    });
    drop(program);
    build().block_on(async {
        let mut leased = 0;
        for id in ids {
            let job = detail(&store, id).await;
            assert!(matches!(job.row.state, State::Running | State::Available));
            leased += u32::from(job.row.state == State::Running);
        }
        assert!(leased > 500, "{leased} were fetched ahead");
    });
}
