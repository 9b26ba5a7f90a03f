//! Runs as parts of traces.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use longshore_core::{NewJob, TraceContext};
use longshore_worker::{Ctx, Error, Worker, otel};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::{OTelSdkError, OTelSdkResult},
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tokio::runtime::Handle;
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use crate::{
    harbour::{Crate, bring_one, done, state, unload},
    memory,
};

/// Spans that ended.
#[derive(Clone, Debug, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Ended {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl Ended {
    fn named(&self, name: &str) -> Vec<SpanData> {
        self.0.lock().unwrap().iter().filter(|span| span.name == name).cloned().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_is_a_child_and_later_ones_are_linked() {
    let (store, ended) = (memory(), Ended::default());
    let provider = SdkTracerProvider::builder().with_simple_exporter(ended.clone()).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _tracing = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let job = async { otel::carry(unload(1)) }.instrument(tracing::info_span!("request")).await;
    let carried = TraceContext::of(job.context.as_ref().unwrap()).unwrap();
    let again = async { otel::carry(job.clone()) }.instrument(tracing::info_span!("another")).await;
    assert_eq!(again, job, "a job that carries a trace keeps it");
    assert_eq!(otel::carry(unload(2)).context, None, "outside of all spans");
    let id = bring_one(&store, job).await;
    let fails_twice = |_: Crate, ctx: Ctx| async move {
        let within = otel::current_trace().unwrap();
        assert_eq!(within.trace_id() == ctx.trace().unwrap().trace_id(), ctx.attempt() == 1);
        if ctx.attempt() < 3 { Err(Error::retry_in(Duration::ZERO, "again")) } else { Ok(()) }
    };
    Worker::new(store.clone()).handle(fails_twice).drain().await.unwrap();
    assert_eq!(state(&store, id).await, longshore_core::State::Completed);

    let request = ended.named("request").remove(0).span_context;
    assert_eq!(carried.trace_id(), format!("{:032x}", request.trace_id()));
    let runs = ended.named("job");
    let attempts: Vec<_> = runs
        .iter()
        .map(|run| {
            let links: Vec<_> = run.links.iter().map(|link| link.span_context.span_id()).collect();
            (run.span_context.trace_id() == request.trace_id(), run.parent_span_id, links)
        })
        .collect();
    let none = opentelemetry::trace::SpanId::INVALID;
    let linked = (false, none, vec![request.span_id()]);
    assert_eq!(attempts, [(true, request.span_id(), vec![]), linked.clone(), linked]);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_context_has_no_place_for_a_trace_is_left_as_it_is() {
    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _tracing = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let list = longshore_core::Payload::parse("[1, 2]").unwrap();
    let job = NewJob { context: Some(list), ..unload(1) };
    let _within = tracing::info_span!("request").entered();
    assert_eq!(otel::carry(job.clone()), job);
}

/// One whose collector fails, or never answers.
#[derive(Clone, Copy, Debug)]
enum Bad {
    Refuses,
    Hangs,
}

impl SpanExporter for Bad {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        match self {
            Self::Refuses => Err(OTelSdkError::InternalFailure("nobody listens".into())),
            Self::Hangs => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn an_exporter_that_fails_or_hangs_is_given_up_and_harms_no_job() {
    for bad in [Bad::Refuses, Bad::Hangs] {
        let patience = Duration::from_millis(50);
        let counted = otel::CountedExporter::new(bad, Handle::current(), patience);
        assert!(counted.export(Vec::new()).await.is_err(), "{bad:?}");
        let provider = SdkTracerProvider::builder().with_batch_exporter(counted).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _tracing = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        let store = memory();
        let mut ids = Vec::new();
        // More than its queue holds.
        for n in 0..3000 {
            ids.push(bring_one(&store, unload(n)).await);
        }
        Worker::new(store.clone()).handle(|_: Crate| async { done(()) }).drain().await.unwrap();
        for id in ids {
            assert_eq!(state(&store, id).await, longshore_core::State::Completed);
        }
        let _ = provider.shutdown_with_timeout(patience);
    }
}
