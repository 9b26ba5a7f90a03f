//! The role of whoever does the work: a worker process.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use longshore_core::{
    Backoff, BatchId, EventId, Failure, JobId, Labels, Lane, Log, Payload, Rules, Standing, State,
    Step, Timestamp, WorkerId,
};
use serde::{Deserialize, Serialize};

use crate::{Hints, Result};

/// The right to run one attempt: `(job, attempt)`, monotonic per job for its whole life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fence {
    /// The job.
    pub job: JobId,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// The last row that was taken from a lane; claims start behind it.
///
/// It only saves visiting rows that are gone. Row locks decide correctness, and a claim without floors
/// finds what floors passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Floor {
    /// Its due time.
    pub due_at: Timestamp,
    /// Its id.
    pub id: JobId,
}

/// One lane to take from, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorAt {
    /// The lane.
    pub lane: Lane,
    /// Where to start; `None`: at the beginning.
    pub floor: Option<Floor>,
    /// Most jobs to take from it.
    pub quota: u32,
}

/// A request for work.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Who asks.
    pub worker: WorkerId,
    /// Where to look, in this order: priority, weights, fairness and pauses are decided by the caller.
    /// At most 64 keep it free of charge.
    pub cursors: Vec<CursorAt>,
    /// Kinds that the caller has handlers for; others are left alone.
    pub kinds: Arc<[Arc<str>]>,
    /// Most jobs in all.
    pub limit: u32,
    /// How long the leases hold.
    pub lease: Duration,
    /// For tests: the time to go by.
    pub now: Option<Timestamp>,
}

/// A job that a worker now holds a lease on.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The job.
    pub id: JobId,
    /// The lane it came from.
    pub lane: Lane,
    /// Its kind.
    pub kind: Arc<str>,
    /// How it stands: running, with attempt, last attempt, crashes and ledger row.
    pub standing: Standing,
    /// Total tries as asked for.
    pub max_attempts: u32,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it was claimed, by the database's clock.
    pub claimed_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// What the handler gets.
    pub payload: Payload,
    /// What travels along.
    pub context: Option<Payload>,
    /// What people and handlers know it by.
    pub labels: Labels,
    /// Its stored policy.
    pub backoff: Option<Backoff>,
    /// Longest run.
    pub timeout: Option<Duration>,
    /// The event it came from.
    pub event_id: Option<EventId>,
    /// The batch it is a row of, and its line.
    pub batch: Option<(BatchId, u32)>,
    /// The correlation id whose waiting jobs end when this one
    /// [completes](longshore_core::NewJob::completes_siblings).
    pub siblings: Option<Arc<str>>,
}

impl Claimed {
    /// The fence that every write about this attempt is conditional on.
    #[must_use]
    pub fn fence(&self) -> Fence {
        Fence { job: self.id, attempt: self.standing.attempt }
    }

    /// What [`longshore_core::step`] has to know of this job, with how often its worker may die over it, and a roll
    /// of the dice from 0 to 1.
    #[must_use]
    pub fn rules(&self, max_crashes: u32, roll: f64) -> Rules {
        let (max_attempts, backoff) = (self.max_attempts, self.backoff.unwrap_or_default());
        Rules { max_attempts, backoff, max_crashes, roll }
    }
}

/// The report of one closed attempt.
///
/// `step` is what [`longshore_core::step`] answered for this job: a storage writes it, guarded by the
/// fence, and decides nothing. What [`Claimed`] gave travels back, so that a decorator that measures
/// needs no memory of its own.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The fence.
    pub fence: Fence,
    /// What follows.
    pub step: Step,
    /// The lane it came from.
    pub lane: Lane,
    /// Its kind.
    pub kind: Arc<str>,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// How long the handler ran, by the worker's monotonic clock; zero if it never started.
    pub ran: Duration,
    /// What went wrong.
    pub error: Option<Failure>,
    /// What the handler returned. Kept for completed jobs only.
    pub result: Option<Payload>,
    /// What it said; `None` if nothing. Kept with the attempt, however that ended.
    pub log: Option<Log>,
    /// The correlation id whose waiting jobs end if this one completes.
    pub siblings: Option<Arc<str>>,
    /// Whether the handler has completed the job inside a transaction of its own. The report then says what
    /// became of the attempt if that did not commit, and stale means that it most likely did. Storages do not
    /// look at it.
    pub unless_committed: bool,
}

impl Finish {
    /// The report of an attempt of which nothing else is to be told: no error, result or log, and no time.
    #[must_use]
    pub fn of(claimed: &Claimed, step: Step) -> Self {
        Self {
            fence: claimed.fence(),
            step,
            lane: claimed.lane.clone(),
            kind: claimed.kind.clone(),
            due_at: claimed.due_at,
            claimed_at: claimed.claimed_at,
            ran: Duration::ZERO,
            error: None,
            result: None,
            log: None,
            siblings: claimed.siblings.clone(),
            unless_committed: false,
        }
    }

    /// Says whether every engine can store the report; a storage asks before any SQL.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a result that [`Payload::check`] refuses, and for a
    /// log that [`Log::check`] does.
    pub fn check(&self) -> Result<()> {
        self.result.as_ref().map_or(Ok(()), Payload::check)?;
        self.log.as_ref().map_or(Ok(()), Log::check).map_err(Into::into)
    }

