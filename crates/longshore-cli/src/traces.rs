//! Traces for an OpenTelemetry collector: OTLP over HTTP, set up by the usual `OTEL_...` variables.

use std::{env, time::Duration};

use longshore::worker::otel::CountedExporter;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};
use tokio::runtime::Handle;

use crate::exit::Refused;

/// Where the collector is; the second for traces alone. Without them there are no traces.
pub(crate) const ENDPOINTS: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// How long a collector may take for a batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the end of the process waits for the last spans.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// The pipeline; its end sends what is left.
#[derive(Debug)]
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts it, if the environment names a collector. Whether one answers is not asked.
    pub(crate) fn start(runtime: &Handle) -> anyhow::Result<Option<Self>> {
        let is_set = |name: &&str| env::var(name).is_ok_and(|value| !value.trim().is_empty());
        let Some(variable) = ENDPOINTS.into_iter().find(is_set) else { return Ok(None) };
        let exporter = SpanExporter::builder().with_http().build().map_err(|error| {
            Refused::invalid(format!(
                "{variable} sets up no exporter of traces ({error}): name a collector that takes OTLP over plain \
                 HTTP, for instance http://127.0.0.1:4318"
            ))
        })?;
        let mut resource = Resource::builder();
        if env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("longshore");
        }
        let exporter = CountedExporter::new(exporter, runtime.clone(), PATIENCE);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        Ok(Some(Self(provider)))
    }

    /// What the layer records with.
    pub(crate) fn tracer(&self) -> SdkTracer {
        self.0.tracer("longshore")
    }

    /// Sends what is left, for a moment. Call it while the runtime still lives, outside of it.
    pub(crate) fn end(self) {
        // A collector that is away was counted; the process does not end badly for it.
        let _ = self.0.shutdown_with_timeout(LAST_SPANS);
    }
}
