//! What a worker tells those who listen: spans, and what is said inside a run.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use longshore_core::{LogCap, LogLevel, NewJob, Payload, State, TraceContext};
use longshore_store::{AttemptLog, LogsOf, Store};
use longshore_worker::{Ctx, Error, JobLogs, Polled, Poller, Worker};
use tracing::{
    Instrument, Subscriber, field,
    level_filters::LevelFilter,
    span::{Attributes, Id},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt};

use crate::{
    harbour::{Crate, bring_one, done, failed, state, unload},
    memory,
};

/// From here on, events of runs on this thread are kept.
fn keeping() -> DefaultGuard {
    let subscriber = tracing_subscriber::registry().with(JobLogs.with_filter(LevelFilter::INFO));
    tracing::subscriber::set_default(subscriber)
}

/// What the attempts of a job said, oldest first: level and message.
async fn said(store: &Arc<dyn Store>, job: longshore_core::JobId) -> Vec<Vec<(LogLevel, String)>> {
    let mut logs = store.logs(&LogsOf::newest(job, 100)).await.unwrap();
    logs.reverse();
    let lines = |it: AttemptLog| {
        it.log.lines().iter().map(|line| (line.level, line.message.clone())).collect()
    };
    logs.into_iter().map(lines).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_said_in_a_run_stays_with_its_attempt() {
    let (store, _keeping) = (memory(), keeping());
    let ids = [bring_one(&store, unload(1)).await, bring_one(&store, unload(2)).await];
    let talks = |job: Crate, ctx: Ctx| async move {
        tracing::info!(crates = job.n, ship = "Ada", "unloading");
        tracing::debug!("nobody wants to know");
        let elsewhere = async { tracing::warn!("heavy") }.in_current_span();
        tokio::spawn(elsewhere).await.unwrap();
        tokio::spawn(async { tracing::warn!("of no run") }).await.unwrap();
        async { tracing::info!(attempt = ctx.attempt(), "within") }
            .instrument(tracing::info_span!("a span of its own"))
            .await;
        if ctx.attempt() < 2 { Err(Error::retry_in(Duration::ZERO, "again")) } else { Ok(()) }
    };
    Worker::new(store.clone()).handle(talks).drain().await.unwrap();
    for (n, id) in (1..).zip(ids) {
        let expected = |attempt: u32| {
            vec![
                (LogLevel::Info, format!("unloading crates={n} ship=\"Ada\"")),
                (LogLevel::Warn, "heavy".to_owned()),
                (LogLevel::Info, format!("within attempt={attempt}")),
            ]
        };
        assert_eq!(said(&store, id).await, [expected(1), expected(2)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_the_last_line_of_its_run() {
    let (store, _keeping) = (memory(), keeping());
    let id = bring_one(&store, NewJob { max_attempts: 1, ..unload(1) }).await;
    let panics = |_: Crate| async {
        tracing::info!("before");
        if true {
            panic!("the crane fell");
        }
        done(())
    };
    Worker::new(store.clone()).handle(panics).drain().await.unwrap();
    let lines = said(&store, id).await.remove(0);
    assert_eq!(lines[0], (LogLevel::Info, "before".into()));
    assert_eq!(lines[1], (LogLevel::Error, "the handler panicked: the crane fell".into()));
    assert_eq!(state(&store, id).await, State::Discarded);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_says_too_much_keeps_its_last_words_and_the_count_of_the_others() {
    let (store, _keeping) = (memory(), keeping());
    let id = bring_one(&store, unload(1)).await;
    let chatters = |_: Crate| async {
        (0..10_000).for_each(|n| tracing::info!("line {n}"));
        done(())
    };
    let worker = Worker::new(store.clone()).log_cap(LogCap { lines: 3, bytes: 1 << 10 });
    worker.handle(chatters).drain().await.unwrap();
    let log = store.logs(&LogsOf::newest(id, 1)).await.unwrap().remove(0).log;
    let kept: Vec<_> = log.lines().iter().map(|line| &*line.message).collect();
    assert_eq!(kept, ["line 9997", "line 9998", "line 9999"]);
    assert_eq!(log.left_out(), 9997);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_for_its_time_keeps_what_it_said() {
    let (store, _keeping) = (memory(), keeping());
    let job = NewJob { timeout: Some(Duration::from_secs(1)), max_attempts: 1, ..unload(1) };
    let id = bring_one(&store, job).await;
    let hangs = |_: Crate| async {
        tracing::info!("waiting for the tide");
        std::future::pending::<()>().await;
        done(())
    };
    Worker::new(store.clone()).handle(hangs).drain().await.unwrap();
    assert_eq!(said(&store, id).await[0], [(LogLevel::Info, "waiting for the tide".into())]);
}

#[tokio::test(start_paused = true)]
async fn without_somebody_who_keeps_them_lines_are_not_kept() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    let talks = |_: Crate| async {
        tracing::info!("into the wind");
        done(())
    };
    Worker::new(store.clone()).handle(talks).drain().await.unwrap();
    assert_eq!(state(&store, id).await, State::Completed);
    assert_eq!(said(&store, id).await, Vec::<Vec<_>>::new());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_a_poll_brought_has_a_span_for_whoever_runs_it() {
    let (store, _keeping) = (memory(), keeping());
    let id = bring_one(&store, unload(1)).await;
    let mut poller = Poller::new(store.clone()).job::<Crate>();
    let Polled::Jobs(jobs) = poller.poll(1).await.unwrap() else { panic!("one job is due") };
    jobs[0].span().in_scope(|| tracing::info!("by hand"));
    jobs[0].complete(()).await.unwrap();
    assert_eq!(said(&store, id).await, [[(LogLevel::Info, "by hand".into())]]);
}

/// The spans that were made, as `name field=value …`.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        struct Text(String);
        impl field::Visit for Text {
            fn record_debug(&mut self, field: &field::Field, value: &dyn fmt::Debug) {
                self.0 += &format!(" {}={value:?}", field.name());
            }
        }
        let mut text = Text(attributes.metadata().name().to_owned());
        attributes.record(&mut text);
        self.0.lock().unwrap().insert(text.0);
    }
}

#[tokio::test(start_paused = true)]
async fn every_run_and_every_write_has_a_span() {
    let (store, seen) = (memory(), Seen::default());
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    let _seeing = tracing::subscriber::set_default(subscriber);
    let trace: TraceContext =
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
    let traced = NewJob { context: Some(trace.add_to(None).unwrap()), ..unload(1) };
    let odd = Payload::parse(r#"{"traceparent":"00-nonsense"}"#).unwrap();
    let odd = NewJob { context: Some(odd), ..unload(2) };
    let enqueues = longshore_worker::Coalescer::new(store.clone());
    let ids = [traced.id, odd.id];
    for job in [traced, odd] {
        enqueues.enqueue(job).await.unwrap();
    }
    let carries = |job: Crate, ctx: Ctx| async move {
        if ctx.trace().is_some() == (job.n == 1) { Ok(()) } else { failed("another trace") }
    };
    Worker::new(store.clone()).handle(carries).drain().await.unwrap();
    let seen = seen.0.lock().unwrap().clone();
    let job =
        |n: usize| format!("job job_id={} kind=\"unload\" queue=\"default\" attempt=1", ids[n]);
    let traced = format!("{} trace_id=0af7651916cd43dd8448eb211c80319c", job(0));
    for expected in [&*traced, &job(1), "enqueue jobs=1", "finish jobs=2", "claim lanes=1 limit="] {
        let found = seen.iter().any(|span| span.starts_with(expected));
        assert!(found, "no `{expected}` in {seen:#?}");
    }
    assert!(seen.contains(&job(1)), "a malformed trace is none: {seen:#?}");
    for id in ids {
        assert_eq!(state(&store, id).await, State::Completed);
    }
}
