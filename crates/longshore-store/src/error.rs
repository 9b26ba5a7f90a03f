//! The one error of all storages, with kinds that a caller can act on.

use std::fmt;

use longshore_core::Invalid;

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request is wrong: change it. Nothing was written.
    Invalid,
    /// The thing does not exist.
    NotFound,
    /// Its state, or another job, forbids it.
    Conflict,
    /// The database cannot be reached, or it closed the connection: try again later.
    Unavailable,
    /// A deadlock, a lock that took too long, a full pool: try again at once. Nothing was written.
    Busy,
    /// The answer to a commit was lost: it happened or not. Repeat with the same ids: it converges.
    Unknown,
    /// The schema is missing, half-made or newer than this version: migrate, or update the program.
    Schema,
    /// The database refuses writes or the user lacks a right.
    Denied,
    /// A fault of Longshore or of the database.
    Internal,
}

impl ErrorKind {
    /// The word that stands in logs and measures.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Busy => "busy",
            Self::Unknown => "unknown",
            Self::Schema => "schema",
            Self::Denied => "denied",
            Self::Internal => "internal",
        }
    }
}

/// An error of a storage.
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What the methods of a storage return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a kind, with a message that tells a person what to do next.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The same with its cause.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed if it is simply repeated.
    ///
    /// [`ErrorKind::Unknown`] counts: every write of a storage converges when it is repeated with the
    /// same ids and fences.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable | ErrorKind::Busy | ErrorKind::Unknown)
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::new(ErrorKind::Invalid, invalid.to_string()).caused_by(invalid)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    /// The message, then its causes: what `main` prints when it returns this error.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.message, self.kind)?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
