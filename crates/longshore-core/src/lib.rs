//! What a job *is*: ids, states, retries, limits, filters and pages of Longshore.
//!
//! Everything here is pure, no I/O and no async; what decides takes its time and its chance from the
//! caller. Only a [new id](JobId::new) asks the host for both.
//! A reader who wants to know what may happen to a job reads [`step`], the whole state
//! machine as one function; everything else in Longshore moves rows to match its answer.

mod backoff;
mod cursor;
mod explain;
mod failure;
mod filter;
mod id;
mod invalid;
mod job;
mod json;
mod labels;
mod limits;
mod log;
mod page;
mod payload;
mod priority;
mod queue;
mod reason;
mod retention;
mod standing;
mod state;
mod step;
mod transition;
mod transition_id;
mod update;
mod week;

pub use backoff::{Backoff, DEFAULT_BACKOFF};
pub use cursor::{Cursor, InvalidCursor};
pub use explain::{Because, Circumstances, explain};
pub use failure::{Failure, FailureKind};
pub use filter::{JobFilter, TransitionFilter};
pub use id::{BatchId, EventId, InvalidId, JobId, ScheduleId, WorkerId};
pub use invalid::Invalid;
pub use job::{DEFAULT_MAX_ATTEMPTS, DEFAULT_QUEUE, DEFAULT_TENANT, Due, NewJob, Scope, Unique};
pub use json::check_json;
pub use labels::{Label, Labels};
pub use limits::{LONGEST_WAIT, Limits};
pub use log::{Log, LogBuffer, LogCap, LogLevel, LogLine};
pub use page::{DEFAULT_PAGE, Listing, MAX_PAGE, Meta, Page, Pagination};
pub use payload::Payload;
pub use priority::{InvalidPriority, Priority};
pub use queue::Lane;
pub use reason::Reason;
pub use retention::{Remains, Retention, ShortRetention};
pub use standing::Standing;
pub use state::{State, UnknownCode};
pub use step::{Command, DEFAULT_MAX_CRASHES, Illegal, Outcome, Rules, Step, step};
pub use transition::Transition;
pub use transition_id::TransitionId;
pub use update::JobUpdate;
pub use week::{InvalidWeek, Week};

/// A point in time: UTC, whole microseconds on every engine.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
