//! What is said inside a run is kept with its attempt: a layer for programs that install a subscriber.

use std::{
    cell::Cell,
    fmt::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use longshore_core::{Log, LogBuffer, LogCap, LogLevel};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::spans;

thread_local! {
    /// From the layer that hears of a new run to the worker that has begun it, on the same thread.
    static OPENED: Cell<Option<Journal>> = const { Cell::new(None) };
}

/// Keeps the events of each run, up to [a cap](crate::Worker::log_cap), in the ledger: `longshore jobs show ID --logs` and
/// [`Inspect::logs`](longshore_store::Inspect::logs) show them.
///
/// An event belongs to the run in whose span it happens. Tasks that a handler spawns take part if they are
/// [instrumented](tracing::Instrument::in_current_span). The lines are written with the outcome of the
/// attempt, in the same statement; those of a worker that dies are lost with it. Give the layer a filter of
/// its own, or it keeps whatever the subscriber enables:
///
/// ```
/// use longshore_worker::JobLogs;
/// use tracing_subscriber::{Layer, filter::LevelFilter, layer::SubscriberExt};
///
/// let subscriber = tracing_subscriber::registry().with(JobLogs.with_filter(LevelFilter::INFO));
/// # let _ = subscriber;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct JobLogs;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JobLogs {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !spans::is_of_run(attributes.metadata()) {
            return;
        }
        if let Some(span) = context.span(id) {
            let journal = Journal::default();
            span.extensions_mut().replace(journal.clone());
            OPENED.set(Some(journal));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(mut scope) = context.event_scope(event) else { return };
        let journal = scope.find_map(|span| span.extensions().get::<Journal>().cloned());
        if let Some(journal) = journal {
            let mut line = Line::default();
            event.record(&mut line);
            let metadata = event.metadata();
            journal.add(level(*metadata.level()), metadata.target(), &line.finish());
        }
    }
}

/// The log of one run, shared by all who write to it.
#[derive(Clone, Debug)]
pub(crate) struct Journal(Arc<Mutex<LogBuffer>>);

impl Default for Journal {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LogBuffer::new(LogCap::default()))))
    }
}

impl Journal {
    /// The one of the span that this thread has just made, if anybody keeps it. It is empty yet.
    pub(crate) fn just_opened(cap: LogCap) -> Option<Self> {
        let journal = OPENED.take()?;
        *journal.buffer() = LogBuffer::new(cap);
        Some(journal)
    }

    fn add(&self, level: LogLevel, target: &str, message: &str) {
        self.buffer().add(SystemTime::now().into(), level, target, message);
    }

    pub(crate) fn log(&self) -> Option<Log> {
        self.buffer().log()
    }

    fn buffer(&self) -> MutexGuard<'_, LogBuffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// The message of an event, with its other fields behind it: `stowed crates=3 ship="Ada"`.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn finish(self) -> String {
        let Self { mut message, fields } = self;
        message.push_str(if message.is_empty() { fields.trim_start() } else { &fields });
        message
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
