//! The spans of a worker: one for each run, by which lines, traces and measures find their job.
//!
//! What is sent to the database has spans of its own beside the calls: `claim`, `finish`, `heartbeat` and
//! `enqueue`, at level DEBUG, with the number of jobs. Without a subscriber all of them cost a look at a flag.

use longshore_core::TraceContext;
use longshore_store::Claimed;
use tracing::{Span, field};

use crate::lease::Lease;

/// The span of a run. Its fields are read only if somebody wants them.
pub(crate) fn of_run(lease: &Lease) -> Span {
    let claimed = &lease.claimed;
    let span = tracing::info_span!(
        "job",
        job_id = %claimed.id,
        kind = &*claimed.kind,
        queue = &*claimed.lane.queue,
        attempt = claimed.standing.attempt,
        trace_id = trace(claimed).map(|trace| field::display(trace.trace_id())),
    );
    #[cfg(feature = "otel")]
    if !span.is_disabled()
        && let Some(trace) = trace(claimed)
    {
        crate::otel::relate(&span, &trace, claimed.standing.attempt);
    }
    #[cfg(feature = "logs")]
    lease.take_journal();
    span
}

/// The trace that the job was enqueued in.
fn trace(claimed: &Claimed) -> Option<TraceContext> {
    TraceContext::of(claimed.context.as_ref()?)
}

/// Whether it is the span of a run.
#[cfg(feature = "logs")]
pub(crate) fn is_of_run(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_span() && metadata.name() == "job" && metadata.target() == module_path!()
}
