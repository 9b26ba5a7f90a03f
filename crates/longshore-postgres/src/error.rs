//! What an error of the driver or of the server means for the caller.

use longshore_store::{Error, ErrorKind};
use sqlx::postgres::PgConnectOptions;

/// The meaning of an error of a statement that has changed nothing.
pub(crate) fn refused(error: sqlx::Error) -> Error {
    let (kind, message) = match &error {
        sqlx::Error::Database(said) => {
            let code = said.code().unwrap_or_default();
            (kind_of(&code), advice(&code, said.message()))
        }
        sqlx::Error::Io(cause) => {
            (ErrorKind::Unavailable, format!("the connection to PostgreSQL broke: {cause}"))
        }
        sqlx::Error::Tls(cause) => {
            (ErrorKind::Unavailable, format!("no TLS connection to PostgreSQL: {cause}"))
        }
        sqlx::Error::Protocol(cause) => {
            (ErrorKind::Unavailable, format!("PostgreSQL's answer was cut or garbled: {cause}"))
        }
        sqlx::Error::Configuration(_) => {
            (ErrorKind::Invalid, "the settings of the connection to PostgreSQL are wrong".into())
        }
        other => (
            ErrorKind::Internal,
            format!("PostgreSQL's answer is not what Longshore wrote: {other}"),
        ),
    };
    Error::new(kind, message).caused_by(error)
}

/// The error of a connection that was never made: where the server was looked for, and nothing secret.
pub(crate) fn unreachable(error: Error, options: &PgConnectOptions) -> Error {
    let Some(sqlx::Error::Io(cause)) = cause(&error) else { return error };
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let message = format!(
        "no PostgreSQL server answers at {place} ({cause}): is it running there, and are host and port of the \
         database URL right?"
    );
    Error::new(error.kind(), message).caused_by(error)
}

/// The same after a statement that may have been committed: a lost answer leaves that open.
pub(crate) fn in_doubt(error: Error) -> Error {
    if error.kind() != ErrorKind::Unavailable || was_answered(&error) {
        return error;
    }
    let message = format!(
        "{error}: whether the change was committed is unknown; repeat it with the same ids"
    );
    Error::new(ErrorKind::Unknown, message).caused_by(error)
}

/// Whether the connection must not be used again.
pub(crate) fn breaks_connection(error: &Error) -> bool {
    match cause(error) {
        // Class 57P: the server is going, or threw us out. Class 08: the connection itself.
        Some(sqlx::Error::Database(said)) => {
            said.code().is_none_or(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        Some(_) => true,
        None => false,
    }
}

/// What to do where a right was refused that none of the shipped roles has: the owner has it.
pub(crate) fn owners_affair(error: Error, what: &str, command: &str) -> Error {
    let said = match cause(&error) {
        Some(sqlx::Error::Database(said)) if said.code().as_deref() == Some("42501") => {
            said.message().to_owned()
        }
        _ => return error,
    };
    let advice = format!(
        "this user may not {what} ({said}): run `{command}` as the owner of Longshore's tables, or of the database"
    );
    // Without its cause, which tells of the shipped roles.
    Error::new(ErrorKind::Denied, advice)
}

/// Whether a row was there already that a statement took for new.
pub(crate) fn is_taken(error: &Error) -> bool {
    let code = match cause(error) {
        Some(sqlx::Error::Database(said)) => said.code(),
        _ => None,
    };
    code.as_deref() == Some("23505")
}

/// Whether somebody who waited for a lock has given up.
pub(crate) fn gave_way(error: &Error) -> bool {
    match cause(error) {
        Some(sqlx::Error::Database(said)) => {
            let code = said.code().unwrap_or_default();
            ["57014", "55P03", "40P01"].contains(&&*code)
        }
        _ => false,
    }
}

fn was_answered(error: &Error) -> bool {
    matches!(cause(error), Some(sqlx::Error::Database(_)))
}

fn cause(error: &Error) -> Option<&sqlx::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

fn kind_of(code: &str) -> ErrorKind {
    match code {
        // Serialization failure, deadlock, lock not available; thrown out while nothing ran (57P01).
        "40001" | "40P01" | "55P03" | "57P01" => ErrorKind::Busy,
        "42P01" | "3F000" | "42703" => ErrorKind::Schema,
        "25006" | "42501" => ErrorKind::Denied,
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "53" | "57" | "3D" => ErrorKind::Unavailable,
            "28" => ErrorKind::Denied,
            "22" | "54" => ErrorKind::Invalid,
            "23" => ErrorKind::Conflict,
            _ => ErrorKind::Internal,
        },
    }
}

/// What the server said, and what to do about it.
fn advice(code: &str, said: &str) -> String {
    match code {
        "42P01" | "3F000" | "42703" => {
            format!("Longshore's tables are missing or old ({said}): run `longshore migrate`")
        }
        "40001" | "40P01" | "55P03" => format!("PostgreSQL is busy ({said}): try again"),
        "57014" => {
            format!(
                "PostgreSQL ended the statement ({said}): try smaller sets, or raise `statement_timeout`"
            )
        }
        "25006" => format!("PostgreSQL takes no writes ({said}): connect to the primary server"),
        "42501" => {
            format!("the user lacks a right ({said}): grant it as `docs/postgres-roles.sql` shows")
        }
        "3D000" => format!("{said}: create it, or correct the database's name in the URL"),
        "26000" | "42P05" => format!(
            "a transaction pooler seems to stand before PostgreSQL ({said}): connect with `pooler=transaction`"
        ),
        "53300" => format!(
            "PostgreSQL has no connection left ({said}): raise max_connections or use fewer"
        ),
        _ if code.starts_with("28") => {
            format!("PostgreSQL does not let us in ({said}): check user and password")
        }
        _ if code.starts_with("57P") => {
            format!("PostgreSQL closed the connection ({said}): try again")
        }
        _ => format!("PostgreSQL refused: {said} (code {code})"),
    }
}
