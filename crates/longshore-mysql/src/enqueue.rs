//! Storing jobs: two statements for any number of them, and a few more for those with unique keys.

use std::collections::HashSet;

use longshore_core::{Due, JobId, NewJob, Payload, Scope, State, Timestamp};
use longshore_store::{Enqueued, Error, ErrorKind, Result};

use crate::{
    bind::{at, bind, int},
    document::{Document, after, cut},
    error::is_duplicate,
    keys::{self, Held},
    sql::Sql,
    wire::Wire,
};

/// Rows of one statement; a larger call takes several in one transaction. Speed is flat from 1,000 on.
const ROWS_AT_ONCE: usize = 5000;
/// Bytes after which another statement is begun: a server takes 16 MiB at once by default.
const BYTES_AT_ONCE: usize = 4 << 20;
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
        let (part, document) = part(rest, now);
        store(wire, sql, part, document, now, &mut created).await?;
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
fn part<'p, 'j>(jobs: &'p [&'j NewJob], now: Timestamp) -> (&'p [&'j NewJob], String) {
    let mut rows = Document::with_room(jobs.len().min(ROWS_AT_ONCE) * 256);
    let mut count = 0;
    for job in jobs.iter().take(ROWS_AT_ONCE) {
        job_row(&mut rows, job, now);
        count += 1;
        if rows.bytes() > BYTES_AT_ONCE {
            break;
        }
    }
    (&jobs[..count], rows.finish())
}

/// Stores jobs of different ids. Hardly ever one of them is there already: then the statement changes
/// nothing, those that exist are found, and the others are stored.
async fn store(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[&NewJob],
    document: String,
    now: Timestamp,
    created: &mut HashSet<JobId>,
) -> Result<()> {
    let mut jobs = jobs.to_vec();
    let mut document = document;
    for _ in 0..ROUNDS {
        match wire.change(&sql.enqueue, bind![at(now), document]?).await {
            Ok(_) => {
                queue_up(wire, sql, &jobs, now).await?;
                created.extend(jobs.iter().map(|job| job.id));
                return Ok(());
            }
            Err(error) if is_duplicate(&error) => {}
            Err(error) => return Err(error),
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
        let mut rows = Document::with_room(jobs.len() * 256);
        jobs.iter().for_each(|job| job_row(&mut rows, job, now));
        document = rows.finish();
    }
    Err(Error::new(ErrorKind::Busy, "somebody else stores the same jobs at this moment: try again"))
}

/// `[id, queue, tenant, kind, rank, tries, run at, first state, [what is rare], payload]`.
fn job_row(rows: &mut Document, job: &NewJob, now: Timestamp) {
    rows.open();
    let (run_at, state) = arrival(job, now);
    place(rows, job, run_at, state);
    rows.open();
    if has_rare(job) {
        rows.some(job.version.as_deref(), Document::text);
        rows.some(job.name.as_deref(), Document::text);
        let labels = (!job.labels.is_empty()).then(|| written(&job.labels)).flatten();
        rows.some(labels.as_deref(), Document::text);
        rows.some(job.backoff.and_then(|backoff| written(&backoff)).as_deref(), Document::text);
        let timeout = job.timeout.map(|t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX));
        rows.some(timeout, Document::number);
        rows.some(job.unique.as_ref().map(|unique| unique.key.as_str()), Document::text);
        rows.some(job.correlation_id.as_deref(), Document::text);
        rows.some(job.event_id.map(|id| id.0), Document::id);
        rows.some(job.parent_id.map(|id| id.0), Document::id);
        rows.some(job.batch.map(|(batch, _)| batch.0), Document::id);
        rows.some(job.batch.map(|(_, line)| line), Document::number);
        rows.some(job.context.as_ref().map(Payload::as_str), Document::text);
    }
    rows.shut();
    rows.text(job.payload.as_str());
    rows.shut();
}

fn place(rows: &mut Document, job: &NewJob, run_at: Timestamp, state: State) {
    rows.id(job.id.0);
    rows.text(&job.queue);
    rows.text(&job.tenant);
    rows.text(&job.kind);
    rows.number(job.priority.rank());
    rows.number(int(job.max_attempts));
    rows.time(run_at);
    rows.number(state.code());
}

fn has_rare(job: &NewJob) -> bool {
    job.version.is_some()
        || job.name.is_some()
        || !job.labels.is_empty()
        || job.backoff.is_some()
        || job.timeout.is_some()
        || job.unique.is_some()
        || job.correlation_id.is_some()
        || job.event_id.is_some()
        || job.parent_id.is_some()
        || job.batch.is_some()
        || job.context.is_some()
}

async fn queue_up(wire: &mut Wire<'_>, sql: &Sql, jobs: &[&NewJob], now: Timestamp) -> Result<()> {
    let mut rows = Document::with_room(jobs.len() * 128);
    let mut waiting = 0;
    for job in jobs {
        let (run_at, state) = arrival(job, now);
        if state == State::Held {
            continue;
        }
        waiting += 1;
        rows.open();
        place(&mut rows, job, run_at, state);
        rows.number(flags(job));
        rows.shut();
    }
    if waiting > 0 {
        wire.change(&sql.queue_up, bind![rows.finish()]?).await?;
    }
    Ok(())
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
    let holds_key =
        job.unique.as_ref().is_some_and(|unique| unique.scope == Scope::UntilTerminal);
    i16::from(holds_key)
        | i16::from(job.batch.is_some()) << 1
        | i16::from(job.correlation_id.is_some()) << 2
}

fn written(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
