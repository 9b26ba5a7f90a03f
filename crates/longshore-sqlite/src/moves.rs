//! Moves of jobs that nobody runs, each decided by the state machine and written with its ledger row.

use longshore_core::{JobId, Step};
use longshore_store::Result;
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::fmt::Simple;

use crate::{clock, fault, row};

const MOVE: &str = include_str!("../sql/operate/move.sql");

/// Moves to be written together.
#[derive(Default)]
pub(crate) struct Moves(Vec<Move>);

#[derive(Serialize)]
struct Move(Simple, u32, u32, i16, i16, i16, u32, u32, u32, Option<i64>, bool);

impl Moves {
    /// Adds a move; `takes_key`: the job's unique key was freed and is taken again.
    pub(crate) fn add(&mut self, job: JobId, step: &Step, takes_key: bool) {
        let standing = &step.standing;
        self.0.push(Move(
            job.0.simple(),
            step.seq(),
            standing.attempt,
            step.before.code(),
            standing.state.code(),
            step.reason.code(),
            standing.last_attempt,
            standing.crashes,
            standing.seq,
            step.due_in.map(clock::micros),
            takes_key,
        ));
    }

    /// Writes them.
    pub(crate) async fn write(&self, connection: &mut SqliteConnection, now: i64) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let moving = sqlx::query(MOVE).bind(row::json(&self.0)).bind(now);
        moving.execute(connection).await.map_err(fault::error)?;
        Ok(())
    }
}
