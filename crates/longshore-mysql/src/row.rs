//! From rows to what the roles return.

use std::{sync::Arc, time::Duration};

use longshore_core::{
    BatchId, EventId, Failure, JobId, Labels, Lane, Log, Payload, Priority, Reason, Standing,
    State, Timestamp, Transition, TransitionId, WorkerId,
};
use longshore_store::{
    AttemptLog, Claimed, Depth, Error, ErrorKind, JobDetail, JobRow, Progress, Result, Settled,
    WorkerFacts, WorkerRow,
};
use serde::de::DeserializeOwned;
use sqlx::{ColumnIndex, Decode, MySql, Row, mysql::MySqlRow};
use uuid::Uuid;

use crate::error::refused;

/// One column, by name or by place.
///
/// The driver would refuse to read names and keys as text, because the server stores them as bytes; and
/// the width of a number that an expression gives differs between servers.
pub(crate) fn get<'r, T>(row: &'r MySqlRow, column: impl ColumnIndex<MySqlRow>) -> Result<T>
where
    T: Decode<'r, MySql>,
{
    row.try_get_unchecked(column).map_err(refused)
}

pub(crate) fn count(row: &MySqlRow, column: &str) -> Result<u64> {
    let number: i64 = get(row, column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

pub(crate) fn number(row: &MySqlRow, column: &str) -> Result<u32> {
    let number: i32 = get(row, column)?;
    Ok(u32::try_from(number).unwrap_or_default())
}

pub(crate) fn state(row: &MySqlRow, column: &str) -> Result<State> {
    let code: i32 = get(row, column)?;
    i16::try_from(code)
        .ok()
        .and_then(|code| State::try_from(code).ok())
        .ok_or_else(|| not_ours(column))
}

pub(crate) fn reason(row: &MySqlRow, column: &str) -> Result<Reason> {
    let code: i32 = get(row, column)?;
    i16::try_from(code)
        .ok()
        .and_then(|code| Reason::try_from(code).ok())
        .ok_or_else(|| not_ours(column))
}

pub(crate) fn priority(row: &MySqlRow) -> Result<Priority> {
    Priority::from_rank(get(row, "rank")?).map_err(|_| not_ours("rank"))
}

pub(crate) fn id<T: From<Uuid>>(row: &MySqlRow, column: &str) -> Result<Option<T>> {
    let id: Option<Uuid> = get(row, column)?;
    Ok(id.map(T::from))
}

/// A column with JSON of ours.
pub(crate) fn json<T: DeserializeOwned>(row: &MySqlRow, column: &str) -> Result<Option<T>> {
    let text: Option<&str> = get(row, column)?;
    text.map(serde_json::from_str).transpose().map_err(|error| not_ours(column).caused_by(error))
}

/// JSON that a job can go on without: one edited row must not stop the claims of a whole lane.
pub(crate) fn if_readable<T: DeserializeOwned>(column: &str, text: Option<&str>) -> Option<T> {
    serde_json::from_str(text?)
        .inspect_err(|error| tracing::warn!(column, %error, "a stored value is passed over"))
        .ok()
}

fn failure(row: &MySqlRow) -> Result<Option<Failure>> {
    let text: Option<&str> = get(row, "error")?;
    Ok(text.map(Failure::from_json))
}

fn payload(row: &MySqlRow, column: &str) -> Result<Option<Payload>> {
    let text: Option<String> = get(row, column)?;
    Ok(text.map(Payload::stored))
}

fn not_ours(column: &str) -> Error {
    let message = format!(
        "column `{column}` holds what this version of Longshore does not write: was the row edited by hand, \
         or is a newer version at work?"
    );
    Error::new(ErrorKind::Internal, message)
}

/// A claimed job. Columns by place, for speed.
pub(crate) fn claimed(
    row: &MySqlRow,
    lane: Lane,
    kind: impl FnOnce(&str) -> Arc<str>,
    claimed_at: Timestamp,
) -> Result<Claimed> {
    let number = |place: usize| {
        get::<i32>(row, place).map(|number| u32::try_from(number).unwrap_or_default())
    };
    let from = State::try_from(get::<i16>(row, 7)?).map_err(|_| not_ours("waiting"))?;
    let labels: Option<Labels> = if_readable("labels", get(row, 12)?);
    let timeout: Option<i64> = get(row, 14)?;
    let event: Option<Uuid> = get(row, 15)?;
    let batch: Option<Uuid> = get(row, 16)?;
    let line: Option<i64> = get(row, 17)?;
    Ok(Claimed {
        id: JobId(get(row, 0)?),
        lane,
        due_at: get(row, 1)?,
        kind: kind(get(row, 2)?),
        standing: Standing {
            state: State::Running,
            from,
            attempt: number(3)?.saturating_add(1),
            last_attempt: number(4)?,
            crashes: number(5)?,
            seq: number(6)?,
        },
        claimed_at,
        max_attempts: number(8)?,
        created_at: get(row, 9)?,
        payload: Payload::stored(get(row, 10)?),
        context: get::<Option<String>>(row, 11)?.map(Payload::stored),
        labels: labels.unwrap_or_default(),
        backoff: if_readable("backoff", get(row, 13)?),
        timeout: timeout.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or_default())),
        event_id: event.map(EventId),
        batch: batch
            .zip(line)
            .map(|(batch, line)| (BatchId(batch), u32::try_from(line).unwrap_or_default())),
        siblings: get::<Option<&str>>(row, 18)?.map(Into::into),
    })
}

