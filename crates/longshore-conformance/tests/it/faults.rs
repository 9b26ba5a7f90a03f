//! Stores that break one rule each: wrappers around the model.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use longshore_conformance::{Disposable, MemoryStore};
use longshore_core::{
    Circumstances, JobFilter, JobId, JobUpdate, Lane, Limits, Listing, NewJob, Page, Retention,
    Timestamp, Transition, TransitionFilter, TransitionId, Week, WorkerId,
};
use longshore_store::*;

/// The rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// A late report is answered as if it were written.
    ConfirmsStaleReports,
    /// The same attempt goes to two claimers.
    HandsOutTwice,
    /// Kinds are not looked at.
    ForgetsKinds,
    /// A rescued job is reported as such twice.
    RescuesTwice,
    /// The first row of each further page is the last row of the page before.
    RepeatsRows,
    /// Repeated ids are answered as new.
    ForgetsIds,
    /// Progress is dropped.
    DropsProgress,
    /// Limits are checked too late: good jobs of a refused call stay.
    StoresHalfACall,
    /// A claim is turned round.
    ReversesLanes,
    /// Nobody is told of new work.
    SwallowsHints,
    /// Heartbeats need a free thread of the runtime that made the store.
    LivesOnItsCaller,
    /// A wish to cancel is forgotten when the attempt goes back to the queue.
    ForgetsWishes,
    /// A rotation takes the dead letters along.
    DropsDeadLetters,
    /// A completion closes nobody.
    ForgetsSiblings,
}

/// The model with a fault.
#[derive(Clone)]
pub(crate) struct Faulty {
    inner: MemoryStore,
    fault: Fault,
    last: Arc<Mutex<Vec<Claimed>>>,
    silent: HintBoard,
    caller: Option<tokio::runtime::Handle>,
}

impl Faulty {
    pub(crate) fn with(fault: Fault) -> Self {
        let inner = MemoryStore::new();
        let caller = tokio::runtime::Handle::try_current().ok();
        Self { inner, fault, last: Arc::default(), silent: HintBoard::new(), caller }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

#[async_trait]
impl Disposable for Faulty {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.clone())
    }

    async fn another(&self) -> Arc<dyn Store> {
        Arc::new(Self { inner: self.inner.another(), ..self.clone() })
    }

    async fn vanish(&self) {}
}

#[async_trait]
impl Produce for Faulty {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        if self.has(Fault::StoresHalfACall) {
            let mut outcomes = Vec::new();
            for job in jobs {
                outcomes.extend(self.inner.enqueue(std::slice::from_ref(job)).await?);
            }
            return Ok(outcomes);
        }
        let outcomes = self.inner.enqueue(jobs).await?;
        if self.has(Fault::ForgetsIds) {
            return Ok(jobs.iter().map(|job| Enqueued::Created(job.id)).collect());
        }
        Ok(outcomes)
    }
}

#[async_trait]
impl Consume for Faulty {
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes> {
        self.inner.lanes(queues).await
    }

    fn hints(&self) -> Hints {
        if self.has(Fault::SwallowsHints) { self.silent.listen() } else { self.inner.hints() }
    }

