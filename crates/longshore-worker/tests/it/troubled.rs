//! A storage that has trouble on demand, in front of the model.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use longshore_conformance::MemoryStore;
use longshore_core::{
    Circumstances, JobFilter, JobId, JobUpdate, Lane, Limits, Listing, NewJob, Page, Retention,
    Timestamp, Transition, TransitionFilter, TransitionId, Week, WorkerId,
};
use longshore_store::{
    AttemptLog, Cancelled, Claim, Claimed, Consume, Deleted, Depth, Enqueued, Error, ErrorKind,
    Finding, Finish, Finished, Heartbeat, Hints, Inspect, JobDetail, JobRow, Lanes, LogsOf,
    Maintain, Migrated, Operate, Produce, QueueRow, Released, Renewed, Rescued, Result, Retried,
    Rotated, SchemaStatus, Settled, Updated, Vitals, WeekRow, WorkerRow,
};
use tokio::sync::watch;

/// The model, and what goes wrong on the way to it.
pub(crate) struct Troubled {
    pub(crate) model: MemoryStore,
    /// Everything that a worker needs fails like this.
    pub(crate) outage: Mutex<Option<ErrorKind>>,
    /// The next finishes fail like this *after* they were written.
    pub(crate) lost_answers: Mutex<VecDeque<ErrorKind>>,
    /// A finish with this job in it is refused.
    pub(crate) refused: Mutex<Option<(JobId, ErrorKind)>>,
    /// Heartbeats say that every lease is lost.
    pub(crate) loses_leases: AtomicBool,
    /// Heartbeats never answer.
    pub(crate) hangs: AtomicBool,
    /// Heartbeats are refused: nothing can be written. What is read is read.
    pub(crate) is_read_only: AtomicBool,
    /// Weeks may not be dropped, and so often somebody tried.
    pub(crate) forbids_rotation: AtomicBool,
    pub(crate) refusals: AtomicU32,
    /// Answered heartbeats that renewed something.
    pub(crate) renewals: watch::Sender<u32>,
    pub(crate) calls: AtomicU32,
    /// This call panics.
    pub(crate) panics_in: Mutex<Option<&'static str>>,
    /// Claims, and finishes, wait before they do anything until theirs is open again.
    pub(crate) claims_may_go: watch::Sender<bool>,
    pub(crate) finishes_may_go: watch::Sender<bool>,
    /// Sizes of the enqueues that were asked for.
    pub(crate) enqueues: Mutex<Vec<usize>>,
    /// Sizes of the claims that were answered.
    pub(crate) claims: Mutex<Vec<usize>>,
    closed: AtomicBool,
}

impl Troubled {
    pub(crate) fn new() -> Self {
        Self {
            model: MemoryStore::in_tokio_time(),
            outage: Mutex::default(),
            lost_answers: Mutex::default(),
            refused: Mutex::default(),
            loses_leases: AtomicBool::default(),
            hangs: AtomicBool::default(),
            is_read_only: AtomicBool::default(),
            forbids_rotation: AtomicBool::default(),
            refusals: AtomicU32::default(),
            renewals: watch::Sender::new(0),
            calls: AtomicU32::default(),
            panics_in: Mutex::default(),
            claims_may_go: watch::Sender::new(true),
            finishes_may_go: watch::Sender::new(true),
            enqueues: Mutex::default(),
            claims: Mutex::default(),
            closed: AtomicBool::default(),
        }
    }

    pub(crate) fn fail_with(&self, kind: impl Into<Option<ErrorKind>>) {
        *self.outage.lock().unwrap() = kind.into();
    }

    /// Waits until a gate is open.
    async fn pass(gate: &watch::Sender<bool>) {
        let _ = gate.subscribe().wait_for(|open| *open).await;
    }

    fn faults(&self, call: &str) {
        let faulty = self.panics_in.lock().unwrap().is_some_and(|faulty| faulty == call);
        assert!(!faulty, "the storage has a fault in {call}");
    }

    fn trouble(&self) -> Result<()> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.closed.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Schema, "run `longshore migrate`"));
        }
        match *self.outage.lock().unwrap() {
            Some(kind) => Err(Error::new(kind, "the cable was cut")),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Produce for Troubled {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        self.enqueues.lock().unwrap().push(jobs.len());
        // As a database does: others get their turn, and turns again, while it commits.
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        self.trouble()?;
        self.model.enqueue(jobs).await
    }
}

#[async_trait]
impl Consume for Troubled {
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes> {
        self.trouble()?;
        self.model.lanes(queues).await
    }

    fn hints(&self) -> Hints {
        self.model.hints()
    }

