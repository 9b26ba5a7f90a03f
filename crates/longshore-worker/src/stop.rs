//! The life of a worker from its start to its orderly end.

use std::{future::Future, sync::Arc, time::Duration};

use longshore_store::Finish;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    Event, Result, SetupError, fetch::fetch, heart::Heart, keep::keep, lease::Cause, line::Line,
    part::Part, report, runtime::Runtime,
};

/// What the last writes get when the grace is over, or when somebody is in a hurry.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// Starts all tasks of a worker; the answer is the one that ends with it.
///
/// The end, in this order: claim nothing more; give back what never started; let handlers end, and ask
/// them to once half of the grace is over; give back what has not ended when the grace is; write the last
/// reports; stop the heart, last of all; take the worker's own row away. Whoever is in a hurry skips the
/// waiting. A part that breaks off stops the others, and is the error in the end.
pub(crate) fn start(
    runtime: Arc<Runtime>,
    reports: mpsc::UnboundedReceiver<Finish>,
) -> Result<impl Future<Output = Result> + Send, SetupError> {
    let heart = Heart::start(runtime.clone())?;
    let finisher = Part::Finisher.spawn(&runtime, report::finish(runtime.clone(), reports));
    let mut fetcher = Part::Fetcher.spawn(&runtime, fetch(runtime.clone()));
    let mut keeper = Part::Keeper.spawn(&runtime, keep(runtime.clone()));
    Ok(async move {
        runtime.stop.raised().await;
        runtime.events.post(Event::Stopping);
        runtime.declare_stopping();
        let grace = runtime.settings.grace;
        let (half, end) = (Instant::now() + grace / 2, Instant::now() + grace);

        // A claim on its way is waited for: what it brings is given back.
        let _ = until(&runtime, end, &mut fetcher).await;
        fetcher.abort();
        for lease in runtime.lines.iter().flat_map(Line::close) {
            runtime.give_back(&lease);
        }
        if until(&runtime, half, runtime.leases.emptied()).await.is_none() {
            runtime.leases.all().iter().for_each(|lease| lease.cancel(Cause::Shutdown));
            let _ = until(&runtime, end, runtime.leases.emptied()).await;
        }
        for lease in runtime.leases.all() {
            runtime.give_back(&lease);
            lease.abort();
        }
        let _ = timeout(LAST_WRITES, runtime.leases.emptied()).await;
        runtime.give_up.raise();
        let writer = finisher.abort_handle();
        if timeout(LAST_WRITES, finisher).await.is_err() {
            writer.abort();
        }
        abandon_the_rest(&runtime);
        let _ = timeout(LAST_WRITES, &mut keeper).await;
        keeper.abort();
        heart.stop().await;
        let left = timeout(LAST_WRITES, runtime.store.leave(runtime.id)).await;
        if let Ok(Err(error)) = left {
            runtime.events.trouble("leave", &error);
        }
        runtime.events.post(Event::Stopped);
        runtime.broken.get().map_or(Ok(()), |broken| Err(broken.clone().into()))
    })
}

/// Waits for something until a time, or until somebody is in a hurry.
async fn until<T>(runtime: &Runtime, end: Instant, what: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        answer = timeout_at(end, what) => answer.ok(),
        () = runtime.hurry.raised() => None,
    }
}

/// Leases whose reports could not be written while there was time.
fn abandon_the_rest(runtime: &Runtime) {
    for lease in runtime.leases.all() {
        let fence = lease.fence();
        tracing::error!(id = %fence.job, attempt = fence.attempt, "stopped before an outcome was written; the job will be rescued");
        runtime.events.post(Event::Abandoned { id: fence.job, attempt: fence.attempt });
    }
}
