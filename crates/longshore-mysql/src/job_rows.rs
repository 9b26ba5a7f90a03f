//! The rows that new jobs become, and the statements that take them.

use longshore_core::{Due, NewJob, Payload, Scope, State, Timestamp};
use longshore_store::Result;
use sqlx::{Arguments, SqlStr, mysql::MySqlArguments};

use crate::{
    bind::{add, at, int},
    document::{after, cut},
    labels,
    sql::{Repeated, Sql},
    wire::Wire,
};

/// Rows of one statement; a larger call takes several in one transaction. Speed is flat from here on.
pub(crate) const ROWS_AT_ONCE: usize = 1000;
/// Statements of so few rows stay prepared on the server, as do those of the most rows.
const FEW: usize = 16;
/// What a plain job takes, besides its payload: room that need not grow while rows are encoded.
const PLACES_OF_A_ROW: usize = 10;
const BYTES_OF_A_ROW: usize = 120;

/// Whether it is available from the moment that stores it, so that the server can put its clock in there.
pub(crate) fn is_due_at_once(job: &NewJob) -> bool {
    job.due == Due::Now && !job.held
}

/// One statement with a row for each of these jobs; nothing for none.
pub(crate) struct Rows(Option<(SqlStr, MySqlArguments, bool)>);

impl Rows {
    /// What is kept of jobs. Without a time, they [are due at once](is_due_at_once).
    pub(crate) fn of_jobs(sql: &Sql, jobs: &[&NewJob], now: Option<Timestamp>) -> Result<Self> {
        let plain = jobs.iter().all(|job| is_plain(job));
        match now {
            None if plain => Self::of(&sql.enqueue_now, jobs, row_of_now),
            Some(now) if plain => {
                Self::of(&sql.enqueue_plain, jobs, |row, job| plain_row(row, job, now))
            }
            now => Self::of(&sql.enqueue, jobs, |row, job| job_row(row, job, now)),
        }
    }

    /// The places in the queue of those that wait.
    pub(crate) fn of_queue(sql: &Sql, jobs: &[&NewJob], now: Option<Timestamp>) -> Result<Self> {
        let waiting: Vec<&NewJob> = jobs.iter().filter(|job| !job.held).copied().collect();
        let statement = if now.is_none() { &sql.queue_up_now } else { &sql.queue_up };
        Self::of(statement, &waiting, |row, job| queue_row(row, job, now))
    }

    fn of(
        sql: &Repeated,
        jobs: &[&NewJob],
        row: impl Fn(&mut MySqlArguments, &NewJob) -> Result<()>,
    ) -> Result<Self> {
        if jobs.is_empty() {
            return Ok(Self(None));
        }
        let mut values = MySqlArguments::default();
        let bytes = jobs.iter().map(|job| BYTES_OF_A_ROW + job.payload.as_str().len()).sum();
        values.reserve(jobs.len() * PLACES_OF_A_ROW, bytes);
        jobs.iter().try_for_each(|job| row(&mut values, job))?;
        let stays_prepared = jobs.len() <= FEW || jobs.len() == ROWS_AT_ONCE;
        Ok(Self(Some((sql.rows(jobs.len()), values, stays_prepared))))
    }

    pub(crate) async fn insert(self, wire: &mut Wire<'_>) -> Result<()> {
        match self.0 {
            None => Ok(()),
            Some((sql, values, stays)) => wire.change_once(&sql, values, stays).await.map(|_| ()),
        }
    }
}

/// Whether it has nothing but what every job has.
fn is_plain(job: &NewJob) -> bool {
    // Every field by name, so that a new one cannot be forgotten.
    let NewJob {
        id: _,
        tenant: _,
        queue: _,
        kind: _,
        version,
        name,
        payload: _,
        context,
        labels,
        priority: _,
        due: _,
        max_attempts: _,
        backoff,
        timeout,
        unique,
        correlation_id,
        completes_siblings,
        event_id,
        parent_id,
        batch,
        held: _,
    } = job;
    version.is_none()
        && name.is_none()
        && context.is_none()
        && labels.is_empty()
        && backoff.is_none()
        && timeout.is_none()
        && unique.is_none()
        && correlation_id.is_none()
        && !completes_siblings
        && event_id.is_none()
        && parent_id.is_none()
        && batch.is_none()
}

fn row_of_now(row: &mut MySqlArguments, job: &NewJob) -> Result<()> {
    place(row, job)?;
    add(row, job.payload.as_str())
}

fn plain_row(row: &mut MySqlArguments, job: &NewJob, now: Timestamp) -> Result<()> {
    let (run_at, state) = arrival(job, now);
    place(row, job)?;
    add(row, at(run_at))?;
    add(row, state.code())?;
    add(row, job.payload.as_str())?;
    add(row, at(now))
}

fn job_row(row: &mut MySqlArguments, job: &NewJob, now: Option<Timestamp>) -> Result<()> {
    let arrival = now.map(|now| arrival(job, now));
    place(row, job)?;
    add(row, arrival.map(|(run_at, _)| at(run_at)))?;
    add(row, arrival.map_or(State::Available, |(_, state)| state).code())?;
    add(row, job.payload.as_str())?;
    add(row, job.version.as_deref())?;
    add(row, job.name.as_deref())?;
    add(row, job.context.as_ref().map(Payload::as_str))?;
    add(row, labels::written(&job.labels))?;
    add(row, job.backoff.and_then(|backoff| written(&backoff)))?;
    add(row, job.timeout.map(|t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX)))?;
    add(row, job.unique.as_ref().map(|unique| unique.key.as_str()))?;
    add(row, job.correlation_id.as_deref())?;
    add(row, job.event_id.map(|id| id.0))?;
    add(row, job.parent_id.map(|id| id.0))?;
    add(row, job.batch.map(|(batch, _)| batch.0))?;
    add(row, job.batch.map(|(_, line)| i64::from(line)))?;
    add(row, job.completes_siblings.then_some(true))?;
    add(row, now.map(at))
}

fn queue_row(row: &mut MySqlArguments, job: &NewJob, now: Option<Timestamp>) -> Result<()> {
    place(row, job)?;
    if let Some(now) = now {
        let (run_at, state) = arrival(job, now);
        add(row, at(run_at))?;
        add(row, state.code())?;
    }
    add(row, flags(job))
}

/// What the jobs' row and the queue's row have in common.
fn place(row: &mut MySqlArguments, job: &NewJob) -> Result<()> {
    add(row, job.id.0)?;
    add(row, &*job.queue)?;
    add(row, &*job.tenant)?;
    add(row, &*job.kind)?;
    add(row, job.priority.rank())?;
    add(row, int(job.max_attempts))
}

/// When it may run, as the column holds it, and the state that it arrives in.
fn arrival(job: &NewJob, now: Timestamp) -> (Timestamp, State) {
    let run_at = match job.due {
        Due::Now => cut(now),
        Due::In(delay) => after(now, delay),
        Due::At(at) => cut(at),
    };
    let state = match job.held {
        true => State::Held,
        false if run_at <= now => State::Available,
        false => State::Scheduled,
    };
    (run_at, state)
}

/// Flag 1: the end of the job frees a unique key; 2: a row of a batch; 4: it has a correlation id.
fn flags(job: &NewJob) -> i16 {
    let holds_key = job.unique.as_ref().is_some_and(|unique| unique.scope == Scope::UntilTerminal);
    i16::from(holds_key)
        | i16::from(job.batch.is_some()) << 1
        | i16::from(job.correlation_id.is_some()) << 2
}

fn written(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