    async fn hint(&self, lanes: &[Lane]) {
        self.inner.hint(lanes).await;
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>> {
        let mut claim = claim.clone();
        if self.has(Fault::ForgetsKinds) {
            claim.kinds = ["unload", "load", "a", "A", "b", "c"].map(Arc::from).into();
        }
        let mut claimed = self.inner.claim(&claim).await?;
        if self.has(Fault::ReversesLanes) {
            claimed.reverse();
        }
        if self.has(Fault::HandsOutTwice) {
            let mut last = self.last.lock().expect("no panic inside");
            let again =
                if claimed.is_empty() { Vec::new() } else { last.pop().into_iter().collect() };
            last.clone_from(&claimed);
            claimed.extend::<Vec<_>>(again);
        }
        Ok(claimed)
    }

    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>> {
        let all = ["unload", "load"].map(Arc::from);
        let kinds = if self.has(Fault::ForgetsKinds) { &all[..] } else { kinds };
        self.inner.next_due(lanes, kinds).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>> {
        let mut heartbeat = heartbeat.clone();
        if self.has(Fault::DropsProgress) {
            heartbeat.leases.iter_mut().for_each(|(_, progress)| *progress = None);
        }
        if let Some(caller) = self.caller.as_ref().filter(|_| self.has(Fault::LivesOnItsCaller)) {
            let inner = self.inner.clone();
            let beat = caller.spawn(async move { inner.heartbeat(&heartbeat).await });
            return beat.await.expect("no panic inside");
        }
        self.inner.heartbeat(&heartbeat).await
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Finished>> {
        let mut finishes = finishes.to_vec();
        if self.has(Fault::ForgetsSiblings) {
            finishes.iter_mut().for_each(|finish| finish.siblings = None);
        }
        let outcomes = self.inner.finish(&finishes).await?;
        if self.has(Fault::ConfirmsStaleReports) {
            return Ok(vec![Finished::Recorded; outcomes.len()]);
        }
        if self.has(Fault::ForgetsWishes) {
            let told = |it| if it == Finished::Cancelled { Finished::Recorded } else { it };
            return Ok(outcomes.into_iter().map(told).collect());
        }
        Ok(outcomes)
    }

    async fn leave(&self, worker: WorkerId) -> Result<()> {
        self.inner.leave(worker).await
    }
}

#[async_trait]
impl Inspect for Faulty {
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<JobDetail>>> {
        self.inner.jobs(ids).await
    }

    async fn list_jobs(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        let mut listing = self.inner.list_jobs(filter, page).await?;
        if let Page::After { cursor: Some(cursor), .. } = page
            && self.has(Fault::RepeatsRows)
        {
            let again = self.inner.jobs(&[JobId(cursor.id)]).await?.remove(0);
            listing.items.splice(0..0, again.map(|job| job.row));
        }
        Ok(listing)
    }

    async fn list_dead(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        self.inner.list_dead(filter, page).await
    }

    async fn list_transitions(
        &self,
        filter: &TransitionFilter,
        page: &Page,
    ) -> Result<Listing<Transition>> {
        self.inner.list_transitions(filter, page).await
    }

    async fn transition(&self, id: TransitionId) -> Result<Option<Transition>> {
        self.inner.transition(id).await
    }

    async fn logs(&self, of: &LogsOf) -> Result<Vec<AttemptLog>> {
        self.inner.logs(of).await
    }

    async fn settled(&self, ids: &[JobId]) -> Result<Vec<Option<Settled>>> {
        self.inner.settled(ids).await
    }

    async fn holder(&self, tenant: &str, key: &str) -> Result<Option<JobId>> {
        self.inner.holder(tenant, key).await
    }

    async fn depths(&self) -> Result<Vec<Depth>> {
        self.inner.depths().await
    }

    async fn queues(&self) -> Result<Vec<QueueRow>> {
        self.inner.queues().await
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.inner.workers().await
    }

    async fn circumstances(&self, id: JobId) -> Result<Option<Circumstances>> {
        self.inner.circumstances(id).await
    }
}

#[async_trait]
impl Operate for Faulty {
    async fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        self.inner.cancel(ids).await
    }

    async fn retry(&self, ids: &[JobId]) -> Result<Vec<Retried>> {
        self.inner.retry(ids).await
    }

    async fn release(&self, ids: &[JobId]) -> Result<Vec<Released>> {
        self.inner.release(ids).await
    }

    async fn update(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        self.inner.update(id, update).await
    }

    async fn delete_dead(&self, ids: &[JobId]) -> Result<Vec<Deleted>> {
        self.inner.delete_dead(ids).await
    }

    async fn pause(&self, queue: &str) -> Result<bool> {
        self.inner.pause(queue).await
    }

    async fn resume(&self, queue: &str) -> Result<bool> {
        self.inner.resume(queue).await
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }
}

#[async_trait]
impl Maintain for Faulty {
    fn engine_name(&self) -> &'static str {
        "faulty"
    }

    async fn migrate(&self) -> Result<Migrated> {
        self.inner.migrate().await
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        self.inner.schema_status().await
    }

    fn migration(&self, version: u32, now: Timestamp) -> Vec<String> {
        self.inner.migration(version, now)
    }

    async fn rescue(
        &self,
        limit: u32,
        max_crashes: u32,
        now: Option<Timestamp>,
    ) -> Result<Vec<Rescued>> {
        let mut rescued = self.inner.rescue(limit, max_crashes, now).await?;
        if self.has(Fault::RescuesTwice) {
            rescued.extend(rescued.clone());
        }
        Ok(rescued)
    }

    async fn sample(&self, max_age: Duration) -> Result<bool> {
        self.inner.sample(max_age).await
    }

    async fn prepare_weeks(&self, ahead: u32) -> Result<Vec<String>> {
        self.inner.prepare_weeks(ahead).await
    }

    async fn weeks(&self, retention: &Retention, now: Option<Timestamp>) -> Result<Vec<WeekRow>> {
        self.inner.weeks(retention, now).await
    }

    async fn rotate_week(
        &self,
        week: Week,
        retention: &Retention,
        now: Option<Timestamp>,
    ) -> Result<Rotated> {
        if self.has(Fault::DropsDeadLetters) {
            let dead = self.inner.list_dead(&JobFilter::default(), &Page::first(1000)).await?;
            let ids: Vec<_> = dead.items.iter().map(|row| row.id).collect();
            self.inner.delete_dead(&ids).await?;
        }
        self.inner.rotate_week(week, retention, now).await
    }

    async fn sweep(
        &self,
        retention: &Retention,
        limit: u32,
        now: Option<Timestamp>,
    ) -> Result<u64> {
        self.inner.sweep(retention, limit, now).await
    }

    fn rotation(&self, week: Week) -> Vec<String> {
        self.inner.rotation(week)
    }

    async fn check_up(&self) -> Result<Vec<Finding>> {
        self.inner.check_up().await
    }

    async fn vitals(&self) -> Result<Vitals> {
        self.inner.vitals().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
