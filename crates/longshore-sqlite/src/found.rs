//! What a claim found: jobs that come as one text, for each row and each column of its own would cost more than
//! it takes to find them.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use longshore_core::{Backoff, BatchId, EventId, JobId, Labels, Payload, Standing, State};
use longshore_store::{Claimed, CursorAt, Result};
use serde::Deserialize;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{clock, fault, row};

const LARGE: &str = include_str!("../sql/consume/claim_large.sql");

/// A job with the number of the cursor that found it.
pub(crate) struct Found {
    pub(crate) cursor: usize,
    pub(crate) job: Claimed,
    /// Whether its payload, and what few jobs have, is still to come.
    is_large: bool,
}

/// As `claim.sql` lists them.
#[derive(Deserialize)]
struct Row<'a>(
    usize,
    Uuid,
    i64,
    #[serde(borrow)] Cow<'a, str>,
    u32,
    u32,
    u32,
    u32,
    i16,
    i64,
    u32,
    Option<String>,
    #[serde(borrow)] Option<Cow<'a, str>>,
);

/// What few jobs have: context, labels, backoff, time-out, event, batch, line, the siblings to complete.
#[derive(Default, Deserialize)]
struct Rest(
    Option<String>,
    Option<String>,
    Option<String>,
    Option<u64>,
    Option<String>,
    Option<String>,
    Option<u32>,
    Option<Arc<str>>,
);

/// Reads the jobs that these cursors found.
pub(crate) fn jobs(text: &str, cursors: &[CursorAt], now: i64) -> Result<Vec<Found>> {
    let rows: Vec<Row<'_>> =
        serde_json::from_str(text).map_err(|error| fault::unreadable("jobs", error))?;
    let mut names = HashMap::new();
    rows.into_iter().map(|row| found(row, cursors, now, &mut names)).collect()
}

fn found<'a>(
    row: Row<'a>,
    cursors: &[CursorAt],
    now: i64,
    names: &mut HashMap<Cow<'a, str>, Arc<str>>,
) -> Result<Found> {
    let Row(cursor, id, due_at, kind, attempt, last_attempt, crashes, seq, waiting, ..) = row;
    let Row(.., created_at, max_attempts, payload, rest) = row;
    // One allocation for each kind, not for each job.
    let kind = names.entry(kind).or_insert_with_key(|kind| (&**kind).into()).clone();
    let (is_large, payload) = (payload.is_none(), payload.unwrap_or_default());
    let mut job = Claimed {
        id: JobId(id),
        lane: cursors[cursor].lane.clone(),
        kind,
        standing: Standing {
            state: State::Running,
            from: row::state(waiting)?,
            attempt: attempt + 1,
            last_attempt,
            crashes,
            seq,
        },
        max_attempts,
        due_at: clock::timestamp(due_at),
        claimed_at: clock::timestamp(now),
        created_at: clock::timestamp(created_at),
        payload: Payload::stored(payload),
        context: None,
        labels: Labels::default(),
        backoff: None,
        timeout: None,
        event_id: None,
        batch: None,
        siblings: None,
    };
    if let Some(rest) = rest {
        add(&mut job, &rest)?;
    }
    Ok(Found { cursor, job, is_large })
}

/// Adds what few jobs have.
fn add(job: &mut Claimed, rest: &str) -> Result<()> {
    let rest = serde_json::from_str(rest).map_err(|error| fault::unreadable("job", error))?;
    let Rest(context, labels, backoff, timeout_ms, event_id, batch_id, line, siblings) = rest;
    job.context = context.map(Payload::stored);
    job.labels =
        row::of_json_if_readable::<Labels>("labels", labels.as_deref()).unwrap_or_default();
    job.backoff = row::of_json_if_readable::<Backoff>("backoff", backoff.as_deref());
    job.timeout = timeout_ms.map(std::time::Duration::from_millis);
    job.event_id = row::id_of_hex(event_id.as_deref())?.map(EventId);
    job.batch = row::id_of_hex(batch_id.as_deref())?.map(BatchId).zip(line);
    job.siblings = siblings;
    Ok(())
}

/// Brings what large jobs came without.
pub(crate) async fn complete(connection: &mut SqliteConnection, found: &mut [Found]) -> Result<()> {
    let large = found.iter_mut().filter(|found| found.is_large);
    let mut large: HashMap<JobId, &mut Claimed> =
        large.map(|found| (found.job.id, &mut found.job)).collect();
    if large.is_empty() {
        return Ok(());
    }
    let asking = sqlx::query(LARGE).bind(row::ids(large.keys().map(|id| id.0)));
    for row in asking.fetch_all(connection).await.map_err(fault::error)? {
        if let Some(job) = large.get_mut(&JobId(row::at(&row, 0)?)) {
            job.payload = Payload::stored(row::at(&row, 1)?);
            add(job, row::at(&row, 2)?)?;
        }
    }
    Ok(())
}
