//! The facade as a program sees it, on every engine that is there.

mod sqlite_file;

mod bulk;
mod connecting;
mod hello;
mod jobs;
mod transactions;
mod waiting;

#[cfg(feature = "postgres")]
mod postgres;
