//! The end of jobs that wait for what another one completed.

use std::{collections::BTreeSet, sync::Arc};

use longshore_core::{Backoff, Command, JobId, Rules, Standing, State, Step, step};
use longshore_store::{Error, ErrorKind, Result};
use sqlx::postgres::PgRow;

use crate::{
    bind::bind,
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
pub(crate) async fn close(wire: &mut Wire<'_>, sql: &Sql, all: &BTreeSet<Siblings>) -> Result<()> {
    let tenants: Vec<&str> = all.iter().map(|(tenant, _)| &**tenant).collect();
    let correlations: Vec<&str> = all.iter().map(|(_, correlation)| &**correlation).collect();
    let rows = wire.rows(&sql.siblings, bind![tenants, correlations]?).await?;
    let moves = rows.iter().map(closing).collect::<Result<Vec<Move>>>()?;
    for part in moves.chunks(AT_ONCE) {
        moves::apply(wire, sql, part).await?;
    }
    Ok(())
}

fn closing(row: &PgRow) -> Result<Move> {
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
