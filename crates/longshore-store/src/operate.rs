//! The role of whoever steps in.

use async_trait::async_trait;
use longshore_core::{JobId, JobUpdate, Limits, State};

use crate::Result;

/// What became of a wish to call a job off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// It waited, and is cancelled now.
    Done,
    /// It runs: its handler is told at the next heartbeat, and may still complete. Cancelled it is at the
    /// latest when this attempt ends in a way that would let it wait again.
    Requested,
    /// It was over before.
    AlreadyOver(State),
    /// There is no such job.
    NotFound,
}

/// What became of a wish to run a job again, or sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is available now.
    Done,
    /// Its state does not allow it.
    Refused(State),
    /// Its unique key is now taken by this live job.
    KeyTaken(JobId),
    /// There is no such job.
    NotFound,
}

/// What became of a wish to let a held job go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// It waits for its turn now.
    Done,
    /// It is not held.
    Refused(State),
    /// There is no such job.
    NotFound,
}

/// What became of a wish to change a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Updated {
    /// It is changed: its next attempt gets the new payload and labels.
    Done,
    /// It runs or is over: nothing was changed.
    Refused(State),
    /// There is no such job.
    NotFound,
}

/// What became of a wish to delete a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is no dead letter any more; its ledger stays as long as retention says.
    Done,
    /// It is not a dead letter.
    Refused(State),
    /// There is no such job.
    NotFound,
}

/// Steps in. Every outcome stands at the place of its id.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> longshore_store::Result<()> {
/// use longshore_conformance::MemoryStore;
/// use longshore_core::{JobId, NewJob, State};
/// use longshore_store::{Cancelled, Operate, Produce};
///
/// let store = MemoryStore::new();
/// let job = NewJob::of_kind("mail");
/// store.enqueue(std::slice::from_ref(&job)).await?;
/// let outcomes = store.cancel(&[job.id, JobId::new()]).await?;
/// assert_eq!(outcomes, [Cancelled::Done, Cancelled::NotFound]);
/// let outcomes = store.cancel(&[job.id]).await?;
/// assert_eq!(outcomes, [Cancelled::AlreadyOver(State::Cancelled)]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Operate: Send + Sync {
    /// Calls jobs off: waiting and held ones at once, running ones through their handler.
    async fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>>;

    /// Lets dead letters run again with a whole new budget of tries (the attempt goes on counting), and
    /// makes scheduled and retryable jobs due now.
    async fn retry(&self, ids: &[JobId]) -> Result<Vec<Retried>>;

    /// Lets held jobs go.
    async fn release(&self, ids: &[JobId]) -> Result<Vec<Released>>;

    /// Changes payload and labels of a job that waits, is held, or is a dead letter (a broken payload is mended
    /// and then retried); what the update does not name stays as it is. Checked like an enqueue.
    ///
    /// Of a claim and an update that meet, one comes first: the attempt has the new payload, or the update is
    /// refused. It leaves no trace in the ledger, which holds changes of state and nothing else.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what breaks the limits.
    async fn update(&self, id: JobId, update: &JobUpdate) -> Result<Updated>;

    /// Deletes dead letters: they stay discarded, but nothing keeps them from retention any more.
    async fn delete_dead(&self, ids: &[JobId]) -> Result<Vec<Deleted>>;

    /// Pauses a queue: nothing more is claimed from it. `true` if it ran before.
    async fn pause(&self, queue: &str) -> Result<bool>;

    /// Lets a queue go on. `true` if it was paused.
    async fn resume(&self, queue: &str) -> Result<bool>;

    /// The limits that jobs are checked against.
    fn limits(&self) -> Limits;
}
