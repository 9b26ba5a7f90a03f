//! The role of whoever brings work.

use async_trait::async_trait;
use longshore_core::{JobId, NewJob};

use crate::Result;

/// What became of one job that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It was stored.
    Created(JobId),
    /// Its unique key is taken, or its id was stored before: this job exists already.
    Duplicate(JobId),
}

impl Enqueued {
    /// The job that now exists.
    #[must_use]
    pub fn id(self) -> JobId {
        match self {
            Self::Created(id) | Self::Duplicate(id) => id,
        }
    }

    /// Whether it existed before.
    #[must_use]
    pub fn is_duplicate(self) -> bool {
        matches!(self, Self::Duplicate(_))
    }
}

/// Brings jobs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> longshore_store::Result<()> {
/// use longshore_conformance::MemoryStore;
/// use longshore_core::NewJob;
/// use longshore_store::{Enqueued, Produce};
///
/// let store = MemoryStore::new();
/// let jobs = [NewJob::of_kind("mail")];
/// assert_eq!(store.enqueue(&jobs).await?, [Enqueued::Created(jobs[0].id)]);
/// // The same call again, because the answer was lost on the way.
/// assert_eq!(store.enqueue(&jobs).await?, [Enqueued::Duplicate(jobs[0].id)]);
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Produce: Send + Sync {
    /// Stores jobs in one transaction; they survive any crash that the database survives.
    ///
    /// Jobs with the same unique key in one call: the first one is stored. A job whose id exists is not
    /// stored again, so a call whose answer was lost can be repeated as it is. After the commit, hints
    /// go out for the lanes that got due work.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if any job breaks the
    /// [limits](longshore_core::Limits): then none is stored.
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>>;
}
