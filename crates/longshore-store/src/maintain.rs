//! The role of whoever keeps the house. Every duty is idempotent and safe when two nodes run it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use longshore_core::{JobId, Retention, State, Timestamp, Week};
use serde::Serialize;

use crate::{Decorator, Migrated, Result, Rotated, SchemaStatus, WeekRow};

/// A job that was taken back from a dead worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rescued {
    /// The job.
    pub job: JobId,
    /// Its queue.
    pub queue: Arc<str>,
    /// Its kind.
    pub kind: Arc<str>,
    /// The attempt that was lost.
    pub attempt: u32,
    /// Where the job stands now.
    pub state: State,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Good,
    /// It works, but.
    Warning,
    /// A guarantee does not hold.
    Bad,
}

/// One finding of a check-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, and what to do.
    pub advice: String,
}

/// What work costs a database, as its engine tells; nothing where it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Vitals {
    /// Bytes that the server has written to its log (WAL, redo) since it was made, for everybody: what
    /// counts is the difference of two looks.
    pub log_bytes: Option<u64>,
    /// Rows of our tables that are gone and still take room, by the engine's estimate, which may be seconds
    /// old.
    pub dead_rows: Option<u64>,
}

/// Keeps the house.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> longshore_store::Result<()> {
/// use longshore_conformance::{Crew, MemoryStore};
/// use longshore_core::{DEFAULT_MAX_CRASHES, NewJob, State};
/// use longshore_store::{Maintain, Produce};
///
/// let store = MemoryStore::new();
/// let job = NewJob::of_kind(longshore_conformance::KIND);
/// store.enqueue(&[job]).await?;
/// // A worker takes it and is never heard of again.
/// let lost = Crew::of(std::sync::Arc::new(store.clone())).take_one().await;
/// let later = lost.claimed_at + 2 * longshore_conformance::LEASE;
/// let rescued = store.rescue(100, DEFAULT_MAX_CRASHES, Some(later)).await?;
/// assert_eq!((rescued[0].job, rescued[0].state), (lost.id, State::Retryable));
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait Maintain: Send + Sync {
    /// The engine's name.
    fn engine_name(&self) -> &'static str;

    /// This storage as one that passes its calls on to another; none for an engine.
    fn as_decorator(&self) -> Option<&dyn Decorator> {
        None
    }

    /// Brings the schema to this program's version. Safe when many processes do it at once.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`](crate::ErrorKind::Schema) on a schema that this program does not know:
    /// nothing is written.
    async fn migrate(&self) -> Result<Migrated>;

    /// Looks at the schema without changing anything.
    async fn schema_status(&self) -> Result<SchemaStatus>;

    /// The statements that a migration of a schema of this version runs (0: of no schema at all), in order,
    /// for people to read. `now` decides which weeks come with them.
    fn migration(&self, version: u32, now: Timestamp) -> Vec<String>;

    /// Takes up to `limit` jobs back whose leases have expired, as [`longshore_core::step`] decides for
    /// a crash. `now` steers tests.
    async fn rescue(
        &self,
        limit: u32,
        max_crashes: u32,
        now: Option<Timestamp>,
    ) -> Result<Vec<Rescued>>;

    /// Counts all queues unless somebody did within `max_age`; whether it counted.
    async fn sample(&self, max_age: Duration) -> Result<bool>;

    /// Makes sure that so many weeks from now on have their partitions; the names of those made.
    /// Engines without partitions make none. Also forgets workers that were silent for an hour.
    async fn prepare_weeks(&self, ahead: u32) -> Result<Vec<String>>;

    /// The weeks that have a place of their own, oldest first, then the catch-all. Cheap: nothing is
    /// locked, and numbers may be estimates that say so. `now` steers tests, here and below.
    async fn weeks(&self, retention: &Retention, now: Option<Timestamp>) -> Result<Vec<WeekRow>>;

    /// Drops a week that is old enough: every job of it that [may
    /// go](longshore_core::Remains::may_go), with its ledger and result, and no other.
    ///
    /// Look-ups find each survivor at every moment. Whoever enqueues, claims or finishes waits while the
    /// survivors are carried: milliseconds for a thousand, up to half a second for ten thousand. Whoever brings
    /// jobs with ids of that week may wait for the whole rotation. A rotation that is broken off changed
    /// nothing, or is taken up by the next one. Nodes that rotate at once do not disturb each other: one works,
    /// the others get [`Rotated::Busy`].
    ///
    /// # Errors
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) if the user may not change tables: then weeks are
    /// rotated by whoever migrates.
    async fn rotate_week(
        &self,
        week: Week,
        retention: &Retention,
        now: Option<Timestamp>,
    ) -> Result<Rotated>;

    /// Deletes up to `limit` jobs that may go and that no rotation reaches: those in the catch-all, and
    /// without partitions any of a week that is due. It goes in small steps, each a transaction; how many
    /// went. As many as `limit`: there may be more.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied) if the user may not delete from the ledger.
    async fn sweep(&self, retention: &Retention, limit: u32, now: Option<Timestamp>)
    -> Result<u64>;

    /// The statements that a rotation of this week runs, in order, for people to read.
    fn rotation(&self, week: Week) -> Vec<String>;

    /// Looks at settings on which the guarantees depend.
    async fn check_up(&self) -> Result<Vec<Finding>>;

    /// What work costs the database. Cheap: no table is read, and it may be asked several times a second.
    /// An engine that tells nothing leaves it as it is here: the log of SQLite begins anew whenever all of it
    /// stands in the file, and nobody counts what is gone.
    async fn vitals(&self) -> Result<Vitals> {
        Ok(Vitals::default())
    }

    /// Ends connections. Calls after it fail.
    async fn close(&self);
}
