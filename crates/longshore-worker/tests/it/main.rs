//! The worker on the model storage, and on SQLite.

mod control;
mod enqueue;
mod harbour;
mod order;
mod outcomes;
mod setup;
mod sqlite;
mod stopping;
mod trouble;
mod troubled;