    /// The tenant and the correlation id whose waiting jobs end with this report, if it is recorded.
    #[must_use]
    pub fn closes(&self) -> Option<(Arc<str>, Arc<str>)> {
        let siblings = self.siblings.as_ref()?;
        let completed = self.step.standing.state == State::Completed;
        completed.then(|| (self.lane.tenant.clone(), siblings.clone()))
    }
}

/// What became of one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finished {
    /// It was written.
    Recorded,
    /// It was written, but somebody had asked to cancel the job, and this attempt would have let it wait
    /// again: the job is [cancelled](longshore_core::Step::heeding).
    Cancelled,
    /// The fence is old: the lease expired and was taken away, or the job is over. Nothing changed.
    Stale,
}

/// How far a handler has come, in its own units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Done so far.
    pub done: u64,
    /// Of so many; 0 if unknown.
    pub total: u64,
    /// A note for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Who a worker process is and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerFacts {
    /// Its id, new at every start.
    pub id: WorkerId,
    /// The machine's name, for people.
    pub host: String,
    /// The process number, for people.
    pub pid: u32,
    /// The version of Longshore.
    pub version: String,
    /// Its queues, with the number of jobs that may run at once.
    pub queues: Vec<(String, u32)>,
    /// The kinds that it has handlers for.
    pub kinds: Vec<String>,
    /// Whether it is draining.
    pub stopping: bool,
}

/// A sign of life for all leases of a process.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    /// Who.
    pub worker: Arc<WorkerFacts>,
    /// What it runs, with progress where that has changed.
    pub leases: Vec<(Fence, Option<Progress>)>,
    /// How long the leases hold from now.
    pub lease: Duration,
    /// For tests: the time to go by.
    pub now: Option<Timestamp>,
}

/// What became of one lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It holds.
    Held,
    /// It holds, and somebody asked to cancel the job.
    CancelRequested,
    /// It was lost: stop, whatever is written about this attempt now is stale.
    Lost,
}

/// Where jobs may stand in line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    /// Every lane of the queues that was ever used.
    pub lanes: Vec<Lane>,
    /// Those of the queues that are paused.
    pub paused: Vec<Arc<str>>,
}

/// Takes jobs, keeps them and reports.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> longshore_store::Result<()> {
/// use std::time::Duration;
/// use longshore_conformance::MemoryStore;
/// use longshore_core::{Command, NewJob, Outcome, WorkerId, step};
/// use longshore_store::{Claim, Consume, CursorAt, Finish, Finished, Produce};
///
/// let store = MemoryStore::new();
/// let job = NewJob::of_kind("mail");
/// store.enqueue(std::slice::from_ref(&job)).await?;
///
/// let claim = Claim {
///     worker: WorkerId::new(),
///     cursors: vec![CursorAt { lane: job.lane(), floor: None, quota: 10 }],
///     kinds: ["mail".into()].into(),
///     limit: 10,
///     lease: Duration::from_secs(30),
///     now: None,
/// };
/// let claimed = store.claim(&claim).await?.remove(0);
///
/// let completed = Command::Finish(Outcome::Completed);
/// let step = step(claimed.standing, &completed, &claimed.rules(3, 0.5)).expect("it runs");
/// let finish = Finish { ran: Duration::from_millis(7), ..Finish::of(&claimed, step) };
/// assert_eq!(store.finish(&[finish.clone()]).await?, [Finished::Recorded]);
/// assert_eq!(store.finish(&[finish]).await?, [Finished::Stale]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Consume: Send + Sync {
    /// The lanes of these queues, and which of the queues are paused.
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes>;

    /// Hints that a lane may have work. Never needed for correctness: a claim is the truth.
    fn hints(&self) -> Hints;

    /// Tells this process, and others where the engine can, that these lanes may have work: for jobs
    /// that were stored inside a transaction of the caller's own, after its commit. Best effort.
    async fn hint(&self, lanes: &[Lane]);

    /// Takes due jobs, in one transaction, in the order of the cursors and within each lane in (due, id)
    /// order, and returns them in that order. Two calls never return the same attempt.
    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>>;

    /// The earliest time at which a job of these kinds is due that waits in these lanes, for whoever found
    /// nothing to claim. It may be past: then the job came due meanwhile, or somebody is just claiming it.
    /// `None`: no such job waits.
    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>>;

    /// Renews leases, stores progress and the worker's own row; one answer for each lease, same order.
    ///
    /// A lease that has expired but was not yet rescued is renewed: nobody else has it.
    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>>;

    /// Closes attempts in one transaction, each only if its fence is current. It writes the ledger,
    /// moves the row to where the step says, keeps the result and frees unique keys of ended jobs. Where
    /// somebody asked to cancel the job, it does so for the step as it
    /// [heeds that](longshore_core::Step::heeding).
    ///
    /// Once all attempts of the call are closed, jobs that wait for what one of them
    /// [completed](Finish::closes) are closed as well, as
    /// [`Command::Correlate`](longshore_core::Command::Correlate) says. One that is being claimed at the
    /// same moment counts as running and is left alone.
    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Finished>>;

    /// Removes the worker's own row, at the end of an orderly stop.
    async fn leave(&self, worker: WorkerId) -> Result<()>;
}
