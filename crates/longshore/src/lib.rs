//! Durable background jobs in the SQL database you already run.
//!
//! A job is a row; a worker is your program. Jobs survive crashes of the worker, the machine and the
//! network: whoever takes one holds a *lease* on it, and a lease that is not renewed is taken back. Every
//! change of every job is kept in a *ledger*.
//!
//! ```no_run
//! use longshore::{Client, Job, Result, Worker};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct SendEmail {
//!     to: String,
//! }
//!
//! impl Job for SendEmail {
//!     const KIND: &'static str = "send_email";
//! }
//!
//! async fn send_email(job: SendEmail) -> Result {
//!     println!("mail to {}", job.to);
//!     Ok(())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result {
//!     let client = Client::connect("sqlite://jobs.db").await?;
//!     client.enqueue(SendEmail { to: "ada@example.com".into() }).await?;
//!     let worker = Worker::new(client).handle(send_email).queue("default", 10);
//!     worker.run_until(tokio::signal::ctrl_c()).await
//! }
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | ask for work | [`Client`], [`Enqueue`], [`Job`] |
//! | do work | [`Worker`], [`Ctx`], [`State`], [`Error`] |
//! | do work in a loop of your own | [`Client::poller`], [`Polled`] |
//! | enqueue within a transaction | [`Enqueue::tx`], [`Transactional`] |
//! | complete within a transaction | [`CompleteIn`] |
//! | wait for a result | [`Enqueue::wait`], [`Client::wait`], [`Answer`] |
//! | list, explain, cancel, retry | [`Client::find`], [`Client::explain`], [`Client::store`] and the roles of [`Store`] |
//! | find jobs by their labels | [`Enqueue::label`], [`JobFilter`] |
//! | change a job that waits | [`Client::update`], [`Update`] |
//! | watch a worker | [`Running::events`], [`WorkerEvent`] |
//! | keep what jobs say, trace them | `JobLogs`, `otel`, [`Enqueue::trace`] |
//! | test a handler | [`testing`], [`Worker::drain`], `sqlite::memory:` |
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `sqlite` (default) | SQLite |
//! | `postgres` | PostgreSQL 15 and later |
//! | `mysql` | MySQL 8.0 and MariaDB 10.6, and later |
//! | `logs` | `JobLogs`: what a run says is kept with its attempt |
//! | `otel` | jobs carry the OpenTelemetry trace of whoever enqueues them, and runs belong to it: `otel` |
//! | `metrics` | `Client::metered`: counts and times for Prometheus and others |
//!
//! The engine is picked by the scheme of the URL that [`Client::connect`] gets. [`sqlx`] is re-exported:
//! pools and transactions given to Longshore must be of that version.

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!(
    "switch on an engine: one of the features `sqlite`, `postgres` and `mysql`, or several"
);

mod answer;
mod bulk;
mod client;
mod complete_in;
mod connect;
mod enqueue;
#[cfg(feature = "metrics")]
mod metered;
mod transactional;
mod update;
mod waiting;

pub use answer::Answer;
pub use client::Client;
pub use complete_in::CompleteIn;
pub use connect::{Options, open};
pub use enqueue::Enqueue;
pub use longshore_core as core;
pub use longshore_core::{
    Backoff, Because, Due, Failure, FailureKind, Invalid, JobFilter, JobId, JobUpdate, Label,
    Labels, Limits, NewJob, Page, Payload, Priority, Reason, Scope, Timestamp, TraceContext,
    Transition, TransitionFilter, TransitionId, Unique,
};
#[cfg(feature = "metrics")]
pub use longshore_metrics as metrics;
#[cfg(feature = "mysql")]
pub use longshore_mysql as mysql;
#[cfg(feature = "postgres")]
pub use longshore_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use longshore_sqlite as sqlite;
pub use longshore_store as store;
pub use longshore_store::{
    Cancelled, Enqueued, Error as StoreError, ErrorKind, JobDetail, JobRow, Progress, Retried,
    Store, Updated,
};
pub use longshore_worker as worker;
#[cfg(feature = "logs")]
pub use longshore_worker::JobLogs;
#[cfg(feature = "otel")]
pub use longshore_worker::otel;
pub use longshore_worker::{
    Ctx, Error, Event as WorkerEvent, Events as WorkerEvents, Finished, FromRef, Job, Polled,
    PolledJob, Poller, Result, Running, SetupError, State, Worker, testing,
};
pub use sqlx;
pub use transactional::Transactional;
pub use update::Update;

/// The pages under `docs/guides`, whose examples are compiled with the tests.
#[cfg(all(doctest, feature = "sqlite"))]
mod guides {
    #[doc = include_str!("../../../README.md")]
    struct Readme;
    #[doc = include_str!("../../../docs/guides/first-steps.md")]
    struct FirstSteps;
    #[doc = include_str!("../../../docs/guides/transactions.md")]
    struct Transactions;
    #[doc = include_str!("../../../docs/guides/errors-and-retries.md")]
    struct ErrorsAndRetries;
    #[doc = include_str!("../../../docs/guides/polling.md")]
    struct Polling;
    #[doc = include_str!("../../../docs/guides/shutdown.md")]
    struct Shutdown;
    #[doc = include_str!("../../../docs/guides/retention.md")]
    struct Retention;
    #[cfg(feature = "metrics")]
    #[doc = include_str!("../../../docs/guides/metrics.md")]
    struct Metrics;
    #[cfg(feature = "logs")]
    #[doc = include_str!("../../../docs/guides/tracing.md")]
    struct Tracing;
}
