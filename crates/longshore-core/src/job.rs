//! A job as somebody asks for it.

use std::{sync::Arc, time::Duration};

use crate::{Backoff, BatchId, EventId, JobId, Labels, Lane, Payload, Priority, State, Timestamp};

/// The queue of jobs that name none.
pub const DEFAULT_QUEUE: &str = "default";
/// The tenant of jobs that name none.
pub const DEFAULT_TENANT: &str = "default";
/// Total tries of jobs that name none: with the default backoff they span four to five hours.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 20;

/// When a job may start. The database's clock decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Due {
    /// At once.
    #[default]
    Now,
    /// So long after the database stores it.
    In(Duration),
    /// At this time.
    At(Timestamp),
}

/// How long a unique key stays taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Until its job is completed, cancelled or discarded.
    #[default]
    UntilTerminal,
    /// For so long after the enqueue, whatever becomes of the job.
    For(Duration),
    /// For ever.
    Forever,
}

/// At most one job per (tenant, key) within the scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    /// The key, 1 to 512 bytes, compared byte by byte.
    pub key: String,
    /// For how long.
    pub scope: Scope,
}

/// A job to be stored. Any combination of values is checked by [`Limits`](crate::Limits).
///
/// ```
/// use longshore_core::{NewJob, Payload, Priority};
/// let job = NewJob {
///     priority: Priority::HIGHEST,
///     payload: Payload::of(&serde_json::json!({"to": "ada@example.com"}))?,
///     ..NewJob::of_kind("send_email")
/// };
/// assert_eq!(&*job.queue, "default");
/// # Ok::<(), longshore_core::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Made here, so that an enqueue whose answer was lost can be repeated and stays one job.
    pub id: JobId,
    /// Owner, for fairness and filtering.
    pub tenant: Arc<str>,
    /// The line it stands in.
    pub queue: Arc<str>,
    /// Its type; decides which handler runs it.
    pub kind: Arc<str>,
    /// Version of the payload's form.
    pub version: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// What the handler gets.
    pub payload: Payload,
    /// What travels along: trace context, user …
    pub context: Option<Payload>,
    /// What people and handlers know it by.
    pub labels: Labels,
    /// How urgent.
    pub priority: Priority,
    /// When.
    pub due: Due,
    /// Total tries.
    pub max_attempts: u32,
    /// Wait between tries; `None`: the default.
    pub backoff: Option<Backoff>,
    /// Longest run; `None`: the worker's default.
    pub timeout: Option<Duration>,
    /// At most one of this key.
    pub unique: Option<Unique>,
    /// Ties jobs together that wait for the same thing.
    pub correlation_id: Option<String>,
    /// When it completes, other waiting jobs of its tenant and correlation id are completed with it,
    /// without a run. Running, held and dead ones are left alone.
    pub completes_siblings: bool,
    /// The event it came from.
    pub event_id: Option<EventId>,
    /// The job it follows from.
    pub parent_id: Option<JobId>,
    /// The batch it is a row of, and its line in the input (from 1).
    pub batch: Option<(BatchId, u32)>,
    /// Held until released.
    pub held: bool,
}

impl NewJob {
    /// A job of a kind with everything else as it is by default.
    #[must_use]
    pub fn of_kind(kind: impl Into<Arc<str>>) -> Self {
        Self {
            id: JobId::new(),
            tenant: DEFAULT_TENANT.into(),
            queue: DEFAULT_QUEUE.into(),
            kind: kind.into(),
            version: None,
            name: None,
            payload: Payload::default(),
            context: None,
            labels: Labels::new(),
            priority: Priority::default(),
            due: Due::Now,
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            backoff: None,
            timeout: None,
            unique: None,
            correlation_id: None,
            completes_siblings: false,
            event_id: None,
            parent_id: None,
            batch: None,
            held: false,
        }
    }

    /// Where it will stand in line.
    #[must_use]
    pub fn lane(&self) -> Lane {
        Lane { queue: self.queue.clone(), tenant: self.tenant.clone(), priority: self.priority }
    }

    /// The correlation id whose waiting jobs end when this one completes.
    #[must_use]
    pub fn siblings(&self) -> Option<Arc<str>> {
        let correlation = self.correlation_id.as_deref().filter(|_| self.completes_siblings);
        correlation.map(Arc::from)
    }

    /// The state it arrives in, seen from a database whose clock says `now`.
    #[must_use]
    pub fn first_state(&self, now: Timestamp) -> State {
        match self.due {
            _ if self.held => State::Held,
            Due::Now => State::Available,
            Due::In(delay) if delay.is_zero() => State::Available,
            Due::At(at) if at <= now => State::Available,
            Due::In(_) | Due::At(_) => State::Scheduled,
        }
    }
}
