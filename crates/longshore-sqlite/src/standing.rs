//! Where jobs stand that somebody wants to step in on.

use std::collections::HashMap;

use longshore_core::{JobId, Lane, Standing, State};
use longshore_store::Result;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    fault,
    row::{self, Row},
};

const STANDING: &str = include_str!("../sql/operate/standing.sql");

/// What an operation has to know of a job.
pub(crate) struct Known {
    pub(crate) lane: Lane,
    pub(crate) place: Place,
    pub(crate) max_attempts: u32,
    pub(crate) run_at: i64,
    /// Its unique key.
    pub(crate) key: Option<String>,
    /// Whether its unique key was freed when it ended.
    pub(crate) freed_key: bool,
    /// The job that has its unique key now.
    pub(crate) holder: Option<JobId>,
}

/// The table that a job is in.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In none: it waits for a release.
    Held(Standing),
    /// In the queue, due then.
    Waiting(Standing, i64),
    /// In the leases.
    Running,
    /// Among the dead letters.
    Dead(Standing),
    /// In none: it is over.
    Over(State),
}

impl Place {
    /// The state that people see.
    pub(crate) fn state(&self, now: i64) -> State {
        match self {
            Self::Held(_) => State::Held,
            Self::Waiting(_, due_at) if *due_at <= now => State::Available,
            Self::Waiting(standing, _) => standing.state,
            Self::Running => State::Running,
            Self::Dead(_) => State::Discarded,
            Self::Over(state) => *state,
        }
    }
}

/// Those of the jobs that exist.
pub(crate) async fn known(
    connection: &mut SqliteConnection,
    ids: &[JobId],
    now: i64,
) -> Result<HashMap<JobId, Known>> {
    let asking = sqlx::query(STANDING).bind(row::ids(ids.iter().map(|id| id.0))).bind(now);
    let rows = asking.fetch_all(connection).await.map_err(fault::error)?;
    rows.iter().map(|row| Ok((JobId(row.take::<Uuid>("id")?), of_row(row)?))).collect()
}

fn of_row(row: &SqliteRow) -> Result<Known> {
    let standing = |state| -> Result<Standing> {
        Ok(Standing {
            state,
            from: state,
            attempt: row.take("attempt")?,
            last_attempt: row.take("last_attempt")?,
            crashes: row.take("crashes")?,
            seq: row.take("seq")?,
        })
    };
    let last_state = row.take::<Option<i16>>("state_after")?.map(row::state).transpose()?;
    let place = if row.take("running")? {
        Place::Running
    } else if row.take("waits")? {
        Place::Waiting(standing(row.state("waiting")?)?, row.take("due_at")?)
    } else if row.take("dead")? {
        Place::Dead(standing(State::Discarded)?)
    } else {
        match last_state {
            Some(state) => Place::Over(state),
            None => Place::Held(standing(State::Held)?),
        }
    };
    Ok(Known {
        lane: row.lane()?,
        place,
        max_attempts: row.take("max_attempts")?,
        run_at: row.take("run_at")?,
        key: row.take("unique_key")?,
        freed_key: row.take::<i64>("flags")? & 1 == 1,
        holder: row.id_if_any("holder")?,
    })
}
