//! What a handler does, and what becomes of its job.

use std::{collections::HashMap, sync::Arc, time::Duration};

use longshore_core::{Backoff, FailureKind, NewJob, Payload, Reason, State};
use longshore_store::Store;
use longshore_worker::{
    Clock, Ctx, Error, FromRef, Result, State as Part, Worker, testing::OneRun,
};

use crate::harbour::{
    Crate, bring_one, detail, done, ended, failed, finished, ledger, memory, result, state, unload,
};

/// Runs one attempt of a job with a handler and says what it came to.
async fn once<Args>(
    store: &Arc<dyn Store>,
    handler: impl longshore_worker::Handler<Args, ()>,
) -> longshore_worker::Finished {
    match Worker::new(store.clone()).handle(handler).run_one().await.unwrap() {
        OneRun::Finished(finished) => finished,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_returned_value_is_the_result() {
    let store = memory();
    let id = bring_one(&store, unload(20)).await;
    Worker::new(store.clone())
        .handle(|job: Crate| async move { done(job.n + 1) })
        .drain()
        .await
        .unwrap();
    assert_eq!(state(&store, id).await, State::Completed);
    assert_eq!(result(&store, id).await.unwrap().as_str(), "21");
}

#[tokio::test(start_paused = true)]
async fn a_handler_without_a_value_leaves_no_result() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    Worker::new(store.clone()).handle(|_: Crate| async { done(()) }).drain().await.unwrap();
    assert_eq!(state(&store, id).await, State::Completed);
    assert_eq!(result(&store, id).await, None);
}

/// S3-11
#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_twice_completes_its_job_in_the_third_attempt() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    let flaky = |_: Crate, ctx: Ctx| async move {
        if ctx.attempt() < 3 { Err(Error::from("the crane is stuck")) } else { Ok(()) }
    };
    let running = Worker::new(store.clone()).handle(flaky).start().await.unwrap();
    let end = ended(&mut running.events()).await;
    assert_eq!((end.state, end.attempt), (State::Completed, 3));
    let states: Vec<_> = ledger(&store, id).await.iter().map(|step| step.state_after).collect();
    use State::{Available, Completed, Retryable, Running};
    assert_eq!(states, [Available, Running, Retryable, Running, Retryable, Running, Completed]);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_tries_are_used_up_is_discarded_with_its_last_error() {
    let store = memory();
    let job = NewJob { max_attempts: 3, ..unload(1) };
    let id = bring_one(&store, job).await;
    let fails = |_: Crate, ctx: Ctx| async move { failed(format!("attempt {}", ctx.attempt())) };
    let running = Worker::new(store.clone()).handle(fails).start().await.unwrap();
    let end = ended(&mut running.events()).await;
    assert_eq!((end.state, end.reason, end.attempt), (State::Discarded, Reason::Exhausted, 3));
    assert_eq!(detail(&store, id).await.row.error.unwrap().message, "attempt 3");
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failed_job_waits_as_its_own_policy_says() {
    let store = memory();
    let backoff = Backoff::Fixed { delay: Duration::from_secs(77) };
    bring_one(&store, NewJob { backoff: Some(backoff), ..unload(1) }).await;
    let end = once(&store, |_: Crate| async { failed("no") }).await;
    assert_eq!(end.due_in, Some(Duration::from_secs(77)));
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_say_when_to_try_again() {
    let store = memory();
    bring_one(&store, unload(1)).await;
    let wish = Duration::from_secs(90);
    let end =
        once(&store, move |_: Crate| async move { failed(Error::retry_in(wish, "busy")) }).await;
    assert_eq!((end.state, end.due_in), (State::Retryable, Some(wish)));
}

#[tokio::test(start_paused = true)]
async fn discard_and_decline_end_a_job_at_once() {
    let store = memory();
    bring_one(&store, unload(1)).await;
    let end = once(&store, |_: Crate| async { failed(Error::discard("rotten")) }).await;
    assert_eq!((end.state, end.reason), (State::Discarded, Reason::Discarded));
    bring_one(&store, unload(2)).await;
    let end = once(&store, |_: Crate| async { failed(Error::decline("no more")) }).await;
    assert_eq!((end.state, end.reason), (State::Discarded, Reason::Declined));
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_cancel_its_job() {
    let store = memory();
    bring_one(&store, unload(1)).await;
    let end = once(&store, |_: Crate| async { failed(Error::cancel("not wanted")) }).await;
    assert_eq!((end.state, end.error.unwrap().message.as_str()), (State::Cancelled, "not wanted"));
}

#[tokio::test(start_paused = true)]
async fn a_snooze_does_not_count_as_a_try() {
    let store = memory();
    let job = NewJob { max_attempts: 1, ..unload(1) };
    let id = bring_one(&store, job).await;
    let nap = Duration::from_secs(30);
    let end = once(&store, move |_: Crate| async move { failed(Error::snooze(nap)) }).await;
    assert_eq!((end.state, end.reason, end.due_in), (State::Scheduled, Reason::Snoozed, Some(nap)));
    assert_eq!(end.error, None);
    assert_eq!(detail(&store, id).await.last_attempt, 2);
}

/// S3-35
#[tokio::test(start_paused = true)]
async fn a_panic_fails_the_attempt_and_the_worker_lives() {
    let store = memory();
    bring_one(&store, unload(0)).await;
    let handler = |job: Crate| async move {
        assert!(job.n > 0, "crate {} is empty", job.n);
        done(())
    };
    let running =
        Worker::new(store.clone()).handle(handler).queue("default", 1).start().await.unwrap();
    let mut events = running.events();
    let end = finished(&mut events).await;
    assert_eq!((end.state, end.reason), (State::Retryable, Reason::Panic));
    let error = end.error.unwrap();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (FailureKind::Panic, "the handler panicked: crate 0 is empty")
    );
    let healthy = bring_one(&store, unload(1)).await;
    assert_eq!(ended(&mut events).await.id, healthy);
    running.stop().await.unwrap();
}

/// S3-34
#[tokio::test(start_paused = true)]
async fn a_handler_that_takes_too_long_is_asked_to_end_and_then_dropped() {
    let store = memory();
    bring_one(&store, NewJob { timeout: Some(Duration::from_secs(60)), ..unload(1) }).await;
    let (told, mut was_told) = tokio::sync::mpsc::unbounded_channel();
    let endless = move |_: Crate, ctx: Ctx| {
        let told = told.clone();
        async move {
            ctx.cancelled().await;
            told.send(ctx.deadline().is_some()).unwrap();
            std::future::pending::<Result>().await
        }
    };
    let end = once(&store, endless).await;
    assert_eq!(was_told.recv().await, Some(true));
    assert_eq!((end.state, end.reason), (State::Retryable, Reason::Timeout));
    assert_eq!(end.error.unwrap().kind, FailureKind::Timeout);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_after_its_time_has_timed_out_and_one_that_succeeds_has_not() {
    let store = memory();
    let job = || NewJob { timeout: Some(Duration::from_secs(1)), ..unload(1) };
    bring_one(&store, job()).await;
    let gives_up = |_: Crate, ctx: Ctx| async move {
        ctx.cancelled().await;
        failed("no time left")
    };
    let end = once(&store, gives_up).await;
    assert_eq!(end.reason, Reason::Timeout);
    assert_eq!(end.error.unwrap().causes, ["no time left"]);
    bring_one(&store, job()).await;
    let makes_it = |_: Crate, ctx: Ctx| async move {
        ctx.cancelled().await;
        done(())
    };
    assert_eq!(once(&store, makes_it).await.state, State::Completed);
}

#[tokio::test(start_paused = true)]
async fn the_worker_has_a_time_out_for_jobs_that_name_none() {
    let store = memory();
    bring_one(&store, unload(1)).await;
    let endless = |_: Crate| std::future::pending::<Result>();
    let worker = Worker::new(store.clone()).handle(endless).timeout(Duration::from_secs(5));
    let OneRun::Finished(end) = worker.run_one().await.unwrap() else { panic!("it did not run") };
    assert_eq!(end.reason, Reason::Timeout);
}

#[tokio::test(start_paused = true)]
async fn a_payload_that_cannot_be_decoded_is_kept_as_a_dead_letter() {
    let store = memory();
    let payload = Payload::parse(r#"{"n": "many"}"#).unwrap();
    let id = bring_one(&store, NewJob { payload: payload.clone(), ..unload(1) }).await;
    let end = once(&store, |_: Crate| async { done(()) }).await;
    assert_eq!((end.state, end.reason), (State::Discarded, Reason::Undecodable));
    assert_eq!(end.error.unwrap().kind, FailureKind::Undecodable);
    assert_eq!(detail(&store, id).await.payload, payload);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_cannot_be_stored_fails_the_attempt_and_says_so() {
    let store = memory();
    bring_one(&store, unload(1)).await;
    let large = once(&store, |_: Crate| async { done("x".repeat(10 << 20)) }).await;
    let error = large.error.unwrap();
    assert_eq!((large.state, error.kind), (State::Retryable, FailureKind::Result));
    assert!(error.message.contains("result has 10485762 bytes"), "{}", error.message);

    bring_one(&store, unload(2)).await;
    let no_json = once(&store, |_: Crate| async { done(HashMap::from([((1, 2), 3)])) }).await;
    assert_eq!(
        (no_json.state, no_json.error.unwrap().kind),
        (State::Retryable, FailureKind::Result)
    );
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_the_facts_of_its_job() {
    let store = memory();
    let job = NewJob {
        tenant: "acme".into(),
        labels: [("order".to_owned(), 4711.into())].into(),
        context: Some(Payload::parse(r#"{"trace":"abc"}"#).unwrap()),
        max_attempts: 7,
        ..unload(5)
    };
    let id = bring_one(&store, job).await;
    let look = move |job: Crate, ctx: Ctx| async move {
        assert_eq!((job.n, ctx.id(), ctx.attempt(), ctx.max_attempts()), (5, id, 1, 7));
        assert_eq!((ctx.kind(), ctx.queue(), ctx.tenant()), ("unload", "default", "acme"));
        assert_eq!(ctx.labels()["order"], 4711.into());
        assert_eq!(ctx.context().unwrap().as_str(), r#"{"trace":"abc"}"#);
        assert_eq!((ctx.fence().job, ctx.fence().attempt), (id, 1));
        assert!(!ctx.is_cancelled() && !ctx.is_last_attempt() && ctx.deadline().is_none());
        done(())
    };
    assert_eq!(once(&store, look).await.error, None);
}

#[derive(Clone)]
struct Port {
    crane: Crane,
}

#[derive(Clone, Debug, PartialEq)]
struct Crane(&'static str);

impl FromRef<Port> for Crane {
    fn from_ref(port: &Port) -> Self {
        port.crane.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_share_the_state_of_their_worker_whole_or_in_part() {
    let store = memory();
    bring_one(&store, unload(1)).await;
    let lift = |_: Crate, Part(crane): Part<Crane>, ctx: Ctx, Part(port): Part<Port>| async move {
        done(format!("{} {} {}", crane.0, port.crane.0, ctx.attempt()))
    };
    let worker = Worker::with_state(store.clone(), Port { crane: Crane("big") }).handle(lift);
    let OneRun::Finished(end) = worker.run_one().await.unwrap() else { panic!("it did not run") };
    assert_eq!(result(&store, end.id).await.unwrap().as_str(), r#""big big 1""#);
}

#[tokio::test(start_paused = true)]
async fn a_raw_handler_gets_the_payload_as_it_was_written() {
    let store = memory();
    let payload = Payload::parse(r#"{ "b": 1,  "a": 2 }"#).unwrap();
    let id = bring_one(&store, NewJob { payload, ..NewJob::of_kind("any") }).await;
    let echo = |payload: Payload, _: Ctx| async move { done(payload.as_str().len()) };
    Worker::new(store.clone()).handle_raw("any", echo).drain().await.unwrap();
    assert_eq!(result(&store, id).await.unwrap().as_str(), "19");
}

#[tokio::test(start_paused = true)]
async fn a_virtual_clock_makes_later_jobs_due() {
    let store = memory();
    let due = longshore_core::Due::In(Duration::from_secs(3600));
    bring_one(&store, NewJob { due, ..unload(1) }).await;
    let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap());
    let run = |clock: &Clock| {
        let worker = Worker::new(store.clone()).handle(|_: Crate| async { done(()) });
        worker.clock(clock.clone()).run_one()
    };
    assert_eq!(run(&clock).await.unwrap(), OneRun::NothingDue);
    clock.advance(Duration::from_secs(400 * 24 * 3600));
    assert!(matches!(run(&clock).await.unwrap(), OneRun::Finished(_)));
}

#[tokio::test(start_paused = true)]
async fn an_error_prints_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("no crane")]
    struct NoCrane(#[source] std::io::Error);
    let error = Error::from(NoCrane(std::io::Error::other("out of oil")));
    assert_eq!(error.to_string(), "no crane");
    assert_eq!(format!("{error:?}"), "no crane\n  caused by: out of oil");
    assert!(error.downcast_ref::<NoCrane>().is_some());
}
