//! From rows to what lists and look-ups show.

use std::collections::HashMap;

use longshore_core::{Backoff, Failure, JobId, Labels, Log, Payload, Transition, TransitionId};
use longshore_store::{
    AttemptLog, Depth, JobDetail, JobRow, Progress, QueueRow, Result, Settled, WorkerFacts,
    WorkerRow,
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::row::Row;

/// A job as a list shows it.
pub(crate) fn job(row: &SqliteRow) -> Result<JobRow> {
    Ok(JobRow {
        id: JobId(row.take::<Uuid>("id")?),
        tenant: row.take("tenant")?,
        queue: row.take("queue")?,
        kind: row.take("kind")?,
        name: row.take("name")?,
        priority: row.priority()?,
        state: row.state("state")?,
        reason: row.reason("reason")?,
        attempt: row.take("attempt")?,
        max_attempts: row.take("max_attempts")?,
        created_at: row.time("created_at")?,
        due_at: row.time_if_any("due_at")?,
        started_at: row.time_if_any("started_at")?,
        changed_at: row.time("changed_at")?,
        error: error(row)?,
    })
}

/// A job with everything.
pub(crate) fn detail(row: &SqliteRow) -> Result<JobDetail> {
    Ok(JobDetail {
        row: job(row)?,
        version: row.take("version")?,
        payload: Payload::stored(row.take("payload")?),
        context: row.take::<Option<String>>("context")?.map(Payload::stored),
        labels: row.json::<Labels>("labels")?.unwrap_or_default(),
        backoff: row.json::<Backoff>("backoff")?,
        timeout_ms: row.take("timeout_ms")?,
        unique_key: row.take("unique_key")?,
        correlation_id: row.take("correlation_id")?,
        completes_siblings: row.take::<Option<bool>>("completes_siblings")?.unwrap_or_default(),
        event_id: row.id_if_any("event_id")?,
        parent_id: row.id_if_any("parent_id")?,
        batch_id: row.id_if_any("batch_id")?,
        line: row.take("line")?,
        last_attempt: row.take("last_attempt")?,
        worker_id: row.id_if_any("worker_id")?,
        lease_until: row.time_if_any("lease_until")?,
        progress: row.json::<Progress>("progress")?,
        result: row.take::<Option<String>>("result")?.map(Payload::stored),
    })
}

/// What a closed attempt said.
pub(crate) fn log(row: &SqliteRow) -> Result<AttemptLog> {
    let (text, at): (String, _) = (row.take("log")?, row.time("at")?);
    Ok(AttemptLog {
        attempt: row.take("attempt")?,
        started_at: row.time("started_at")?,
        at,
        log: Log::from_json(&text, at),
    })
}

/// How far a job has come.
pub(crate) fn settled(row: &SqliteRow) -> Result<Settled> {
    Ok(Settled {
        id: JobId(row.take::<Uuid>("id")?),
        state: row.state("state")?,
        progress: row.json::<Progress>("progress")?,
        result: row.take::<Option<String>>("result")?.map(Payload::stored),
        error: error(row)?,
    })
}

/// One state change.
pub(crate) fn transition(row: &SqliteRow) -> Result<Transition> {
    let job_id = JobId(row.take::<Uuid>("job_id")?);
    let before = row.take::<Option<i16>>("state_before")?;
    Ok(Transition {
        id: TransitionId { job: job_id, ordinal: row.take("ordinal")? },
        job_id,
        event_id: row.id_if_any("event_id")?,
        seq: row.take("seq")?,
        attempt: row.take("attempt")?,
        state_before: before.map(crate::row::state).transpose()?,
        state_after: row.state("state_after")?,
        reason: row.reason("reason")?,
        worker_id: row.id_if_any("worker_id")?,
        error: error(row)?,
        at: row.time("at")?,
    })
}

/// A sample of a queue.
pub(crate) fn depth(row: &SqliteRow) -> Result<Depth> {
    let number = |column| row.take::<i64>(column).map(i64::unsigned_abs);
    Ok(Depth {
        queue: row.take("queue")?,
        available: number("available")?,
        scheduled: number("scheduled")?,
        retryable: number("retryable")?,
        running: number("running")?,
        dead: number("dead")?,
        oldest_due_at: row.time_if_any("oldest_due_at")?,
        sampled_at: row.time("sampled_at")?,
    })
}

/// A queue, with its sample if there is one.
pub(crate) fn queue(row: &SqliteRow) -> Result<QueueRow> {
    let sampled = row.take::<Option<i64>>("sampled_at")?.is_some();
    Ok(QueueRow {
        queue: row.take("queue")?,
        paused_since: row.time_if_any("paused_since")?,
        depth: sampled.then(|| depth(row)).transpose()?,
    })
}

/// A worker process.
pub(crate) fn worker(row: &SqliteRow) -> Result<WorkerRow> {
    let facts = row.json::<WorkerFacts>("facts")?;
    let missing = || crate::fault::unreadable("worker", "it has no facts");
    Ok(WorkerRow {
        facts: facts.ok_or_else(missing)?,
        started_at: row.time("started_at")?,
        seen_at: row.time("seen_at")?,
        running: row.take("running")?,
    })
}

/// The answers in the order of the ids; `None` where there is none.
pub(crate) fn in_order<T: Clone>(
    ids: &[JobId],
    found: impl IntoIterator<Item = (JobId, T)>,
) -> Vec<Option<T>> {
    let found: HashMap<JobId, T> = found.into_iter().collect();
    ids.iter().map(|id| found.get(id).cloned()).collect()
}

fn error(row: &SqliteRow) -> Result<Option<Failure>> {
    Ok(row.take::<Option<String>>("error")?.as_deref().map(Failure::from_json))
}
