//! From errors of sqlx and SQLite to the one error of storages.

use longshore_store::{Error, ErrorKind};

/// What SQLite's primary result code means for a caller, and what to do about it.
fn kind_of(code: i32, message: &str) -> (ErrorKind, &'static str) {
    let missing = ["no such table", "no such column", "no such view", "has no column named"];
    match code & 0xff {
        1 if missing.iter().any(|what| message.contains(what)) => (
            ErrorKind::Schema,
            "the schema of Longshore is missing or old: run `longshore migrate`",
        ),
        // PERM, READONLY, AUTH
        3 | 8 | 23 => (
            ErrorKind::Denied,
            "the SQLite database cannot be written: open it without `mode=ro`, and give the process \
             write permission on the file and its directory",
        ),
        // BUSY, LOCKED
        5 | 6 => {
            (ErrorKind::Busy, "another process or connection holds the SQLite database: try again")
        }
        10 => (
            ErrorKind::Unavailable,
            "reading or writing the SQLite database failed: check the disk",
        ),
        11 | 26 => (
            ErrorKind::Internal,
            "the file is damaged or no SQLite database: check the path, or restore a backup",
        ),
        13 => (ErrorKind::Unavailable, "the disk of the SQLite database is full: make room"),
        14 => (
            ErrorKind::Unavailable,
            "the SQLite database cannot be opened: check that its directory exists and can be entered, \
             and that the file exists where it is not to be made",
        ),
        _ => (ErrorKind::Internal, "SQLite refused a statement of Longshore"),
    }
}

/// The error of a call.
pub(crate) fn error(cause: sqlx::Error) -> Error {
    let (kind, advice) = match &cause {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().and_then(|code| code.parse().ok()).unwrap_or_default();
            kind_of(code, refusal.message())
        }
        sqlx::Error::Configuration(_) => {
            (ErrorKind::Invalid, "the SQLite database's settings are wrong")
        }
        sqlx::Error::PoolTimedOut => {
            (ErrorKind::Busy, "no connection to SQLite was free in time: try again")
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            (ErrorKind::Unavailable, "the connection to SQLite is closed")
        }
        _ => (ErrorKind::Internal, "SQLite answered something unexpected"),
    };
    Error::new(kind, advice).caused_by(cause)
}

/// The error of a commit. SQLite answers on the spot, so only a broken disk or connection leaves open
/// whether it happened.
pub(crate) fn of_commit(cause: sqlx::Error) -> Error {
    let known = error(cause);
    if known.kind() == ErrorKind::Unavailable {
        let advice = "whether the commit happened is unknown: repeat the call, it converges";
        return Error::new(ErrorKind::Unknown, advice).caused_by(known);
    }
    known
}

/// A stored value that this version cannot read.
pub(crate) fn unreadable(
    what: &str,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    let advice =
        format!("the stored {what} cannot be read: was it changed by hand, or by a newer version?");
    Error::new(ErrorKind::Internal, advice).caused_by(cause)
}
