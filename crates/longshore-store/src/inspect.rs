//! The role of whoever asks. Nothing here writes.

use async_trait::async_trait;
use longshore_core::{
    Backoff, BatchId, Circumstances, EventId, Failure, JobFilter, JobId, Labels, Listing, Log,
    Page, Payload, Priority, Reason, State, Timestamp, Transition, TransitionFilter, TransitionId,
    WorkerId,
};
use serde::Serialize;

use crate::{Progress, Result, WorkerFacts};

/// A job in a list: without payload and context.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// Its tenant.
    pub tenant: String,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub kind: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its priority.
    pub priority: Priority,
    /// Where it stands now.
    pub state: State,
    /// Why, as the last transition says.
    pub reason: Reason,
    /// How often it was claimed.
    pub attempt: u32,
    /// Total tries as asked for.
    pub max_attempts: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it is due, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When the running or last attempt started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it came into its state by a transition (a lease: when it was claimed).
    pub changed_at: Timestamp,
    /// The error of its last ledger row: what went wrong before, while it waits or runs again; none of a
    /// job that completed in the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// A job with everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JobDetail {
    /// What a list shows.
    #[serde(flatten)]
    pub row: JobRow,
    /// Version of the payload's form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What the handler gets.
    pub payload: Payload,
    /// What travels along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Payload>,
    /// What people and handlers know it by.
    pub labels: Labels,
    /// Its stored policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// Longest run, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Its unique key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_key: Option<String>,
    /// What ties it to others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Whether its completion completes jobs of its correlation id that wait.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub completes_siblings: bool,
    /// The event it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// The job it follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<JobId>,
    /// The batch it is a row of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<BatchId>,
    /// Its line in the batch's input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The last attempt that it may make (snoozes and retries by hand raise it).
    pub last_attempt: u32,
    /// The worker that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_id: Option<WorkerId>,
    /// Until when its lease holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// How far its handler has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// What its handler returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Payload>,
}

/// What somebody who waits for a job wants to know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settled {
    /// The job.
    pub id: JobId,
    /// Where it stands now.
    pub state: State,
    /// How far its handler has come.
    pub progress: Option<Progress>,
    /// What its handler returned.
    pub result: Option<Payload>,
    /// Its last error.
    pub error: Option<Failure>,
}

/// Which logs to read: of one job, newest attempt first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogsOf {
    /// The job.
    pub job: JobId,
    /// Only of attempts before this one: the last one that was read, for those before it.
    pub before: Option<u32>,
    /// Most attempts that said something; 1 to [`LogsOf::MOST`], others count as the nearest of these.
    pub most: u32,
}

impl LogsOf {
    /// Attempts of one answer.
    pub const MOST: u32 = 100;

    /// The newest logs of a job.
    #[must_use]
    pub fn newest(job: JobId, most: u32) -> Self {
        Self { job, before: None, most }
    }

    /// The number of attempts to read.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.most.clamp(1, Self::MOST)
    }
}

/// What one closed attempt said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttemptLog {
    /// The attempt, from 1.
    pub attempt: u32,
    /// When it was claimed, by the database's clock.
    pub started_at: Timestamp,
    /// When it was closed.
    pub at: Timestamp,
    /// Its lines.
    #[serde(flatten)]
    pub log: Log,
}

/// How much stands in a queue, as the last sample says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// The queue.
    pub queue: String,
    /// Due.
    pub available: u64,
    /// Due later.
    pub scheduled: u64,
    /// Failed before and due later.
    pub retryable: u64,
    /// Leased.
    pub running: u64,
    /// Dead letters.
    pub dead: u64,
    /// The due time of the job that is due longest.
    pub oldest_due_at: Option<Timestamp>,
    /// When this was counted.
    pub sampled_at: Timestamp,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueRow {
    /// Its name.
    pub queue: String,
    /// Since when it is paused.
    pub paused_since: Option<Timestamp>,
    /// The last sample.
    pub depth: Option<Depth>,
}

/// A worker process that showed a sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerRow {
    /// Who.
    #[serde(flatten)]
    pub facts: WorkerFacts,
    /// Since when.
    pub started_at: Timestamp,
    /// Its last sign of life.
    pub seen_at: Timestamp,
    /// Jobs that it runs now.
    pub running: u32,
}

/// Asks.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> longshore_store::Result<()> {
/// use longshore_conformance::MemoryStore;
/// use longshore_core::{Because, JobFilter, NewJob, Page, State, explain};
/// use longshore_store::{Inspect, Produce};
///
/// let store = MemoryStore::new();
/// let job = NewJob::of_kind("mail");
/// store.enqueue(std::slice::from_ref(&job)).await?;
///
/// let filter = JobFilter { states_in: vec![State::Available], ..JobFilter::default() };
/// let listing = store.list_jobs(&filter, &Page::default()).await?;
/// assert_eq!(listing.items[0].id, job.id);
/// let facts = store.circumstances(job.id).await?.expect("the job is there");
/// assert_eq!(explain(&facts), [Because::NoWorker]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Inspect: Send + Sync {
    /// Jobs by id, same order; `None` where there is none.
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<JobDetail>>>;

    /// Jobs that match, newest first.
    async fn list_jobs(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>>;

    /// Dead letters that match, newest job first. `states_in` is ignored.
    async fn list_dead(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>>;

    /// Transitions that match, newest job first and within a job newest first.
    async fn list_transitions(
        &self,
        filter: &TransitionFilter,
        page: &Page,
    ) -> Result<Listing<Transition>>;

    /// One transition by its id.
    async fn transition(&self, id: TransitionId) -> Result<Option<Transition>>;

    /// What the closed attempts of a job said, newest first. Those that said nothing are left out; so is
    /// one whose worker died, because its log died with it.
    async fn logs(&self, of: &LogsOf) -> Result<Vec<AttemptLog>>;

    /// How far these jobs have come, same order; cheap enough to be asked again and again.
    async fn settled(&self, ids: &[JobId]) -> Result<Vec<Option<Settled>>>;

    /// The live job that holds a unique key.
    async fn holder(&self, tenant: &str, key: &str) -> Result<Option<JobId>>;

    /// The last sample of all queues, by name. Never counts anything itself.
    async fn depths(&self) -> Result<Vec<Depth>>;

    /// All queues that ever had a job or are paused, by name.
    async fn queues(&self) -> Result<Vec<QueueRow>>;

    /// Workers that showed a sign of life within the last minute, by id.
    async fn workers(&self) -> Result<Vec<WorkerRow>>;

    /// What an answer to "why is this job not running?" needs; `None` for an unknown job.
    async fn circumstances(&self, id: JobId) -> Result<Option<Circumstances>>;
}
