//! For tests of handlers: one job at a time, without heartbeats, upkeep and background tasks.

use std::{sync::Arc, time::Instant};

use longshore_store::{Claim, CursorAt, Finished as Written, Result as StoreResult};

use crate::{Event, Result, Worker, lease::Lease, report, run::perform, runtime::Runtime};

pub use crate::Clock;

/// What the next due job came to.
#[derive(Clone, Debug, PartialEq)]
pub enum OneRun {
    /// No job of the worker's kinds is due in its queues.
    NothingDue,
    /// It ran; this was written.
    Finished(crate::Finished),
    /// It ran, and somebody else took it away meanwhile. Nothing was written.
    Stale,
}

impl<S: Send + Sync + 'static> Worker<S> {
    /// Claims the next due job, runs it, writes its outcome, and is done.
    ///
    /// ```
    /// use longshore_store::Store;
    /// use longshore_worker::{Job, Result, Worker, testing::OneRun};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)] struct Ping;
    /// # impl Job for Ping { const KIND: &'static str = "ping"; }
    /// async fn pong(_: Ping) -> Result {
    ///     Ok(())
    /// }
    ///
    /// async fn a_ping_is_answered(store: std::sync::Arc<dyn Store>) -> Result {
    ///     store.enqueue(&[Ping.to_new_job()?]).await?;
    ///     let run = Worker::new(store).handle(pong).run_one().await?;
    ///     assert!(matches!(run, OneRun::Finished(_)));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Worker::start`], and any other error of the storage.
    pub async fn run_one(self) -> Result<OneRun> {
        let (runtime, _reports) = self.assemble()?;
        let Some(lease) = claim_one(&runtime).await? else { return Ok(OneRun::NothingDue) };
        lease.start();
        let finish = perform(&runtime, &lease, tokio::time::Instant::now()).await;
        let written = runtime.store.finish(std::slice::from_ref(&finish)).await?;
        let written = written.first().copied().unwrap_or(Written::Stale);
        Ok(match report::event(finish, written, lease.is_completed_elsewhere()) {
            Event::Finished(finished) => OneRun::Finished(finished),
            _ => OneRun::Stale,
        })
    }
}

/// Claims from all lanes, highest priority first.
async fn claim_one(runtime: &Runtime) -> StoreResult<Option<Arc<Lease>>> {
    let mut seen = runtime.store.lanes(&runtime.queues()).await?;
    seen.lanes.retain(|lane| !seen.paused.contains(&lane.queue));
    seen.lanes.sort_by_key(|lane| std::cmp::Reverse(lane.priority));
    let sent = Instant::now();
    for lanes in seen.lanes.chunks(64) {
        let cursors =
            lanes.iter().map(|lane| CursorAt { lane: lane.clone(), floor: None, quota: 1 });
        let claim = Claim {
            worker: runtime.id,
            cursors: cursors.collect(),
            kinds: runtime.handlers.kinds().clone(),
            limit: 1,
            lease: runtime.settings.lease,
            now: runtime.settings.clock.now(),
        };
        if let Some(job) = runtime.store.claim(&claim).await?.into_iter().next() {
            return Ok(Some(Arc::new(Lease::new(job, 0, sent, &runtime.terms))));
        }
    }
    Ok(None)
}
