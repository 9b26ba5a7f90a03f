//! From rows to what the roles return.

use longshore_core::{
    BatchId, EventId, Failure, JobId, Labels, Log, Payload, Priority, Reason, Standing, State,
    Timestamp, Transition, TransitionId, WorkerId,
};
use longshore_store::{
    AttemptLog, Claimed, Depth, Error, ErrorKind, JobDetail, JobRow, Progress, Result, Settled,
    WorkerFacts, WorkerRow,
};
use serde::de::DeserializeOwned;
use sqlx::{Decode, Postgres, Row, Type, postgres::PgRow};
use uuid::Uuid;

use crate::{claim::Names, error::refused};

/// From 1970 to 2000.
const MICROS_TO_2000: i64 = 946_684_800_000_000;

/// One column.
pub(crate) fn get<'r, T>(row: &'r PgRow, column: &str) -> Result<T>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    row.try_get(column).map_err(refused)
}

pub(crate) fn count(row: &PgRow, column: &str) -> Result<u64> {
    let number: i64 = get(row, column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

pub(crate) fn number(row: &PgRow, column: &str) -> Result<u32> {
    let number: i32 = get(row, column)?;
    Ok(u32::try_from(number).unwrap_or_default())
}

pub(crate) fn state(row: &PgRow, column: &str) -> Result<State> {
    let code: i32 = get(row, column)?;
    i16::try_from(code)
        .ok()
        .and_then(|code| State::try_from(code).ok())
        .ok_or_else(|| not_ours(column))
}

pub(crate) fn reason(row: &PgRow, column: &str) -> Result<Reason> {
    let code: i32 = get(row, column)?;
    i16::try_from(code)
        .ok()
        .and_then(|code| Reason::try_from(code).ok())
        .ok_or_else(|| not_ours(column))
}

pub(crate) fn priority(row: &PgRow) -> Result<Priority> {
    Priority::from_rank(get(row, "rank")?).map_err(|_| not_ours("rank"))
}

pub(crate) fn id<T: From<Uuid>>(row: &PgRow, column: &str) -> Result<Option<T>> {
    let id: Option<Uuid> = get(row, column)?;
    Ok(id.map(T::from))
}

/// A column with JSON of ours.
pub(crate) fn json<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<Option<T>> {
    let text: Option<&str> = get(row, column)?;
    text.map(serde_json::from_str).transpose().map_err(|error| not_ours(column).caused_by(error))
}

/// JSON that a job can go on without: one edited row must not stop the claims of a whole lane.
pub(crate) fn if_readable<T: DeserializeOwned>(column: &str, text: Option<&str>) -> Option<T> {
    serde_json::from_str(text?)
        .inspect_err(|error| tracing::warn!(column, %error, "a stored value is passed over"))
        .ok()
}

fn failure(row: &PgRow) -> Result<Option<Failure>> {
    let text: Option<&str> = get(row, "error")?;
    Ok(text.map(Failure::from_json))
}

fn payload(row: &PgRow, column: &str) -> Result<Option<Payload>> {
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

/// A claimed job with the place of its lane among the cursors. For speed by place, and without asking each
/// value of each row for its type (a tenth of the client's instructions in a drain): the statement is ours, and
/// the suite's `a_claimed_job_has_every_field` reads what it returns.
pub(crate) fn claimed(row: &PgRow, names: &mut Names<'_>) -> Result<(usize, Claimed)> {
    fn at<'r, T: Decode<'r, Postgres>>(row: &'r PgRow, place: usize) -> Result<T> {
        row.try_get_unchecked(place).map_err(refused)
    }
    // A timestamp is sent as microseconds since the first moment of 2000.
    let time = |place| -> Result<Timestamp> {
        let micros = at::<i64>(row, place)?.checked_add(MICROS_TO_2000);
        micros.and_then(Timestamp::from_timestamp_micros).ok_or_else(|| not_ours("a time"))
    };
    let number =
        |place| at::<i32>(row, place).map(|number| u32::try_from(number).unwrap_or_default());
    let (place, lane) = names.lane(at(row, 1)?, at(row, 2)?, at(row, 3)?);
    let labels: Option<&str> = at(row, 16)?;
    let labels: Option<Labels> = if_readable("labels", labels);
    let backoff = if_readable("backoff", at(row, 17)?);
    let timeout: Option<i64> = at(row, 18)?;
    let batch: Option<Uuid> = at(row, 20)?;
    let line: Option<i64> = at(row, 21)?;
    let event: Option<Uuid> = at(row, 19)?;
    let standing = Standing {
        state: State::Running,
        from: State::try_from(at::<i16>(row, 10)?).map_err(|_| not_ours("waiting"))?,
        attempt: number(6)?,
        last_attempt: number(7)?,
        crashes: number(8)?,
        seq: number(9)?,
    };
    let job = Claimed {
        id: JobId(at(row, 0)?),
        lane,
        due_at: time(4)?,
        kind: names.kind(at(row, 5)?),
        standing,
        claimed_at: time(11)?,
        max_attempts: number(12)?,
        created_at: time(13)?,
        payload: Payload::stored(at(row, 14)?),
        context: at::<Option<String>>(row, 15)?.map(Payload::stored),
        labels: labels.unwrap_or_default(),
        backoff,
        timeout: timeout
            .map(|ms| std::time::Duration::from_millis(u64::try_from(ms).unwrap_or_default())),
        event_id: event.map(EventId),
        batch: batch
            .zip(line)
            .map(|(batch, line)| (BatchId(batch), u32::try_from(line).unwrap_or_default())),
        siblings: at::<Option<&str>>(row, 22)?.map(Into::into),
    };
    Ok((place, job))
}

/// A job of a list.
pub(crate) fn job(row: &PgRow) -> Result<JobRow> {
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
pub(crate) fn detail(row: &PgRow) -> Result<JobDetail> {
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
pub(crate) fn log(row: &PgRow) -> Result<AttemptLog> {
    let (text, at): (&str, Timestamp) = (get(row, "log")?, get(row, "at")?);
    Ok(AttemptLog {
        attempt: number(row, "attempt")?,
        started_at: get(row, "started_at")?,
        at,
        log: Log::from_json(text, at),
    })
}

pub(crate) fn settled(row: &PgRow) -> Result<Settled> {
    Ok(Settled {
        id: JobId(get(row, "id")?),
        state: state(row, "state")?,
        progress: json(row, "progress")?,
        result: payload(row, "result")?,
        error: failure(row)?,
    })
}

pub(crate) fn transition(row: &PgRow) -> Result<Transition> {
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

pub(crate) fn depth(row: &PgRow) -> Result<Depth> {
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

pub(crate) fn worker(row: &PgRow) -> Result<WorkerRow> {
    let facts: Option<WorkerFacts> = json(row, "facts")?;
    let facts = facts.ok_or_else(|| not_ours("facts"))?;
    Ok(WorkerRow {
        facts: WorkerFacts { id: WorkerId(get(row, "id")?), ..facts },
        started_at: get::<Timestamp>(row, "started_at")?,
        seen_at: get(row, "seen_at")?,
        running: u32::try_from(count(row, "running")?).unwrap_or(u32::MAX),
    })
}
