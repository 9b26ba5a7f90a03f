//! The end of jobs that wait for what another one completed.

use std::{collections::BTreeSet, sync::Arc};

use longshore_core::{Backoff, Command, JobId, Rules, Standing, State, Step, Timestamp, step};
use longshore_store::{Error, ErrorKind, Result};
use sqlx::mysql::MySqlRow;

use crate::{
    bind::bind,
    document::Document,
    moves::{self, Move},
    row::{get, number},
    sql::Sql,
    wire::Wire,
};

/// Jobs that are closed by one statement.
const AT_ONCE: usize = 1000;

/// A tenant and a correlation id.
pub(crate) type Siblings = (Arc<str>, Arc<str>);

/// Closes the jobs of these tenants and correlation ids that wait, in an open transaction.
pub(crate) async fn close(
    wire: &mut Wire<'_>,
    sql: &Sql,
    all: &BTreeSet<Siblings>,
    now: Timestamp,
) -> Result<()> {
    let mut pairs = Document::with_room(all.len() * 48);
    for (tenant, correlation) in all {
        pairs.open();
        pairs.text(tenant);
        pairs.text(correlation);
        pairs.shut();
    }
    let waiting = wire.rows(&sql.siblings, bind![pairs.finish()]?).await?;
    for part in waiting.chunks(AT_ONCE) {
        let locked = wire.rows(&sql.lock_siblings, bind![places(part)?]?).await?;
        let moves = locked.iter().map(closing).collect::<Result<Vec<Move>>>()?;
        if !moves.is_empty() {
            moves::apply(wire, sql, &moves, now).await?;
        }
    }
    Ok(())
}

/// `[queue, tenant, rank, due, id]`.
fn places(rows: &[MySqlRow]) -> Result<String> {
    let mut all = Document::with_room(rows.len() * 96);
    for row in rows {
        all.open();
        all.text(get(row, 0)?);
        all.text(get(row, 1)?);
        all.number(get::<i16>(row, 2)?);
        all.time(get(row, 3)?);
        all.id(get(row, 4)?);
        all.shut();
    }
    Ok(all.finish())
}

fn closing(row: &MySqlRow) -> Result<Move> {
    let waiting = State::try_from(get::<i16>(row, "waiting")?).unwrap_or(State::Available);
    let standing = Standing {
        state: waiting,
        from: waiting,
        attempt: number(row, "attempt")?,
        last_attempt: number(row, "last_attempt")?,
        crashes: number(row, "crashes")?,
        seq: number(row, "seq")?,
    };
    Ok((JobId(get(row, "id")?), closed(standing)?, None))
}

fn closed(standing: Standing) -> Result<Step> {
    let max_attempts = standing.last_attempt;
    let rules = Rules { max_attempts, backoff: Backoff::default(), max_crashes: 1, roll: 0.0 };
    step(standing, &Command::Correlate, &rules).map_err(|error| {
        Error::new(ErrorKind::Internal, "a job in the queue that does not wait").caused_by(error)
    })
}
