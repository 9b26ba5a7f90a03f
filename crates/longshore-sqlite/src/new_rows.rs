//! New jobs, checked and written as JSON by whoever enqueues them, so that the writer only joins texts.
//!
//! Jobs of one call mostly differ in id and payload alone. What they share travels once, as a *form*:
//! a row names its form by number. That halves the JSON that SQLite has to take apart.

use std::collections::HashMap;

use longshore_core::{Due, JobId, Lane, Limits, NewJob, Scope, Timestamp};
use longshore_store::{Hint, HintBoard, Result};
use serde::Serialize;
use uuid::fmt::Simple;

use crate::clock;

/// Checked jobs, ready to be stored.
pub(crate) struct NewRows {
    pub(crate) forms: Vec<String>,
    pub(crate) rows: Vec<NewRow>,
    /// For each row its payload as a JSON string, then the rest of its list, if it has any.
    pub(crate) texts: Vec<u8>,
    /// Whether any job has a unique key.
    pub(crate) keyed: bool,
    /// Whether any job has labels.
    pub(crate) labelled: bool,
    /// Whether no job has anything for itself but id and payload.
    pub(crate) plain: bool,
    due_lanes: Vec<Lane>,
}

/// One job of them.
pub(crate) struct NewRow {
    pub(crate) id: JobId,
    /// The number of its form.
    pub(crate) form: usize,
    /// Where its payload ends.
    pub(crate) payload_end: usize,
    /// Where the rest of it ends.
    pub(crate) end: usize,
}

/// What jobs of one form share.
#[derive(Serialize)]
struct Form<'a>(
    &'a str,
    &'a str,
    &'a str,
    Option<&'a str>,
    i16,
    Option<i64>,
    i64,
    u32,
    Option<String>,
    Option<u64>,
    bool,
    Option<Simple>,
    Option<Simple>,
    Option<&'a str>,
    Option<Simple>,
    Option<bool>,
);

/// What a job has for itself.
#[derive(Serialize)]
struct Rest<'a>(
    Option<&'a str>,
    Option<String>,
    Option<&'a str>,
    Option<&'a str>,
    Option<u8>,
    Option<i64>,
    Option<u32>,
);

impl NewRows {
    /// Checks jobs and writes them down.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](longshore_store::ErrorKind::Invalid) for the first job that breaks a limit.
    pub(crate) fn of(jobs: &[NewJob], limits: &Limits) -> Result<Self> {
        for job in jobs {
            limits.check(job)?;
        }
        let now = clock::timestamp(clock::now());
        let mut rows = Self {
            forms: Vec::new(),
            rows: Vec::with_capacity(jobs.len()),
            texts: Vec::new(),
            plain: true,
            labelled: jobs.iter().any(|job| !job.labels.is_empty()),
            keyed: jobs.iter().any(|job| job.unique.is_some()),
            due_lanes: Vec::new(),
        };
        let mut known = HashMap::new();
        let mut before: Option<&NewJob> = None;
        for job in jobs {
            let form = match (before, rows.rows.last()) {
                (Some(other), Some(row)) if same_form(other, job) => row.form,
                _ => rows.form(job, now, &mut known)?,
            };
            before = Some(job);
            write(&mut rows.texts, job.payload.as_str())?;
            let payload_end = rows.texts.len();
            rows.write_rest(job)?;
            let end = rows.texts.len();
            rows.plain &= end == payload_end;
            rows.rows.push(NewRow { id: job.id, form, payload_end, end });
        }
        Ok(rows)
    }

    /// Jobs in it.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tells who listens that there is due work.
    pub(crate) fn hint(&self, board: &HintBoard) {
        self.due_lanes.iter().for_each(|lane| board.post(Hint::Lane(lane.clone())));
    }

    /// The number of a job's form.
    fn form(
        &mut self,
        job: &NewJob,
        now: Timestamp,
        known: &mut HashMap<String, usize>,
    ) -> Result<usize> {
        let text = write_form(job)?;
        if let Some(form) = known.get(&text) {
            return Ok(*form);
        }
        let lane = job.lane();
        let due = job.first_state(now) == longshore_core::State::Available;
        if due && !self.due_lanes.contains(&lane) {
            self.due_lanes.push(lane);
        }
        known.insert(text.clone(), self.forms.len());
        self.forms.push(text);
        Ok(self.forms.len() - 1)
    }

    fn write_rest(&mut self, job: &NewJob) -> Result<()> {
        let out = &mut self.texts;
        let line = job.batch.map(|(_, line)| line);
        let plain = job.name.is_none()
            && job.labels.is_empty()
            && job.correlation_id.is_none()
            && job.unique.is_none()
            && line.is_none();
        if plain {
            return Ok(());
        }
        let labels = if job.labels.is_empty() { None } else { Some(text(&job.labels)?) };
        let scope = job.unique.as_ref().map(|unique| unique.scope);
        let (scope, window) = match scope {
            None => (None, None),
            Some(Scope::UntilTerminal) => (Some(0), None),
            Some(Scope::For(window)) => (Some(1), Some(clock::micros(window))),
            Some(Scope::Forever) => (Some(2), None),
        };
        let key = job.unique.as_ref().map(|unique| unique.key.as_str());
        let rest = Rest(
            job.name.as_deref(),
            labels,
            job.correlation_id.as_deref(),
            key,
            scope,
            window,
            line,
        );
        // The list goes on: its opening bracket becomes the comma, its closing one is the row's.
        let begin = out.len();
        write(out, &rest)?;
        out[begin] = b',';
        out.pop();
        Ok(())
    }
}

fn same_form(a: &NewJob, b: &NewJob) -> bool {
    a.queue == b.queue
        && a.kind == b.kind
        && a.tenant == b.tenant
        && a.version == b.version
        && a.context == b.context
        && a.priority == b.priority
        && a.due == b.due
        && a.max_attempts == b.max_attempts
        && a.backoff == b.backoff
        && a.timeout == b.timeout
        && a.event_id == b.event_id
        && a.parent_id == b.parent_id
        && a.batch.map(|(batch, _)| batch) == b.batch.map(|(batch, _)| batch)
        && a.held == b.held
        && a.completes_siblings == b.completes_siblings
}

fn write_form(job: &NewJob) -> Result<String> {
    let (run_at, delay) = match job.due {
        Due::Now => (None, 0),
        Due::In(delay) => (None, clock::micros(delay)),
        Due::At(at) => (Some(at.timestamp_micros()), 0),
    };
    text(&Form(
        &job.tenant,
        &job.queue,
        &job.kind,
        job.version.as_deref(),
        job.priority.rank(),
        run_at,
        delay,
        job.max_attempts,
        job.backoff.as_ref().map(text).transpose()?,
        job.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
        job.held,
        job.event_id.map(|id| id.0.simple()),
        job.parent_id.map(|id| id.0.simple()),
        job.context.as_ref().map(longshore_core::Payload::as_str),
        job.batch.map(|(batch, _)| batch.0.simple()),
        job.completes_siblings.then_some(true),
    ))
}

fn text(value: &impl Serialize) -> Result<String> {
    let mut out = Vec::new();
    write(&mut out, value)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|error| crate::fault::unreadable("job", error))
}
