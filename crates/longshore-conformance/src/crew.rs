//! A worker as the cases need it: takes jobs, decides by the state machine, and reports.

use std::{sync::Arc, time::Duration};

use longshore_core::{
    Command, Failure, FailureKind, JobId, Lane, NewJob, Outcome, Payload, Priority, Reason,
    Timestamp, WorkerId, step,
};
use longshore_store::{
    Claim, Claimed, CursorAt, Finish, Finished, Heartbeat, Progress, Renewed, Store, WorkerFacts,
};

/// The kind of jobs in cases that do not care.
pub const KIND: &str = "unload";

/// How long the leases of the crew hold.
pub const LEASE: Duration = Duration::from_secs(30);

/// A worker process without a runtime: each of its calls is one call of the store.
#[derive(Clone)]
pub struct Crew {
    store: Arc<dyn Store>,
    facts: Arc<WorkerFacts>,
}

impl std::fmt::Debug for Crew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crew").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl Crew {
    /// A crew with a fresh id that listens to the default queue and handles [`KIND`].
    #[must_use]
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self::who_handle(store, &["default"], &[KIND])
    }

    /// A crew that listens to these queues and handles these kinds.
    #[must_use]
    pub fn who_handle(store: Arc<dyn Store>, queues: &[&str], kinds: &[&str]) -> Self {
        let facts = WorkerFacts {
            id: WorkerId::new(),
            host: "quay".into(),
            pid: 7,
            version: "0.1.0".into(),
            queues: queues.iter().map(|queue| ((*queue).to_owned(), 10)).collect(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            stopping: false,
        };
        Self { store, facts: Arc::new(facts) }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> WorkerId {
        self.facts.id
    }

    /// What it says of itself.
    #[must_use]
    pub fn facts(&self) -> Arc<WorkerFacts> {
        self.facts.clone()
    }

    /// A request for up to `limit` jobs of its kinds from these lanes.
    #[must_use]
    pub fn claim(&self, lanes: &[Lane], limit: u32) -> Claim {
        let cursor = |lane: &Lane| CursorAt { lane: lane.clone(), floor: None, quota: limit };
        Claim {
            worker: self.id(),
            cursors: lanes.iter().map(cursor).collect(),
            kinds: self.facts.kinds.iter().map(|kind| kind.as_str().into()).collect(),
            limit,
            lease: LEASE,
            now: None,
        }
    }

    /// Takes up to `limit` due jobs from the lane of default jobs.
    pub async fn take(&self, limit: u32) -> Vec<Claimed> {
        self.take_by(limit, None).await
    }

    /// Takes jobs as if it were that time.
    pub async fn take_at(&self, limit: u32, now: Timestamp) -> Vec<Claimed> {
        self.take_by(limit, Some(now)).await
    }

    async fn take_by(&self, limit: u32, now: Option<Timestamp>) -> Vec<Claimed> {
        let claim = Claim { now, ..self.claim(&[default_lane()], limit) };
        self.store.claim(&claim).await.expect("a claim works")
    }

    /// Takes the one job that is due in the lane of default jobs.
    ///
    /// # Panics
    /// If there is none.
    pub async fn take_one(&self) -> Claimed {
        self.take(1).await.pop().expect("one job is due")
    }

    /// Reports one outcome.
    pub async fn report(&self, claimed: &Claimed, outcome: Outcome) -> Finished {
        let outcomes = self.store.finish(&[finish(claimed, outcome)]).await;
        outcomes.expect("a finish works").pop().expect("one report has one outcome")
    }

    /// Renews the lease of one job.
    pub async fn renew(&self, claimed: &Claimed, progress: Option<Progress>) -> Renewed {
        let heartbeat = self.heartbeat(vec![(claimed, progress)]);
        let outcomes = self.store.heartbeat(&heartbeat).await;
        outcomes.expect("a heartbeat works").pop().expect("one lease has one answer")
    }

    /// A sign of life for these jobs.
    #[must_use]
    pub fn heartbeat(&self, leases: Vec<(&Claimed, Option<Progress>)>) -> Heartbeat {
        let leases = leases.into_iter().map(|(claimed, it)| (claimed.fence(), it)).collect();
        Heartbeat { worker: self.facts(), leases, lease: LEASE, now: None }
    }

    /// Enqueues one job, takes it and reports the outcome: a job with a history, in one call.
    pub async fn live_through(&self, job: &NewJob, outcome: Outcome) -> JobId {
        self.store.enqueue(std::slice::from_ref(job)).await.expect("the job is stored");
        let claim = self.claim(&[job.lane()], 1000);
        let claimed = self.store.claim(&claim).await.expect("a claim works");
        let claimed = claimed.iter().find(|it| it.id == job.id).expect("the job is due");
        assert_eq!(self.report(claimed, outcome).await, Finished::Recorded);
        job.id
    }
}

/// The report that a worker sends about an attempt: what the state machine says of the outcome.
#[must_use]
pub fn finish(claimed: &Claimed, outcome: Outcome) -> Finish {
    let rules = claimed.rules(longshore_core::DEFAULT_MAX_CRASHES, 1.0);
    let error = match &outcome {
        Outcome::Failed { .. } => Some(Failure::new(FailureKind::Error, "the crane is stuck")),
        Outcome::Discarded(_) => Some(Failure::new(FailureKind::Error, "the crate is empty")),
        _ => None,
    };
    let result = (outcome == Outcome::Completed).then(|| Payload::stored(r#"{"crates":3}"#.into()));
    let step = step(claimed.standing, &Command::Finish(outcome), &rules);
    let finish = Finish::of(claimed, step.expect("a running job can finish"));
    Finish { ran: Duration::from_millis(5), error, result, ..finish }
}

/// A failure that leaves the wait to the job's policy.
#[must_use]
pub fn failed() -> Outcome {
    Outcome::Failed { reason: Reason::RetryScheduled, retry_in: None }
}

/// A failure that is tried again in an hour: after every test, on however slow a machine.
#[must_use]
pub fn failed_for_an_hour() -> Outcome {
    let hour = std::time::Duration::from_secs(3600);
    Outcome::Failed { reason: Reason::RetryScheduled, retry_in: Some(hour) }
}

/// A failure that may be tried again at once.
#[must_use]
pub fn failed_for_now() -> Outcome {
    Outcome::Failed { reason: Reason::RetryScheduled, retry_in: Some(Duration::ZERO) }
}

/// A job as most cases want it.
#[must_use]
pub fn job() -> NewJob {
    NewJob::of_kind(KIND)
}

/// Where [`job`]s stand in line.
#[must_use]
pub fn default_lane() -> Lane {
    lane("default", "default", Priority::default())
}

/// A lane by its three parts.
#[must_use]
pub fn lane(queue: &str, tenant: &str, priority: Priority) -> Lane {
    Lane { queue: queue.into(), tenant: tenant.into(), priority }
}
