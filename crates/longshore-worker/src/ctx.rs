//! What a handler knows about its run, and what it can say while it runs.

use std::{fmt, sync::Arc, time::Instant};

use longshore_core::{Invalid, Labels, Outcome, Payload, Timestamp, TraceContext};
use longshore_core::{JobId, Priority};
use longshore_store::{Fence, Finish, Progress, Store};
use serde::Serialize;

use crate::{Error, Job, lease::Lease, verdict};

/// The facts of a run. Cheap to clone, and good for as long as somebody holds it.
///
/// ```
/// use longshore_worker::{Ctx, Job, Result};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)] struct Import { files: Vec<String> }
/// # impl Job for Import { const KIND: &'static str = "import"; }
/// async fn import(job: Import, ctx: Ctx) -> Result<u64> {
///     let total = job.files.len() as u64;
///     for (done, file) in (1..).zip(&job.files) {
///         if ctx.is_cancelled() {
///             return Err("told to end".into());
///         }
///         ctx.progress(done, total, file.as_str());
///     }
///     Ok(total)
/// }
/// ```
#[derive(Clone)]
pub struct Ctx(Arc<Lease>);

impl Ctx {
    pub(crate) fn new(lease: Arc<Lease>) -> Self {
        Self(lease)
    }

    /// The job's id.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.0.claimed.id
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.0.claimed.kind
    }

    /// The queue it came from.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.0.claimed.lane.queue
    }

    /// Its tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.0.claimed.lane.tenant
    }

    /// Its priority.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.0.claimed.lane.priority
    }

    /// The attempt, from 1; it grows for the job's whole life, also over snoozes and retries by hand.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.claimed.standing.attempt
    }

    /// Total tries that were asked for.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.0.claimed.max_attempts
    }

    /// Whether a failure of this run would be final.
    #[must_use]
    pub fn is_last_attempt(&self) -> bool {
        self.0.claimed.standing.attempt >= self.0.claimed.standing.last_attempt
    }

    /// When the job was created.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.0.claimed.created_at
    }

    /// When the job was due.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        self.0.claimed.due_at
    }

    /// When this run is cancelled for taking too long; `None`: never.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline()
    }

    /// The payload as it was written.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.0.claimed.payload
    }

    /// The payload as a handler of this type takes it.
    ///
    /// # Errors
    /// An [`Error`] that discards the job with the reason `undecodable`: no further try can help.
    pub fn decode<J: Job>(&self) -> crate::Result<J> {
        let unlike = |error| format!("the payload is not what `{}` takes: {error}", J::KIND);
        self.payload().decode().map_err(|error| Error::undecodable(unlike(error)))
    }

    /// What travels along with the job.
    #[must_use]
    pub fn context(&self) -> Option<&Payload> {
        self.0.claimed.context.as_ref()
    }

    /// The trace that the job was enqueued in, if its context carries one.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.context().and_then(TraceContext::of)
    }

    /// What people know the job by.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.0.claimed.labels
    }

    /// The right to run: pass it to other systems, so that they refuse an older run of the same job.
    #[must_use]
    pub fn fence(&self) -> Fence {
        self.0.fence()
    }

    /// Waits until this run should come to an end: the job was called off, it ran too long, the worker
    /// stops, or the lease was lost. A handler that then returns `Ok` still completes its job.
    pub async fn cancelled(&self) {
        self.0.cancelled().raised().await;
    }

    /// Whether this run should come to an end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled().is_raised()
    }

    /// Waits until the right to run is lost: somebody else may run the job now, and nothing that this
    /// run returns is written.
    pub async fn lease_lost(&self) {
        self.0.lost().raised().await;
    }

    /// Whether the right to run is lost.
    #[must_use]
    pub fn is_lease_lost(&self) -> bool {
        self.0.lost().is_raised()
    }

    /// Says how far the work has come, in units of its own; `total` 0 means unknown. Free of charge: it
    /// travels with a heartbeat, at most once a second.
    pub fn progress(&self, done: u64, total: u64, note: impl Into<String>) {
        self.0.set_progress(Progress { done, total, note: note.into() });
    }

    /// The storage that the job came from.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        self.0.terms.store.clone()
    }

    /// The report that completes this job with a result, to be written inside a transaction of the
    /// handler's own.
    ///
    /// From now on the worker takes the job for completed if, and only if, that transaction commits: a
    /// handler that returns `Ok` although it did not, has failed.
    ///
    /// # Errors
    /// [`Invalid`] when the result is too large or JSON cannot hold it.
    pub fn completion<T: Serialize + ?Sized>(&self, result: &T) -> Result<Finish, Invalid> {
        let result = Payload::of(result)?;
        self.0.terms.limits.check_size("result", result.as_str())?;
        self.0.complete_elsewhere();
        let result = Some(result).filter(|result| result.as_str() != "null");
        Ok(Finish { result, ..verdict::close(&self.0, Outcome::Completed) })
    }
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx")
            .field("id", &self.id())
            .field("kind", &self.kind())
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}
