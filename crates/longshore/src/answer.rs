//! What somebody who waited for a job learns.

use longshore_core::{Failure, JobId, Payload, State};
use longshore_store::{Error, ErrorKind, Progress, Result, Settled};
use serde::de::DeserializeOwned;

/// What became of a job, or how far it has come.
///
/// A job that failed for good is [`Answer::Discarded`] and never "try later": only
/// [`Answer::Pending`] may still change, unless an operator retries a dead letter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// Not over yet: ask again.
    Pending {
        /// The job.
        id: JobId,
        /// Where it stands.
        state: State,
        /// How far its handler has come, if it says so.
        progress: Option<Progress>,
        /// Why the last try failed, if one did.
        error: Option<Failure>,
    },
    /// Done.
    Completed {
        /// The job.
        id: JobId,
        /// What its handler returned, if anything.
        result: Option<Payload>,
    },
    /// Called off.
    Cancelled {
        /// The job.
        id: JobId,
    },
    /// Given up: a dead letter.
    Discarded {
        /// The job.
        id: JobId,
        /// Why the last try failed.
        error: Option<Failure>,
    },
}

impl Answer {
    /// The job.
    #[must_use]
    pub fn id(&self) -> JobId {
        match self {
            Self::Pending { id, .. }
            | Self::Completed { id, .. }
            | Self::Cancelled { id }
            | Self::Discarded { id, .. } => *id,
        }
    }

    /// The result of a completed job, as the type that its handler returned. `()` and `Option` read
    /// from a job that returned nothing.
    ///
    /// ```
    /// use longshore::{Answer, ErrorKind, JobId, Payload};
    /// # fn main() -> longshore::Result {
    /// let result = Some(Payload::parse("42")?);
    /// let answer = Answer::Completed { id: JobId::new(), result };
    /// assert_eq!(answer.result::<u64>()?, 42);
    ///
    /// let cancelled = Answer::Cancelled { id: JobId::new() };
    /// assert_eq!(cancelled.result::<u64>().unwrap_err().kind(), ErrorKind::Conflict);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the job did not complete, with what became of it;
    /// [`ErrorKind::Invalid`] if its result is of another type.
    pub fn result<T: DeserializeOwned>(&self) -> Result<T> {
        match self {
            Self::Completed { result, id } => {
                let text = result.as_ref().map_or("null", Payload::as_str);
                serde_json::from_str(text).map_err(|error| {
                    let message = format!("the result of job {id} is of another type");
                    Error::new(ErrorKind::Invalid, message).caused_by(error)
                })
            }
            other => Err(Error::new(ErrorKind::Conflict, other.why_no_result())),
        }
    }

    fn why_no_result(&self) -> String {
        match self {
            Self::Pending { id, state, .. } => format!("job {id} is {state}: wait longer"),
            Self::Completed { id, .. } => format!("job {id} is completed"),
            Self::Cancelled { id } => format!("job {id} was cancelled"),
            Self::Discarded { id, error: Some(error) } => {
                format!("job {id} was discarded: {error}")
            }
            Self::Discarded { id, error: None } => format!("job {id} was discarded"),
        }
    }
}

impl From<Settled> for Answer {
    fn from(Settled { id, state, progress, result, error }: Settled) -> Self {
        match state {
            State::Completed => Self::Completed { id, result },
            State::Cancelled => Self::Cancelled { id },
            State::Discarded => Self::Discarded { id, error },
            state => Self::Pending { id, state, progress, error },
        }
    }
}
