//! Storing jobs: two statements for a thousand of them, and a few more for those with unique keys or labels.

use std::collections::HashSet;

use longshore_core::{Due, JobId, NewJob, Payload, Scope, State, Timestamp};
use longshore_store::{Enqueued, Error, ErrorKind, Result};
use sqlx::{Arguments, SqlStr, mysql::MySqlArguments};
use tokio::join;

use crate::{
    bind::{add, at, int},
    document::{after, cut},
    error::is_duplicate,
    guard,
    keys::{self, Held},
    labels,
    sql::{Repeated, Sql},
    wire::Wire,
};

/// Rows of one statement; a larger call takes several in one transaction. Speed is flat from here on.
const ROWS_AT_ONCE: usize = 1000;
/// Bytes after which another statement is begun: a server takes 16 MiB at once by default.
const BYTES_AT_ONCE: usize = 4 << 20;
/// Statements of so few rows stay prepared on the server, as do those of the most rows.
const FEW: usize = 16;
/// What a plain job takes, besides its payload: room that need not grow while rows are encoded.
const PLACES_OF_A_ROW: usize = 10;
const BYTES_OF_A_ROW: usize = 120;
/// How often jobs may turn out to be stored by somebody else meanwhile before we give up.
const ROUNDS: u32 = 3;

/// Stores jobs in an open transaction. `held` are the keys that were seen to be taken before it.
pub(crate) async fn all(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[NewJob],
    held: &Held,
    now: Timestamp,
) -> Result<Vec<Enqueued>> {
    guard::share(wire, sql, jobs, now).await?;
    let duplicates = keys::take(wire, sql, jobs, held, now).await?;
    let mut seen = HashSet::with_capacity(jobs.len());
    let new: Vec<&NewJob> = jobs
        .iter()
        .enumerate()
        .filter(|(place, job)| !duplicates.contains_key(place) && seen.insert(job.id))
        .map(|(_, job)| job)
        .collect();
    let mut created = HashSet::with_capacity(new.len());
    let mut rest = &new[..];
    while !rest.is_empty() {
        let part = part(rest);
        store(wire, sql, part, now, &mut created).await?;
        rest = &rest[part.len()..];
    }
    let answer = |(place, job): (usize, &NewJob)| match duplicates.get(&place) {
        Some(holder) => Enqueued::Duplicate(*holder),
        None if created.remove(&job.id) => Enqueued::Created(job.id),
        None => Enqueued::Duplicate(job.id),
    };
    Ok(jobs.iter().enumerate().map(answer).collect())
}

/// The first of these jobs, as many as one statement takes.
fn part<'p, 'j>(jobs: &'p [&'j NewJob]) -> &'p [&'j NewJob] {
    let mut bytes = 0;
    let mut count = 0;
    for job in jobs.iter().take(ROWS_AT_ONCE) {
        bytes += job.payload.as_str().len()
            + job.context.as_ref().map_or(0, |context| context.as_str().len());
        if count > 0 && bytes > BYTES_AT_ONCE {
            break;
        }
        count += 1;
    }
    &jobs[..count]
}

/// Stores jobs of different ids. Hardly ever one of them is there already: then the statement changes
/// nothing, those that exist are found, and the others are stored.
async fn store(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[&NewJob],
    now: Timestamp,
    created: &mut HashSet<JobId>,
) -> Result<()> {
    let mut jobs = jobs.to_vec();
    for _ in 0..ROUNDS {
        let rows = if jobs.iter().all(|job| is_plain(job)) {
            Rows::of(&sql.enqueue_plain, &jobs, |row, job| plain_row(row, job, now))?
        } else {
            Rows::of(&sql.enqueue, &jobs, |row, job| job_row(row, job, now))?
        };
        let waiting: Vec<&NewJob> = jobs.iter().filter(|job| !job.held).copied().collect();
        // While the server stores the jobs: a twentieth of a thousand's time.
        let queue_up =
            async { Rows::of(&sql.queue_up, &waiting, |row, job| queue_row(row, job, now)) };
        match join!(biased; rows.insert(wire), queue_up) {
            (Ok(()), queue_up) => {
                created.extend(jobs.iter().map(|job| job.id));
                labels::keep(wire, sql, jobs.iter().map(|job| (job.id, &job.labels))).await?;
                return queue_up?.insert(wire).await;
            }
            (Err(error), _) if is_duplicate(&error) => {}
            (Err(error), _) => return Err(error),
        }
        let stored = keys::stored(wire, sql, jobs.iter().copied()).await?;
        if jobs.iter().any(|job| job.unique.is_some() && stored.contains(&job.id.0)) {
            // It took its key for nothing; from the beginning it will not.
            break;
        }
        jobs.retain(|job| !stored.contains(&job.id.0));
        if jobs.is_empty() {
            return Ok(());
        }
    }
    Err(Error::new(ErrorKind::Busy, "somebody else stores the same jobs at this moment: try again"))
}

/// One statement with a row for each of these jobs; nothing for none.
struct Rows(Option<(SqlStr, MySqlArguments, bool)>);

impl Rows {
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

    async fn insert(self, wire: &mut Wire<'_>) -> Result<()> {
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

fn plain_row(row: &mut MySqlArguments, job: &NewJob, now: Timestamp) -> Result<()> {
    place(row, job, now)?;
    add(row, job.payload.as_str())?;
    add(row, at(now))
}

fn job_row(row: &mut MySqlArguments, job: &NewJob, now: Timestamp) -> Result<()> {
    place(row, job, now)?;
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
    add(row, at(now))
}

fn queue_row(row: &mut MySqlArguments, job: &NewJob, now: Timestamp) -> Result<()> {
    place(row, job, now)?;
    add(row, flags(job))
}

/// What the jobs' row and the queue's row have in common.
fn place(row: &mut MySqlArguments, job: &NewJob, now: Timestamp) -> Result<()> {
    let (run_at, state) = arrival(job, now);
    add(row, job.id.0)?;
    add(row, &*job.queue)?;
    add(row, &*job.tenant)?;
    add(row, &*job.kind)?;
    add(row, job.priority.rank())?;
    add(row, int(job.max_attempts))?;
    add(row, at(run_at))?;
    add(row, state.code())
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
