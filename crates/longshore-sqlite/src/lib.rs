//! Longshore's durable jobs in SQLite: WAL, `synchronous=FULL`, one writer that groups commits.
//!
//! ```
//! use longshore_core::NewJob;
//! use longshore_sqlite::{SqliteOptions, SqliteStore};
//! use longshore_store::{Maintain, Produce};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> longshore_store::Result<()> {
//! let store = SqliteStore::connect(SqliteOptions::from_url("sqlite::memory:")?).await?;
//! store.migrate().await?;
//! let enqueued = store.enqueue(&[NewJob::of_kind("send_email")]).await?;
//! assert!(!enqueued[0].is_duplicate());
//! # Ok(())
//! # }
//! ```
//!
//! What is special here: SQLite has one writer at a time, a commit is dear (it reaches the disk), and a
//! statement through sqlx costs a change of threads. So all writes of a process go through one
//! [writer](SqliteStore) that commits whatever waits together, and the statements of a verb do not
//! grow with the number of jobs: sets travel as one JSON parameter. (Reports that many attempts have in common
//! go in a set of their own.)

mod check_up;
mod claim;
mod clock;
mod close;
mod closings;
mod connect;
mod consume;
#[cfg(test)]
mod counted;
mod detail;
mod document;
mod enqueue;
mod fault;
mod found;
mod heartbeat;
mod inspect;
mod maintain;
mod migrate;
mod moves;
mod new_rows;
mod operate;
mod options;
mod produce;
mod rescue;
mod row;
mod schema;
mod siblings;
mod standing;
mod store;
mod update;
mod weeks;
mod writer;

pub use options::{Database, Opening, SqliteOptions, Synchronous};
pub use store::SqliteStore;
