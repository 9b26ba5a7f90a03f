//! What a poll brings, and what may be said of each job of it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use longshore_core::{Outcome, Timestamp};
use longshore_store::{Claimed, Error, ErrorKind, Finish, Heartbeat, Renewed, Result, WorkerFacts};
use serde::Serialize;
use tracing::Span;

use crate::{
    Clock, Ctx, Event, Finished, IntoAnswer,
    lease::{Cause, Lease, Terms},
    report, spans,
    verdict::{self, End},
};

/// The shortest pause of somebody who should come back at once, and the longest of somebody who waits.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// The answer to a poll.
#[derive(Debug)]
pub enum Polled {
    /// Jobs that are now the caller's, at least one.
    Jobs(Vec<PolledJob>),
    /// None is due. The earliest of those that wait is due then, by the database's clock; another process
    /// may store an earlier one. A time that is past means that somebody else was just taking it.
    WaitUntil(Timestamp),
    /// None waits.
    Empty,
}

impl Polled {
    /// How long to wait before the next poll, if nothing else is a reason to poll: not at all after jobs,
    /// else a second at most, because others may store jobs at any time.
    #[must_use]
    pub fn pause(&self) -> Duration {
        let (shortest, longest) = PAUSES;
        match self {
            Self::Jobs(_) => Duration::ZERO,
            Self::WaitUntil(due) => {
                let left = *due - Timestamp::from(SystemTime::now());
                left.to_std().unwrap_or_default().clamp(shortest, longest)
            }
            Self::Empty => longest,
        }
    }
}

/// A job that the caller holds a lease on, and has to end before that runs out.
///
/// Dropped without an end, it comes back when the lease runs out, and the attempt counts as a crash.
pub struct PolledJob {
    lease: Arc<Lease>,
    ctx: Ctx,
    worker: Arc<WorkerFacts>,
    clock: Clock,
    taken: Instant,
    span: Span,
}

impl PolledJob {
    pub(crate) fn new(
        claimed: Claimed,
        sent: Instant,
        terms: &Arc<Terms>,
        worker: Arc<WorkerFacts>,
        clock: Clock,
    ) -> Self {
        let lease = Arc::new(Lease::new(claimed, 0, sent, terms));
        let (ctx, span) = (Ctx::new(lease.clone()), spans::of_run(&lease));
        Self { ctx, lease, worker, clock, taken: Instant::now(), span }
    }

    /// What a handler would know: id, kind, payload, attempt, labels …
    ///
    /// Its signals ([`Ctx::is_cancelled`], [`Ctx::is_lease_lost`]) say what the last
    /// [`extend`](Self::extend) was told. Nobody watches the job's own time-out.
    #[must_use]
    pub fn ctx(&self) -> &Ctx {
        &self.ctx
    }

    /// The span of this run, with the job's id, kind, queue and attempt: instrument the work with it, so that
    /// lines and traces find their job.
    #[must_use]
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Ends the attempt with what a handler would return: `Ok(result)` completes the job; an error is tried
    /// again by the job's own policy, unless it is one of [`Error`](crate::Error) that wishes otherwise.
    /// Answers with where the job stands now, and whether and when it runs again.
    ///
    /// After a failure of the database it may be called again.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the lease was lost meanwhile, or the attempt was ended before: nothing
    /// changed, and another one may have the job. Those of the database.
    pub async fn finish(&self, answer: impl IntoAnswer) -> Result<Finished> {
        let end = End::Answered(answer.into_answer());
        self.write(verdict::of(&self.lease, end, self.taken.elapsed())).await
    }

    /// Completes the job with a result; `()` is none.
    ///
    /// # Errors
    /// As [`PolledJob::finish`].
    pub async fn complete<T: Serialize>(&self, result: T) -> Result<Finished> {
        self.finish(Ok::<T, crate::Error>(result)).await
    }

    /// The attempt failed.
    ///
    /// # Errors
    /// As [`PolledJob::finish`].
    pub async fn fail(&self, error: impl Into<crate::Error>) -> Result<Finished> {
        self.finish(Err::<(), crate::Error>(error.into())).await
    }

    /// Gives the job back unrun: it is due at once, and the attempt does not count.
    ///
    /// # Errors
    /// As [`PolledJob::finish`].
    pub async fn release(&self) -> Result<Finished> {
        self.write(verdict::close(&self.lease, Outcome::Released)).await
    }

    /// Lets the lease hold so long from now, and stores the [progress](Ctx::progress) if there is some.
    ///
    /// Somebody may have asked to [cancel](Renewed::CancelRequested) the job: end it soon, and unless it is
    /// completed it is then cancelled. A [lost](Renewed::Lost) lease does not come back.
    ///
    /// # Errors
    /// Those of the database; the lease then holds as long as before.
    pub async fn extend(&self, lease: Duration) -> Result<Renewed> {
        let (sent, progress) = (Instant::now(), self.lease.take_progress());
        let carried = progress.is_some();
        let heartbeat = Heartbeat {
            worker: self.worker.clone(),
            leases: vec![(self.lease.fence(), progress)],
            lease,
            now: self.clock.now(),
        };
        let renewed = self.lease.terms.store.heartbeat(&heartbeat).await;
        if renewed.is_err() && carried {
            self.lease.progress_was_not_stored();
        }
        let renewed = renewed?.first().copied().unwrap_or(Renewed::Lost);
        match renewed {
            Renewed::Held => self.lease.renew(sent),
            Renewed::CancelRequested => self.lease.cancel(Cause::Requested),
            Renewed::Lost => self.lease.cancel(Cause::Lost),
        }
        Ok(renewed)
    }

    async fn write(&self, finish: Finish) -> Result<Finished> {
        let answers = self.lease.terms.store.finish(std::slice::from_ref(&finish)).await?;
        let answer = answers.first().copied().unwrap_or(longshore_store::Finished::Stale);
        match report::event(finish, answer, self.lease.is_completed_elsewhere()) {
            Event::Finished(finished) => Ok(finished),
            _ => Err(Error::new(
                ErrorKind::Conflict,
                "the lease on this job was lost, or its attempt was ended before: nothing was changed",
            )),
        }
    }
}

impl fmt::Debug for PolledJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolledJob").field("ctx", &self.ctx).finish_non_exhaustive()
    }
}
