//! The error of a handler: what went wrong, and what the handler wishes to follow from it.

use std::{error::Error as StdError, fmt, time::Duration};

use longshore_core::{Failure, FailureKind};

type BoxError = Box<dyn StdError + Send + Sync>;

/// What handlers and workers return.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why a handler did not complete its job.
///
/// Any error becomes one by `?`, and then means *try again, as the job's policy says*. The
/// constructors say otherwise.
///
/// ```
/// use std::time::Duration;
/// use longshore_worker::{Error, Result};
///
/// async fn charge(cents: &str) -> Result {
///     let cents: u32 = cents.parse()?; // try again by policy
///     match cents {
///         0 => Err(Error::discard("nothing to charge")),
///         1..100 => Err(Error::retry_in(Duration::from_secs(60), "the bank is asleep")),
///         _ => Ok(()),
///     }
/// }
/// ```
pub struct Error {
    wish: Wish,
    kind: FailureKind,
    source: BoxError,
}

/// What should follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Retry,
    RetryIn(Duration),
    Snooze(Duration),
    Discard,
    Decline,
    Cancel,
}

impl Error {
    /// It failed: try again after so long instead of what the policy says. The attempt counts.
    pub fn retry_in(delay: Duration, error: impl Into<BoxError>) -> Self {
        Self::wishing(Wish::RetryIn(delay), error)
    }

    /// It can never succeed: the job becomes a dead letter now.
    pub fn discard(error: impl Into<BoxError>) -> Self {
        Self::wishing(Wish::Discard, error)
    }

    /// It failed and the handler declines another try: a dead letter with the reason `declined`.
    pub fn decline(error: impl Into<BoxError>) -> Self {
        Self::wishing(Wish::Decline, error)
    }

    /// Nothing failed, but it is too early: run it again after so long. The attempt does not count.
    #[must_use]
    pub fn snooze(delay: Duration) -> Self {
        Self::wishing(Wish::Snooze(delay), format!("snoozed for {delay:?}"))
    }

    /// Call the job off: it ends as cancelled.
    pub fn cancel(message: impl Into<String>) -> Self {
        Self::wishing(Wish::Cancel, message.into())
    }

    /// It ran longer than the handler itself allows: try again by policy, with the reason `timeout`.
    #[must_use]
    pub fn timed_out(allowed: Duration) -> Self {
        let error = Self::wishing(Wish::Retry, format!("it ran longer than {allowed:?}"));
        Self { kind: FailureKind::Timeout, ..error }
    }

    /// The error inside, if it is of this type.
    #[must_use]
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.source.downcast_ref()
    }

    /// The job ran, but what it came to cannot be stored as its result: it is tried again by policy. What
    /// a handler returns is checked anyway; this is for handlers that get their result from elsewhere.
    pub fn unusable_result(error: impl Into<BoxError>) -> Self {
        Self { kind: FailureKind::Result, ..Self::wishing(Wish::Retry, error) }
    }

    /// The payload is not what the handler takes: no further try can change that.
    pub(crate) fn undecodable(error: impl Into<BoxError>) -> Self {
        Self { kind: FailureKind::Undecodable, ..Self::wishing(Wish::Discard, error) }
    }

    pub(crate) fn wish(&self) -> Wish {
        self.wish
    }

    pub(crate) fn kind(&self) -> FailureKind {
        self.kind
    }

    pub(crate) fn failure(&self) -> Failure {
        Failure::from_error(self.kind, self.source.as_ref())
    }

    fn wishing(wish: Wish, error: impl Into<BoxError>) -> Self {
        Self { wish, kind: FailureKind::Error, source: error.into() }
    }
}

/// Not for [`Error`] itself, which for this reason is no `std::error::Error`.
impl<E: Into<BoxError>> From<E> for Error {
    fn from(error: E) -> Self {
        Self::wishing(Wish::Retry, error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl fmt::Debug for Error {
    /// The message, then its causes: what `main` prints when it returns this error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
