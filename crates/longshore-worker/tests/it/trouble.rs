//! A storage that fails, and what must not be lost by it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use longshore_core::{FailureKind, Reason, State};
use longshore_store::{ErrorKind, Store};
use longshore_worker::{Ctx, Event, Result, Worker};
use tokio::sync::{Semaphore, mpsc};

use crate::{
    harbour::{Crate, bring, bring_one, detail, done, ended, ledger, state, unload},
    troubled::Troubled,
};

fn troubled() -> (Arc<Troubled>, Arc<dyn Store>) {
    let troubled = Arc::new(Troubled::new());
    (troubled.clone(), troubled)
}

async fn ok(job: Crate) -> Result<u32> {
    Ok(job.n)
}

#[tokio::test(start_paused = true)]
async fn an_outage_while_outcomes_are_written_loses_none() {
    for kind in [
        ErrorKind::Unavailable,
        ErrorKind::Busy,
        ErrorKind::Denied,
        ErrorKind::Schema,
        ErrorKind::Unknown,
    ] {
        let (troubled, store) = troubled();
        let ids = bring(&store, 100).await;
        let (starts, mut started) = mpsc::unbounded_channel();
        let gate = Arc::new(Semaphore::new(0));
        let waiting = gate.clone();
        let handler = move |job: Crate| {
            let (starts, gate) = (starts.clone(), waiting.clone());
            async move {
                starts.send(())?;
                gate.acquire().await?.forget();
                done(job.n)
            }
        };
        let worker = Worker::new(store.clone()).handle(handler).queue("default", 100);
        let running = worker.start().await.unwrap();
        for _ in 0..100 {
            started.recv().await.unwrap();
        }
        let mut events = running.events();
        troubled.fail_with(kind);
        gate.add_permits(100);
        let failed_finish = |event| {
            matches!(event, Event::StoreTrouble { call: "finish", kind: k, .. } if k == kind)
                .then_some(())
        };
        for _ in 0..3 {
            events.find(failed_finish).await.unwrap();
        }
        troubled.fail_with(None);
        running.drained().await;
        for (n, id) in ids.iter().enumerate() {
            let job = detail(&store, *id).await;
            assert_eq!((job.row.state, job.row.attempt), (State::Completed, 1), "{kind:?}");
            assert_eq!(job.result.unwrap().as_str(), n.to_string());
        }
        running.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_finish_whose_answer_is_lost_is_repeated_and_written_once() {
    let (troubled, store) = troubled();
    let id = bring_one(&store, unload(1)).await;
    troubled.lost_answers.lock().unwrap().push_back(ErrorKind::Unknown);
    Worker::new(store.clone()).handle(ok).drain().await.unwrap();
    assert_eq!(state(&store, id).await, State::Completed);
    assert_eq!(ledger(&store, id).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_refused_harms_no_other() {
    for kind in [ErrorKind::Invalid, ErrorKind::Internal] {
        let (troubled, store) = troubled();
        let ids = bring(&store, 50).await;
        *troubled.refused.lock().unwrap() = Some((ids[17], kind));
        let running =
            Worker::new(store.clone()).handle(ok).queue("default", 50).start().await.unwrap();
        let mut events = running.events();
        let abandoned = |event| match event {
            Event::Abandoned { id, .. } => Some(id),
            _ => None,
        };
        assert_eq!(events.find(abandoned).await, Some(ids[17]));
        running.drained().await;
        for id in ids.iter().filter(|id| **id != ids[17]) {
            assert_eq!(state(&store, *id).await, State::Completed);
        }
        // Nobody renews its lease any more, so that a rescue will take it back.
        assert_eq!(state(&store, ids[17]).await, State::Running);
        running.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_of_a_worker_that_went_silent_is_taken_back_and_completed() {
    let (_, store) = troubled();
    let id = bring_one(&store, unload(1)).await;
    let crew = longshore_conformance::Crew::of(store.clone());
    assert_eq!(crew.take_one().await.id, id);
    let began = tokio::time::Instant::now();
    let running = Worker::new(store.clone()).handle(ok).start().await.unwrap();
    let mut events = running.events();
    let rescued = |event| match event {
        Event::Rescued(rescued) => Some(rescued),
        _ => None,
    };
    let rescued = events.find(rescued).await.unwrap();
    assert_eq!((rescued.job, rescued.attempt), (id, 1));
    assert!(began.elapsed() <= Duration::from_secs(35), "{:?}", began.elapsed());
    let end = ended(&mut events).await;
    assert_eq!((end.state, end.attempt), (State::Completed, 2));
    assert_eq!(ledger(&store, id).await[2].error.as_ref().unwrap().kind, FailureKind::Crash);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_worker_starts_when_the_database_comes_up_later() {
    let (troubled, store) = troubled();
    let id = bring_one(&store, unload(1)).await;
    troubled.fail_with(ErrorKind::Unavailable);
    let start = tokio::spawn(Worker::new(store.clone()).handle(ok).drain());
    tokio::time::sleep(Duration::from_secs(60)).await;
    troubled.fail_with(None);
    start.await.unwrap().unwrap();
    assert_eq!(state(&store, id).await, State::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_an_outage_ends_and_names_what_it_could_not_write() {
    let (troubled, store) = troubled();
    let id = bring_one(&store, unload(1)).await;
    let (starts, mut started) = mpsc::unbounded_channel();
    let handler = move |_: Crate, ctx: Ctx| {
        starts.send(()).unwrap();
        async move {
            ctx.cancelled().await;
            done(())
        }
    };
    let worker = Worker::new(store.clone()).handle(handler).shutdown_grace(Duration::from_secs(10));
    let running = worker.start().await.unwrap();
    started.recv().await.unwrap();
    let mut events = running.events();
    troubled.fail_with(ErrorKind::Unavailable);
    let began = tokio::time::Instant::now();
    running.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    let abandoned = |event| match event {
        Event::Abandoned { id, .. } => Some(id),
        _ => None,
    };
    assert_eq!(events.find(abandoned).await, Some(id));
}

#[tokio::test(start_paused = true)]
async fn a_completion_in_a_transaction_counts_only_if_that_commits() {
    let (_, store) = troubled();
    let ids = bring(&store, 2).await;
    let handler = |job: Crate, ctx: Ctx| async move {
        let finish = ctx.completion(&job.n)?;
        if job.n == 0 {
            // The transaction commits.
            ctx.store().finish(&[finish]).await?;
        }
        done(())
    };
    let running =
        Worker::new(store.clone()).handle(handler).queue("default", 1).start().await.unwrap();
    let mut events = running.events();
    let committed = crate::harbour::finished(&mut events).await;
    assert_eq!((committed.id, committed.state, committed.error), (ids[0], State::Completed, None));
    let forgotten = crate::harbour::finished(&mut events).await;
    assert_eq!((forgotten.id, forgotten.state), (ids[1], State::Retryable));
    assert!(forgotten.error.unwrap().message.contains("did not commit"));
    assert_eq!(detail(&store, ids[0]).await.result.unwrap().as_str(), "0");
    running.stop().await.unwrap();
}

/// A crash of whoever had the job is a crash too many where none is allowed.
#[tokio::test(start_paused = true)]
async fn a_job_that_took_down_as_many_workers_as_it_may_is_poison() {
    let (_, store) = troubled();
    let id = bring_one(&store, unload(1)).await;
    longshore_conformance::Crew::of(store.clone()).take_one().await;
    let running = Worker::new(store.clone()).handle(ok).max_crashes(1).start().await.unwrap();
    let rescued = |event| match event {
        Event::Rescued(rescued) => Some(rescued),
        _ => None,
    };
    assert_eq!(running.events().find(rescued).await.unwrap().state, State::Discarded);
    let job = detail(&store, id).await;
    assert_eq!((job.row.reason, job.row.attempt), (Reason::Poison, 1));
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_worker_does_not_start_on_a_database_that_cannot_be_written() {
    let (troubled, store) = troubled();
    bring_one(&store, unload(1)).await;
    troubled.is_read_only.store(true, Ordering::Relaxed);
    let error = Worker::new(store.clone()).handle(ok).drain().await.unwrap_err();
    let error = error.downcast_ref::<longshore_store::Error>().unwrap();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Denied, "the database cannot be written")
    );
}

/// By real time: the heart is a thread of its own.
#[tokio::test]
async fn a_worker_of_which_a_part_breaks_off_stops_and_says_which() {
    for (call, part) in [("claim", "fetcher"), ("finish", "finisher"), ("rescue", "keeper")] {
        let (troubled, store) = troubled();
        let id = bring_one(&store, unload(1)).await;
        *troubled.panics_in.lock().unwrap() = Some(call);
        let running = Worker::new(store.clone()).handle(ok).run_until(std::future::pending::<()>());
        let error = tokio::time::timeout(Duration::from_secs(60), running).await;
        let error = error.expect("it ends by itself").unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("has a fault in"), "{call}: {error}");
        // Nothing is lost: it was completed, or waits, or a rescue will take it back.
        assert_ne!(state(&store, id).await, State::Discarded, "{call}");
    }
}

#[tokio::test]
async fn a_heartbeat_that_breaks_off_is_repeated_and_the_worker_lives() {
    let (troubled, store) = troubled();
    let running = Worker::new(store.clone())
        .handle(ok)
        .lease(Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    let mut events = running.events();
    *troubled.panics_in.lock().unwrap() = Some("heartbeat");
    let failed_beat =
        |event| matches!(event, Event::StoreTrouble { call: "heartbeat", .. }).then_some(());
    events.find(failed_beat).await.unwrap();
    *troubled.panics_in.lock().unwrap() = None;
    let id = bring_one(&store, unload(1)).await;
    assert_eq!(ended(&mut events).await.id, id);
    running.stop().await.unwrap();
}