    async fn hint(&self, lanes: &[Lane]) {
        self.model.hint(lanes).await;
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>> {
        self.faults("claim");
        Self::pass(&self.claims_may_go).await;
        self.trouble()?;
        let claimed = self.model.claim(claim).await?;
        self.claims.lock().unwrap().push(claimed.len());
        Ok(claimed)
    }

    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>> {
        self.trouble()?;
        self.model.next_due(lanes, kinds).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>> {
        self.faults("heartbeat");
        if self.is_read_only.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Denied, "the database cannot be written"));
        }
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.trouble()?;
        if self.loses_leases.load(Ordering::Relaxed) {
            return Ok(vec![Renewed::Lost; heartbeat.leases.len()]);
        }
        let renewed = self.model.heartbeat(heartbeat).await?;
        if !renewed.is_empty() {
            self.renewals.send_modify(|renewals| *renewals += 1);
        }
        Ok(renewed)
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Finished>> {
        self.faults("finish");
        Self::pass(&self.finishes_may_go).await;
        self.trouble()?;
        if let Some((refused, kind)) = *self.refused.lock().unwrap()
            && finishes.iter().any(|finish| finish.fence.job == refused)
        {
            return Err(Error::new(kind, "this report is refused"));
        }
        let finished = self.model.finish(finishes).await?;
        match self.lost_answers.lock().unwrap().pop_front() {
            Some(kind) => Err(Error::new(kind, "the answer was lost")),
            None => Ok(finished),
        }
    }

    async fn leave(&self, worker: WorkerId) -> Result<()> {
        self.trouble()?;
        self.model.leave(worker).await
    }
}

#[async_trait]
impl Inspect for Troubled {
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<JobDetail>>> {
        self.model.jobs(ids).await
    }

    async fn list_jobs(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        self.model.list_jobs(filter, page).await
    }

    async fn list_dead(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        self.model.list_dead(filter, page).await
    }

    async fn list_transitions(
        &self,
        filter: &TransitionFilter,
        page: &Page,
    ) -> Result<Listing<Transition>> {
        self.model.list_transitions(filter, page).await
    }

    async fn transition(&self, id: TransitionId) -> Result<Option<Transition>> {
        self.model.transition(id).await
    }

    async fn logs(&self, of: &LogsOf) -> Result<Vec<AttemptLog>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.model.logs(of).await
    }

    async fn settled(&self, ids: &[JobId]) -> Result<Vec<Option<Settled>>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.model.settled(ids).await
    }

    async fn holder(&self, tenant: &str, key: &str) -> Result<Option<JobId>> {
        self.model.holder(tenant, key).await
    }

    async fn depths(&self) -> Result<Vec<Depth>> {
        self.model.depths().await
    }

    async fn queues(&self) -> Result<Vec<QueueRow>> {
        self.model.queues().await
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.model.workers().await
    }

    async fn circumstances(&self, id: JobId) -> Result<Option<Circumstances>> {
        self.model.circumstances(id).await
    }
}

#[async_trait]
impl Operate for Troubled {
    async fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        self.model.cancel(ids).await
    }

    async fn retry(&self, ids: &[JobId]) -> Result<Vec<Retried>> {
        self.model.retry(ids).await
    }

    async fn release(&self, ids: &[JobId]) -> Result<Vec<Released>> {
        self.model.release(ids).await
    }

    async fn update(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        self.model.update(id, update).await
    }

    async fn delete_dead(&self, ids: &[JobId]) -> Result<Vec<Deleted>> {
        self.model.delete_dead(ids).await
    }

    async fn pause(&self, queue: &str) -> Result<bool> {
        self.model.pause(queue).await
    }

    async fn resume(&self, queue: &str) -> Result<bool> {
        self.model.resume(queue).await
    }

    fn limits(&self) -> Limits {
        self.model.limits()
    }
}

#[async_trait]
impl Maintain for Troubled {
    fn engine_name(&self) -> &'static str {
        "troubled"
    }

    async fn migrate(&self) -> Result<Migrated> {
        self.model.migrate().await
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        self.model.schema_status().await
    }

    fn migration(&self, version: u32, now: Timestamp) -> Vec<String> {
        self.model.migration(version, now)
    }

    async fn rescue(
        &self,
        limit: u32,
        max_crashes: u32,
        now: Option<Timestamp>,
    ) -> Result<Vec<Rescued>> {
        self.faults("rescue");
        self.trouble()?;
        self.model.rescue(limit, max_crashes, now).await
    }

    async fn sample(&self, max_age: Duration) -> Result<bool> {
        self.trouble()?;
        self.model.sample(max_age).await
    }

    async fn prepare_weeks(&self, ahead: u32) -> Result<Vec<String>> {
        self.trouble()?;
        self.model.prepare_weeks(ahead).await
    }

    async fn weeks(&self, retention: &Retention, now: Option<Timestamp>) -> Result<Vec<WeekRow>> {
        self.trouble()?;
        self.model.weeks(retention, now).await
    }

    async fn rotate_week(
        &self,
        week: Week,
        retention: &Retention,
        now: Option<Timestamp>,
    ) -> Result<Rotated> {
        self.trouble()?;
        if self.forbids_rotation.load(Ordering::Relaxed) {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            return Err(Error::new(ErrorKind::Denied, "ask the owner"));
        }
        self.model.rotate_week(week, retention, now).await
    }

    async fn sweep(
        &self,
        retention: &Retention,
        limit: u32,
        now: Option<Timestamp>,
    ) -> Result<u64> {
        self.trouble()?;
        self.model.sweep(retention, limit, now).await
    }

    fn rotation(&self, week: Week) -> Vec<String> {
        self.model.rotation(week)
    }

    async fn check_up(&self) -> Result<Vec<Finding>> {
        self.model.check_up().await
    }

    async fn vitals(&self) -> Result<Vitals> {
        self.trouble()?;
        self.model.vitals().await
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}
