//! The role of whoever steps in: jobs that end by a cancel are counted, all else is only timed.

use async_trait::async_trait;
use longshore_core::{JobId, JobUpdate, Limits, State};
use longshore_store::{Cancelled, Deleted, Operate, Released, Result, Retried, Updated};

use crate::{Metered, ops::Op};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Operate for Metered {
    async fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        let cancelled = self.timed(Op::Cancel, self.inner.cancel(ids)).await?;
        let over = cancelled.iter().filter(|cancelled| **cancelled == Cancelled::Done).count();
        if over > 0 {
            // The answer does not say where a job stood, and to ask would cost a statement.
            let place = self.places.at(self.places.other());
            place.finished(State::Cancelled, over as u64);
        }
        Ok(cancelled)
    }

    async fn retry(&self, ids: &[JobId]) -> Result<Vec<Retried>> {
        self.timed(Op::Retry, self.inner.retry(ids)).await
    }

    async fn release(&self, ids: &[JobId]) -> Result<Vec<Released>> {
        self.timed(Op::Release, self.inner.release(ids)).await
    }

    async fn update(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        self.timed(Op::Update, self.inner.update(id, update)).await
    }

    async fn delete_dead(&self, ids: &[JobId]) -> Result<Vec<Deleted>> {
        self.timed(Op::DeleteDead, self.inner.delete_dead(ids)).await
    }

    async fn pause(&self, queue: &str) -> Result<bool> {
        self.timed(Op::Pause, self.inner.pause(queue)).await
    }

    async fn resume(&self, queue: &str) -> Result<bool> {
        self.timed(Op::Resume, self.inner.resume(queue)).await
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}
