//! Storing jobs: one statement for those without unique keys and labels, a few more for the others.

use std::collections::HashSet;

use longshore_core::{Due, JobId, NewJob, Scope, Timestamp};
use longshore_store::{Enqueued, Result};
use sqlx::{SqlStr, postgres::PgArguments};
use uuid::Uuid;

use crate::{
    bind::{bind, int, micros},
    keys, labels,
    migrate::now,
    row::get,
    sql::Sql,
    wire::Wire,
};

/// Rows of one statement; a larger call takes several in one transaction. Speed is flat from 1,000 on.
const ROWS_AT_ONCE: usize = 5000;

/// Stores jobs by this insert, on a connection that is in a transaction if one statement is not enough.
pub(crate) async fn all(
    wire: &mut Wire<'_>,
    sql: &Sql,
    by: &SqlStr,
    jobs: &[NewJob],
) -> Result<Vec<Enqueued>> {
    if is_one_insert(jobs) {
        let jobs: Vec<&NewJob> = jobs.iter().collect();
        let mut created = HashSet::with_capacity(jobs.len());
        insert(wire, (sql, by), &jobs, 0, None, &mut created).await?;
        let answer = |job: &&NewJob| match created.remove(&job.id.0) {
            true => Enqueued::Created(job.id),
            false => Enqueued::Duplicate(job.id),
        };
        return Ok(jobs.iter().map(answer).collect());
    }
    several(wire, sql, by, jobs).await
}

/// Whether one statement, which commits itself, is enough for these jobs.
pub(crate) fn is_one_statement(jobs: &[NewJob]) -> bool {
    is_one_insert(jobs) && jobs.iter().all(|job| job.labels.is_empty())
}

/// Whether one statement is enough, but for the labels.
fn is_one_insert(jobs: &[NewJob]) -> bool {
    jobs.len() <= ROWS_AT_ONCE && jobs.iter().all(|job| job.unique.is_none())
}

async fn several(
    wire: &mut Wire<'_>,
    sql: &Sql,
    by: &SqlStr,
    jobs: &[NewJob],
) -> Result<Vec<Enqueued>> {
    let duplicates = keys::take(wire, sql, jobs).await?;
    // One time for the whole call, so that its jobs stay in the order of their ids.
    let now = Some(now(wire).await?);
    let (locked, free): (Vec<&NewJob>, Vec<&NewJob>) = jobs
        .iter()
        .enumerate()
        .filter(|(place, _)| !duplicates.contains_key(place))
        .map(|(_, job)| job)
        .partition(|job| holds_key_while_alive(job));
    let mut created = HashSet::with_capacity(jobs.len());
    for (jobs, flag) in [(free, 0i16), (locked, 1)] {
        for part in jobs.chunks(ROWS_AT_ONCE) {
            insert(wire, (sql, by), part, flag, now, &mut created).await?;
        }
    }
    let mut missed = Vec::new();
    let answers = jobs.iter().enumerate().map(|(place, job)| match duplicates.get(&place) {
        Some(holder) => Enqueued::Duplicate(*holder),
        None if created.remove(&job.id.0) => Enqueued::Created(job.id),
        None => {
            missed.push(job);
            Enqueued::Duplicate(job.id)
        }
    });
    let answers = answers.collect();
    keys::give_back(wire, sql, &missed).await?;
    Ok(answers)
}

/// Flag 1 of a queue row: the end of the job frees a unique key.
fn holds_key_while_alive(job: &NewJob) -> bool {
    job.unique.as_ref().is_some_and(|unique| unique.scope == Scope::UntilTerminal)
}

async fn insert(
    wire: &mut Wire<'_>,
    (sql, by): (&Sql, &SqlStr),
    jobs: &[&NewJob],
    flag: i16,
    now: Option<Timestamp>,
    created: &mut HashSet<Uuid>,
) -> Result<()> {
    let row = wire.row(by, columns(jobs, flag, now)?).await?;
    let ids: Option<Vec<Uuid>> = row.map_or(Ok(None), |row| get(&row, "ids"))?;
    let ids: HashSet<Uuid> = ids.unwrap_or_default().into_iter().collect();
    let labelled = jobs.iter().filter(|job| !job.labels.is_empty() && ids.contains(&job.id.0));
    labels::keep(wire, sql, labelled.map(|job| (job.id, &job.labels))).await?;
    created.extend(ids);
    Ok(())
}

fn columns(jobs: &[&NewJob], flag: i16, now: Option<Timestamp>) -> Result<PgArguments> {
    let labels: Vec<_> = jobs.iter().map(|job| labels::written(&job.labels)).collect();
    let backoffs: Vec<_> = jobs.iter().map(|job| job.backoff.and_then(|b| written(&b))).collect();
    bind![
        each(jobs, |job| job.id.0),
        each(jobs, |job| &*job.queue),
        each(jobs, |job| &*job.tenant),
        each(jobs, |job| &*job.kind),
        each(jobs, |job| job.priority.rank()),
        each(jobs, |job| int(job.max_attempts)),
        each(jobs, |job| job.payload.as_str()),
        some(jobs, |job| match job.due {
            Due::At(at) => Some(at),
            Due::Now | Due::In(_) => None,
        }),
        some(jobs, |job| match job.due {
            Due::In(delay) => Some(micros(delay)),
            Due::Now | Due::At(_) => None,
        }),
        some(jobs, |job| job.held.then_some(true)),
        some(jobs, |job| job.version.as_deref()),
        some(jobs, |job| job.name.as_deref()),
        some(jobs, |job| job.context.as_ref().map(longshore_core::Payload::as_str)),
        some(&labels, |text| text.as_deref()),
        some(&backoffs, |text| text.as_deref()),
        some(jobs, |job| job.timeout.map(|t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX))),
        some(jobs, |job| job.unique.as_ref().map(|unique| unique.key.as_str())),
        some(jobs, |job| job.correlation_id.as_deref()),
        some(jobs, |job| job.event_id.map(|id| id.0)),
        some(jobs, |job| job.parent_id.map(|JobId(id)| id)),
        some(jobs, |job| job.batch.map(|(batch, _)| batch.0)),
        some(jobs, |job| job.batch.map(|(_, line)| i64::from(line))),
        flag,
        now,
        some(jobs, |job| job.completes_siblings.then_some(true)),
    ]
}

fn each<'j, T, V: 'j>(items: &'j [T], value: impl Fn(&'j T) -> V) -> Vec<V> {
    items.iter().map(value).collect()
}

/// A column that may be NULL; empty if it is NULL for all, which costs nothing.
fn some<'j, T, V: 'j>(items: &'j [T], value: impl Fn(&'j T) -> Option<V>) -> Vec<Option<V>> {
    let column: Vec<Option<V>> = items.iter().map(value).collect();
    if column.iter().all(Option::is_none) { Vec::new() } else { column }
}

fn written(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
