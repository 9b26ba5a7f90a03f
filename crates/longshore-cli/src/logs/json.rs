//! Log lines as JSON objects. In a job's run each has `job_id`, `kind`, `queue`, `attempt` and, if the job
//! carries one, `trace_id`; what an event says beside its message stands in `fields`.

use std::{
    fmt::{self, Write as _},
    io::Write as _,
    time::SystemTime,
};

use longshore_core::Timestamp;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::progress;

/// Writes each event to stderr, as one line.
#[derive(Debug)]
pub(super) struct JsonLines;

/// The fields of a span or an event.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let line = line(SystemTime::now().into(), event, &context);
        // Where nobody reads stderr, there is nobody to tell.
        let _ = progress::Stderr.write_all(line.as_bytes());
    }
}

fn line<S: Subscriber + for<'a> LookupSpan<'a>>(
    at: Timestamp,
    event: &Event<'_>,
    context: &Context<'_, S>,
) -> String {
    let metadata = event.metadata();
    let mut said = Fields::default();
    event.record(&mut said);
    let mut line = Map::new();
    // Outer spans last: the span of the run is the outermost, and its word counts.
    for span in context.event_scope(event).into_iter().flatten() {
        if let Some(Fields(fields)) = span.extensions().get() {
            line.extend(fields.clone());
        }
    }
    let message = said.0.remove("message").unwrap_or_default();
    line.insert("at".into(), at.to_rfc3339().into());
    line.insert("level".into(), metadata.level().as_str().to_lowercase().into());
    line.insert("target".into(), metadata.target().into());
    line.insert("message".into(), message);
    if !said.0.is_empty() {
        line.insert("fields".into(), said.0.into());
    }
    format!("{}\n", Value::Object(line))
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(text, "{value:?}");
        self.0.insert(field.name().into(), text.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }
}
