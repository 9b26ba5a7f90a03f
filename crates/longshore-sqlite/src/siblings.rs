//! The end of jobs that wait for what another one completed.

use std::{collections::BTreeSet, sync::Arc};

use longshore_core::{Backoff, Command, JobId, Rules, Standing, Step, step};
use longshore_store::Result;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    fault,
    moves::Moves,
    row::{self, Row},
};

const SIBLINGS: &str = include_str!("../sql/consume/siblings.sql");

/// Jobs that are closed by one statement.
const AT_ONCE: usize = 1000;

/// A tenant and a correlation id.
pub(crate) type Siblings = (Arc<str>, Arc<str>);

/// Closes the jobs of these tenants and correlation ids that wait, in an open transaction.
pub(crate) async fn close(
    connection: &mut SqliteConnection,
    all: &BTreeSet<Siblings>,
    now: i64,
) -> Result<()> {
    let asking = sqlx::query(SIBLINGS).bind(row::json(all));
    let rows = asking.fetch_all(&mut *connection).await.map_err(fault::error)?;
    for part in rows.chunks(AT_ONCE) {
        let mut moves = Moves::default();
        for row in part {
            moves.add(JobId(row.take::<Uuid>("id")?), &closed(row)?, false);
        }
        moves.write(connection, now).await?;
    }
    Ok(())
}

fn closed(row: &SqliteRow) -> Result<Step> {
    let waiting = row.state("waiting")?;
    let standing = Standing {
        state: waiting,
        from: waiting,
        attempt: row.take("attempt")?,
        last_attempt: row.take("last_attempt")?,
        crashes: row.take("crashes")?,
        seq: row.take("seq")?,
    };
    let max_attempts = standing.last_attempt;
    let rules = Rules { max_attempts, backoff: Backoff::default(), max_crashes: 1, roll: 0.0 };
    step(standing, &Command::Correlate, &rules).map_err(|error| fault::unreadable("state", error))
}
