//! The facade as a program sees it, on every engine that is there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod sqlite_file;

mod bulk;
mod connecting;
mod hello;
mod jobs;
mod transactions;
mod waiting;

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
