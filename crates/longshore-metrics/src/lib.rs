//! Counts and times the calls of any storage, for whatever recorder the program has.
//!
//! [`metered`] puts a [`Metered`] around a storage: the same results, the same errors, the same laws, and
//! beside them the measures that [`names`] lists. They go to the recorder of the crate `metrics`, for
//! instance that of `metrics-exporter-prometheus`. Install it first; without one everything here is a no-op.
//!
//! Labels are bounded: a queue or kind that was not registered counts as [`names::OTHER`], and a tenant is
//! never a label.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> longshore_store::Result<()> {
//! use std::sync::Arc;
//! use longshore_conformance::MemoryStore;
//! use longshore_core::NewJob;
//!
//! let store = Arc::new(MemoryStore::new());
//! let store = longshore_metrics::metered(store, ["default"], ["send_email"]);
//! store.enqueue(&[NewJob::of_kind("send_email")]).await?; // longshore_jobs_enqueued_total is 1
//! # Ok(())
//! # }
//! ```

pub mod names;

mod consume;
mod inspect;
mod maintain;
mod metered;
mod operate;
mod ops;
mod places;
mod produce;
mod tally;

pub use metered::{Metered, metered};
pub use names::describe;