/// A job of a list.
pub(crate) fn job(row: &MySqlRow) -> Result<JobRow> {
    Ok(JobRow {
        id: JobId(get(row, "id")?),
        tenant: get(row, "tenant")?,
        queue: get(row, "queue")?,
        kind: get(row, "kind")?,
        name: get(row, "name")?,
        priority: priority(row)?,
        state: state(row, "state")?,
        reason: reason(row, "reason")?,
        attempt: number(row, "attempt")?,
        max_attempts: number(row, "max_attempts")?,
        created_at: get(row, "created_at")?,
        due_at: get(row, "due_at")?,
        started_at: get(row, "started_at")?,
        changed_at: get(row, "changed_at")?,
        error: failure(row)?,
    })
}

/// A job with everything.
pub(crate) fn detail(row: &MySqlRow) -> Result<JobDetail> {
    let timeout: Option<i64> = get(row, "timeout_ms")?;
    let line: Option<i64> = get(row, "line")?;
    Ok(JobDetail {
        row: job(row)?,
        version: get(row, "version")?,
        payload: payload(row, "payload")?.unwrap_or_default(),
        context: payload(row, "context")?,
        labels: json(row, "labels")?.unwrap_or_default(),
        backoff: json(row, "backoff")?,
        timeout_ms: timeout.and_then(|ms| u64::try_from(ms).ok()),
        unique_key: get(row, "unique_key")?,
        correlation_id: get(row, "correlation_id")?,
        completes_siblings: get::<Option<bool>>(row, "completes_siblings")?.unwrap_or_default(),
        event_id: id(row, "event_id")?,
        parent_id: id(row, "parent_id")?,
        batch_id: id(row, "batch_id")?,
        line: line.and_then(|line| u32::try_from(line).ok()),
        last_attempt: number(row, "last_attempt")?,
        worker_id: id(row, "worker_id")?,
        lease_until: get(row, "lease_until")?,
        progress: json::<Progress>(row, "progress")?,
        result: payload(row, "result")?,
    })
}

/// What a closed attempt said.
pub(crate) fn log(row: &MySqlRow) -> Result<AttemptLog> {
    let (text, at): (&str, Timestamp) = (get(row, "log")?, get(row, "at")?);
    Ok(AttemptLog {
        attempt: number(row, "attempt")?,
        started_at: get(row, "started_at")?,
        at,
        log: Log::from_json(text, at),
    })
}

pub(crate) fn settled(row: &MySqlRow) -> Result<Settled> {
    Ok(Settled {
        id: JobId(get(row, "id")?),
        state: state(row, "state")?,
        progress: json(row, "progress")?,
        result: payload(row, "result")?,
        error: failure(row)?,
    })
}

pub(crate) fn transition(row: &MySqlRow) -> Result<Transition> {
    let ordinal: i64 = get(row, "ordinal")?;
    let job = JobId(get(row, "job_id")?);
    let before: Option<i32> = get(row, "state_before")?;
    Ok(Transition {
        id: TransitionId { job, ordinal: u32::try_from(ordinal).map_err(|_| not_ours("seq"))? },
        job_id: job,
        event_id: id(row, "event_id")?,
        seq: number(row, "seq")?,
        attempt: number(row, "attempt")?,
        state_before: before.map(|_| state(row, "state_before")).transpose()?,
        state_after: state(row, "state_after")?,
        reason: reason(row, "reason")?,
        worker_id: id(row, "worker_id")?,
        error: failure(row)?,
        at: get(row, "at")?,
    })
}

pub(crate) fn depth(row: &MySqlRow) -> Result<Depth> {
    Ok(Depth {
        queue: get(row, "queue")?,
        available: count(row, "available")?,
        scheduled: count(row, "scheduled")?,
        retryable: count(row, "retryable")?,
        running: count(row, "running")?,
        dead: count(row, "dead")?,
        oldest_due_at: get(row, "oldest_due_at")?,
        sampled_at: get(row, "sampled_at")?,
    })
}

pub(crate) fn worker(row: &MySqlRow) -> Result<WorkerRow> {
    let facts: Option<WorkerFacts> = json(row, "facts")?;
    let facts = facts.ok_or_else(|| not_ours("facts"))?;
    Ok(WorkerRow {
        facts: WorkerFacts { id: WorkerId(get(row, "id")?), ..facts },
        started_at: get::<Timestamp>(row, "started_at")?,
        seen_at: get(row, "seen_at")?,
        running: u32::try_from(count(row, "running")?).unwrap_or(u32::MAX),
    })
}
