//! Longshore's durable jobs in MySQL and MariaDB: set-based statements, weekly partitions, claims by cursors.
//!
//! [`MysqlStore`] plays the five roles of [`longshore_store`]; each has a file of its name here and a
//! folder of its statements in `sql/`. MySQL 8.0 and MariaDB 10.6, and newer: the same statements for both.
//! Workers need no right to create or alter tables: `docs/mysql-roles.sql` has roles with exactly what each
//! part needs.
//!
//! ```no_run
//! # async fn example() -> longshore_store::Result<()> {
//! use longshore_core::NewJob;
//! use longshore_mysql::{MysqlOptions, MysqlStore};
//! use longshore_store::{Maintain, Produce};
//!
//! let store = MysqlStore::connect(MysqlOptions::from_url("mariadb://app@localhost/app")?).await?;
//! store.migrate().await?;
//! store.enqueue(&[NewJob::of_kind("send_email")]).await?;
//! # Ok(())
//! # }
//! ```

mod alone;
mod aside;
mod bind;
mod check_transactions;
mod check_up;
mod check_weeks;
mod claim;
mod clock;
mod connections;
mod consume;
mod document;
mod enqueue;
mod error;
mod finish;
mod guard;
mod inspect;
mod job_rows;
mod keys;
mod labels;
mod lanes;
mod maintain;
mod migrate;
mod moves;
mod operate;
mod options;
mod produce;
mod rescue;
mod rights;
mod rotate;
mod row;
mod sample;
mod schema;
mod server;
mod session;
mod siblings;
mod sql;
mod standing;
mod store;
mod survivors;
mod sweep;
mod unit;
mod unseen;
mod update;
mod week_rows;
mod weeks;
mod wire;

pub use options::MysqlOptions;
pub use store::MysqlStore;
