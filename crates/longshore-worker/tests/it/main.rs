//! The worker on the model storage, and on SQLite.

#![allow(clippy::unwrap_used, reason = "a test that meets no value has failed")]

mod blocked;
mod clocks;
mod control;
mod enqueue;
mod harbour;
mod order;
mod outcomes;
mod refusals;
mod retention;
mod setup;
mod sqlite;
mod stopping;
mod trouble;
mod troubled;
