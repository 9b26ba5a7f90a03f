//! Longshore's durable jobs in PostgreSQL: set-based statements, weekly partitions, claims by cursors.
//!
//! [`PostgresStore`] plays the five roles of [`longshore_store`]; each has a file of its name here and a
//! folder of its statements in `sql/`. PostgreSQL 15 and newer. Workers need no right to create or alter
//! tables: `docs/postgres-roles.sql` has roles with exactly what each part needs.
//!
//! ```no_run
//! # async fn example() -> longshore_store::Result<()> {
//! use longshore_core::NewJob;
//! use longshore_postgres::{PostgresOptions, PostgresStore};
//! use longshore_store::{Maintain, Produce};
//!
//! let store = PostgresStore::connect(PostgresOptions::from_url("postgres://app@localhost/app")?).await?;
//! store.migrate().await?;
//! store.enqueue(&[NewJob::of_kind("send_email")]).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Ids are taken for new until one is not: then the server's log has a `duplicate key value` of a table of jobs,
//! which is no fault. That call looks first which jobs exist, as the next ones do, and answers as it should.

mod bind;
mod check_up;
mod check_weeks;
mod claim;
mod connections;
mod consume;
mod enqueue;
mod error;
mod finish;
mod inspect;
mod keys;
mod labels;
mod lanes;
mod listen;
mod maintain;
mod migrate;
mod moves;
mod notify;
mod operate;
mod options;
mod produce;
mod rescue;
mod rotate;
mod row;
mod sample;
mod schema;
mod siblings;
mod sql;
mod standing;
mod store;
mod sweep;
mod trust;
mod unit;
mod update;
mod week_rows;
mod weeks;
mod wire;

pub use options::{Pooler, PostgresOptions};
pub use store::PostgresStore;
