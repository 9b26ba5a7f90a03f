//! One run of one job: decode, call the handler, catch what may happen, report.

use std::{future::Future, panic::AssertUnwindSafe, pin::pin, sync::Arc, thread, time::Duration};

use futures_util::FutureExt;
use longshore_core::Outcome;
use longshore_store::Finish;
use tokio::time::{Instant, sleep};
use tracing::Instrument;

use crate::{
    Ctx, Event,
    lease::{Cause, Lease},
    part,
    runtime::Runtime,
    spans,
    verdict::{self, End},
};

/// What a handler gets to come to an end after its time is up, before it is dropped.
const TIMEOUT_GRACE: Duration = Duration::from_secs(5);

/// Starts the run of a job that has a slot, as a task of its own.
pub(crate) fn launch(runtime: &Arc<Runtime>, lease: &Arc<Lease>) {
    let slot = Slot {
        runtime: runtime.clone(),
        lease: lease.clone(),
        ran: None,
        report: None,
        ended: false,
    };
    // Boxed: the runtime moves a task seven times before it runs, and this one is more than a kilobyte.
    let task = tokio::spawn(Box::pin(run(slot)));
    lease.set_task(task.abort_handle());
}

/// The slot of a running job. However the run ends, also by a panic where none is expected, the slot goes
/// to the next job and this one is reported.
struct Slot {
    runtime: Arc<Runtime>,
    lease: Arc<Lease>,
    ran: Option<Duration>,
    report: Option<Finish>,
    ended: bool,
}

impl Drop for Slot {
    fn drop(&mut self) {
        // A run that neither ended nor panicked was dropped, with the worker or the whole program: a lease
        // that nobody has given back runs out, and starting the next job would only drop that, too.
        if !self.ended && !thread::panicking() {
            return;
        }
        let Self { runtime, lease, ran, report, .. } = self;
        let report = report.take().or_else(|| {
            let broke_off = || End::Panicked("the run broke off".into());
            lease.report().then(|| verdict::of(lease, broke_off(), ran.unwrap_or_default()))
        });
        // The slot first: when the report is written, it no longer counts as busy.
        let next = runtime.lines[lease.line].ended(*ran);
        if let Some(report) = report {
            runtime.report(report);
        }
        if let Some(next) = next {
            launch(runtime, &next);
        }
    }
}

async fn run(mut slot: Slot) {
    let finish = match reason_not_to_start(&slot.lease) {
        Some(outcome) => Some(verdict::close(&slot.lease, outcome)),
        None if slot.lease.start() => {
            let started = Instant::now();
            let finish = perform(&slot.runtime, &slot.lease, started).await;
            slot.ran = Some(started.elapsed());
            Some(finish)
        }
        None => None,
    };
    slot.report = finish.filter(|_| slot.lease.report());
    slot.ended = true;
}

/// Runs the handler of a job that was started.
pub(crate) async fn perform(runtime: &Runtime, lease: &Arc<Lease>, started: Instant) -> Finish {
    if runtime.events.is_heard() {
        let claimed = &lease.claimed;
        runtime.events.post(Event::Started {
            id: claimed.id,
            kind: claimed.kind.clone(),
            queue: claimed.lane.queue.clone(),
            attempt: claimed.standing.attempt,
        });
    }
    let timeout = lease.timeout();
    if let Some(deadline) = timeout.and_then(|timeout| started.checked_add(timeout)) {
        lease.set_deadline(deadline.into_std());
    }
    let (ctx, span) = (Ctx::new(lease.clone()), spans::of_run(lease));
    let handler = async { runtime.handlers.call(&ctx)?.await }.instrument(span.clone());
    let handler = AssertUnwindSafe(handler).catch_unwind();
    let end = match timeout {
        None => Some(handler.await),
        Some(timeout) => within(timeout, lease, handler).await,
    };
    let end = match end {
        Some(Ok(answer)) => End::Answered(answer),
        Some(Err(panic)) => {
            let message = format!("the handler panicked: {}", part::text(&*panic));
            span.in_scope(|| tracing::error!("{message}"));
            End::Panicked(message)
        }
        None => End::TimedOut,
    };
    verdict::of(lease, end, started.elapsed())
}

/// A job that waited for its slot may have been called off or lost meanwhile.
fn reason_not_to_start(lease: &Lease) -> Option<Outcome> {
    match lease.cause() {
        Some(Cause::Requested) => Some(Outcome::Cancelled),
        Some(_) => Some(Outcome::Released),
        None if lease.holds_until() <= std::time::Instant::now() => Some(Outcome::Released),
        None => None,
    }
}

/// Lets the handler run so long, then asks it to end, then drops it: `None`.
async fn within<T>(
    timeout: Duration,
    lease: &Lease,
    handler: impl Future<Output = T>,
) -> Option<T> {
    let mut handler = pin!(handler);
    tokio::select! {
        biased;
        end = &mut handler => return Some(end),
        () = sleep(timeout) => lease.cancel(Cause::Timeout),
    }
    tokio::time::timeout(TIMEOUT_GRACE, handler).await.ok()
}
