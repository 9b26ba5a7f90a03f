//! What a storage of Longshore must be able to do.
//!
//! Five roles, and [`Store`] is their sum:
//!
//! | role | verbs |
//! |---|---|
//! | [`Produce`] | enqueue |
//! | [`Consume`] | lanes, hints, claim, next due, heartbeat, finish |
//! | [`Inspect`] | find, list, logs, depths, explain |
//! | [`Operate`] | cancel, retry, release, update, delete dead letters, pause, resume |
//! | [`Maintain`] | migrate, rescue, sample, weeks, check-up, vitals |
//!
//! Laws that hold for every method of every storage:
//!
//! 1. **Sets in, outcomes out, same order.** One is a slice of one. An empty slice answers at once.
//! 2. **Expected things are values** ([`Enqueued::Duplicate`], [`Finished::Stale`]), not errors.
//! 3. **All or nothing**: a call that returns an error has changed nothing, or says
//!    [`ErrorKind::Unknown`].
//! 4. **The database's clock decides** ownership and due-ness. A request that a test must steer carries
//!    `now: Option<Timestamp>`; `None` is the database's clock.
//! 5. **Calls may be dropped.** A future of these traits that is dropped before it answered leaves no
//!    open transaction behind: its work completes, or its connection is closed. [`DatabaseThread`]
//!    gives that, and keeps leases alive while handlers block every core.
//! 6. **State is which table a row is in**; [`longshore_core::step`] decides every move and its ledger
//!    row. A storage never decides on its own.
#![doc = ""]
#![doc = include_str!("writing.md")]

mod consume;
mod decorator;
mod error;
mod hints;
mod inspect;
mod maintain;
mod operate;
mod permit;
mod produce;
mod rescuing;
mod retry;
mod schema;
mod thread;
mod weeks;

use std::any::Any;

pub use consume::{
    Claim, Claimed, Consume, CursorAt, Fence, Finish, Finished, Floor, Heartbeat, Lanes, Progress,
    Renewed, WorkerFacts,
};
pub use decorator::Decorator;
pub use error::{Error, ErrorKind, Result};
pub use hints::{Hint, HintBoard, Hints};
pub use inspect::{
    AttemptLog, Depth, Inspect, JobDetail, JobRow, LogsOf, QueueRow, Settled, WorkerRow,
};
pub use maintain::{Finding, Maintain, Rescued, Severity, Vitals};
pub use operate::{Cancelled, Deleted, Operate, Released, Retried, Updated};
pub use permit::permit;
pub use produce::{Enqueued, Produce};
pub use rescuing::rescue_each;
pub use retry::{RetryPolicy, retrying};
pub use schema::{Migrated, SchemaFound, SchemaStatus, SchemaStep, StepFound};
pub use thread::{Boxed, DatabaseThread};
pub use weeks::{Rotated, WeekPlan, WeekRow};

/// A storage: everything that a client, a worker and an operator need.
///
/// Implemented for whatever implements the five roles. `Arc<dyn Store>` upcasts to each role, and
/// `&dyn Store` to `&dyn Any`, so that code which needs one engine (a transaction of the caller's own)
/// can find it, if need be beneath a [`Decorator`].
pub trait Store: Produce + Consume + Inspect + Operate + Maintain + Any {
    /// The engine: `sqlite`, `postgres` …
    fn engine(&self) -> &'static str {
        Maintain::engine_name(self)
    }
}

impl<T: Produce + Consume + Inspect + Operate + Maintain + Any + ?Sized> Store for T {}
