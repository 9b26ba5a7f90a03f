//! The role of whoever asks: only timed.

use async_trait::async_trait;
use longshore_core::{
    Circumstances, JobFilter, JobId, Listing, Page, Transition, TransitionFilter, TransitionId,
};
use longshore_store::{
    AttemptLog, Depth, Inspect, JobDetail, JobRow, LogsOf, QueueRow, Result, Settled, WorkerRow,
};

use crate::{Metered, ops::Op};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Inspect for Metered {
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<JobDetail>>> {
        self.timed(Op::Jobs, self.inner.jobs(ids)).await
    }

    async fn list_jobs(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        self.timed(Op::ListJobs, self.inner.list_jobs(filter, page)).await
    }

    async fn list_dead(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        self.timed(Op::ListDead, self.inner.list_dead(filter, page)).await
    }

    async fn list_transitions(
        &self,
        filter: &TransitionFilter,
        page: &Page,
    ) -> Result<Listing<Transition>> {
        self.timed(Op::ListTransitions, self.inner.list_transitions(filter, page)).await
    }

    async fn transition(&self, id: TransitionId) -> Result<Option<Transition>> {
        self.timed(Op::Transition, self.inner.transition(id)).await
    }

    async fn logs(&self, of: &LogsOf) -> Result<Vec<AttemptLog>> {
        self.timed(Op::Logs, self.inner.logs(of)).await
    }

    async fn settled(&self, ids: &[JobId]) -> Result<Vec<Option<Settled>>> {
        self.timed(Op::Settled, self.inner.settled(ids)).await
    }

    async fn holder(&self, tenant: &str, key: &str) -> Result<Option<JobId>> {
        self.timed(Op::Holder, self.inner.holder(tenant, key)).await
    }

    async fn depths(&self) -> Result<Vec<Depth>> {
        self.timed(Op::Depths, self.inner.depths()).await
    }

    async fn queues(&self) -> Result<Vec<QueueRow>> {
        self.timed(Op::Queues, self.inner.queues()).await
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.timed(Op::Workers, self.inner.workers()).await
    }

    async fn circumstances(&self, id: JobId) -> Result<Option<Circumstances>> {
        self.timed(Op::Circumstances, self.inner.circumstances(id)).await
    }
}
