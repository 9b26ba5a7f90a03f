//! The facade as a program sees it, on every engine that is there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(feature = "sqlite")]
mod sqlite_file;

#[cfg(feature = "sqlite")]
mod bulk;
mod connecting;
#[cfg(feature = "sqlite")]
mod hello;
mod jobs;
#[cfg(feature = "metrics")]
mod metered;
mod polling;
#[cfg(feature = "sqlite")]
mod transactions;
#[cfg(feature = "sqlite")]
mod updates;
#[cfg(feature = "sqlite")]
mod waiting;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
