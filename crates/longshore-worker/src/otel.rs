//! OpenTelemetry: a run belongs to the trace in which its job was enqueued, and exports that fail are counted.
//!
//! The program builds its own pipeline (`opentelemetry_sdk`, an exporter, the layer of
//! `tracing-opentelemetry`); here is only what ties jobs to it.
//!
//! ```
//! use std::time::Duration;
//! use longshore_worker::otel::CountedExporter;
//! use opentelemetry::trace::TracerProvider;
//! use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
//! use tokio::runtime::Handle;
//! use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};
//!
//! /// `exporter` is for instance the `SpanExporter` of `opentelemetry-otlp`.
//! fn listen(exporter: impl SpanExporter + 'static, runtime: Handle) {
//!     let counted = CountedExporter::new(exporter, runtime, Duration::from_secs(5));
//!     let provider = SdkTracerProvider::builder().with_batch_exporter(counted).build();
//!     let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("my-program"));
//!     tracing_subscriber::registry().with(layer.with_filter(LevelFilter::INFO)).init();
//! }
//! ```

use std::{fmt, sync::Arc, time::Duration};

use longshore_core::{NewJob, TraceContext};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use tokio::runtime::Handle;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The trace of the current span, if it is in one.
#[must_use]
pub fn current_trace() -> Option<TraceContext> {
    let span = Span::current();
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let current = context.span().span_context().clone();
    let trace = u128::from_be_bytes(current.trace_id().to_bytes());
    let span = u64::from_be_bytes(current.span_id().to_bytes());
    let bare = TraceContext::new(trace, span, current.trace_flags().to_u8()).ok()?;
    let state = bare.clone().with_state(&current.trace_state().header());
    Some(state.unwrap_or(bare))
}

/// The job with the trace of the current span, unless it carries one, or its context has no place for it.
#[must_use]
pub fn carry(mut job: NewJob) -> NewJob {
    let carries = job.context.as_ref().and_then(TraceContext::of).is_some();
    if !carries
        && let Some(trace) = current_trace()
        && let Ok(context) = trace.add_to(job.context.as_ref())
    {
        job.context = Some(context);
    }
    job
}

/// The first attempt is a child of the span that enqueued the job. Later ones come at another time, and after
/// a failure: they have traces of their own, with a link.
pub(crate) fn relate(span: &Span, trace: &TraceContext, attempt: u32) {
    let (id, parent) = trace.ids();
    let state = trace.state().and_then(|state| state.parse::<TraceState>().ok());
    let origin = SpanContext::new(
        TraceId::from_bytes(id.to_be_bytes()),
        SpanId::from_bytes(parent.to_be_bytes()),
        TraceFlags::new(trace.flags()),
        true,
        state.unwrap_or_default(),
    );
    if attempt > 1 {
        span.add_link(origin);
    } else {
        let parent = opentelemetry::Context::new().with_remote_span_context(origin);
        // Without the layer there is nobody to tell.
        let _ = span.set_parent(parent);
    }
}

/// An exporter that counts what fails (`longshore_trace_export_failures_total`), gives up in time, and works on
/// the program's own tokio runtime: exporters over HTTP can then be asked from any thread.
///
/// Put it into a batch processor. That never waits: spans that it has no room for are dropped, and jobs do not
/// notice.
pub struct CountedExporter<E> {
    inner: Arc<E>,
    runtime: Handle,
    patience: Duration,
}

impl<E: SpanExporter + 'static> CountedExporter<E> {
    /// An exporter around another one, which gets so long for each batch.
    pub fn new(inner: E, runtime: Handle, patience: Duration) -> Self {
        metrics::counter!("longshore_trace_export_failures_total").increment(0);
        Self { inner: Arc::new(inner), runtime, patience }
    }
}

impl<E: SpanExporter + 'static> SpanExporter for CountedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let (inner, patience) = (self.inner.clone(), self.patience);
        let exporting = self.runtime.spawn(async move {
            let exported = tokio::time::timeout(patience, inner.export(batch)).await;
            exported.unwrap_or(Err(OTelSdkError::Timeout(patience)))
        });
        let broken = |error| Err(OTelSdkError::InternalFailure(format!("{error}")));
        let exported = exporting.await.unwrap_or_else(broken);
        if let Err(error) = &exported {
            metrics::counter!("longshore_trace_export_failures_total").increment(1);
            tracing::debug!(%error, "traces could not be exported");
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        // Nobody shares it before the first export.
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.set_resource(resource);
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for CountedExporter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CountedExporter").field(&self.inner).finish()
    }
}
