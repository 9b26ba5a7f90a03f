//! What an error of the driver or of the server means for the caller.

use longshore_store::{Error, ErrorKind};
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};

/// The meaning of an error of a statement that has changed nothing.
pub(crate) fn refused(error: sqlx::Error) -> Error {
    let (kind, message) = match &error {
        sqlx::Error::Database(said) => {
            let number = number(&error).unwrap_or_default();
            (kind_of(number), advice(number, said.message()))
        }
        sqlx::Error::Io(cause) => {
            (ErrorKind::Unavailable, format!("the connection to the database broke: {cause}"))
        }
        sqlx::Error::Tls(cause) => {
            (ErrorKind::Unavailable, format!("no TLS connection to the database: {cause}"))
        }
        sqlx::Error::Protocol(cause) => {
            (ErrorKind::Unavailable, format!("the database's answer was cut or garbled: {cause}"))
        }
        sqlx::Error::Configuration(_) => {
            (ErrorKind::Invalid, "the settings of the connection to the database are wrong".into())
        }
        other => (
            ErrorKind::Internal,
            format!("the database's answer is not what Longshore wrote: {other}"),
        ),
    };
    Error::new(kind, message).caused_by(error)
}

/// The error of a connection that was never made: where the server was looked for, and nothing secret.
pub(crate) fn unreachable(error: Error, options: &MySqlConnectOptions) -> Error {
    let Some(sqlx::Error::Io(cause)) = cause(&error) else { return error };
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let message = format!(
        "no MySQL or MariaDB server answers at {place} ({cause}): is it running there, and are host and port \
         of the database URL right?"
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
        // The server is going, threw us out, or lost its place in what we sent.
        Some(error @ sqlx::Error::Database(_)) => {
            number(error).is_none_or(|number| matches!(number, 1053 | 1152..=1161 | 1927 | 3169))
        }
        Some(_) => true,
        None => false,
    }
}

/// Whether the row exists already.
pub(crate) fn is_duplicate(error: &Error) -> bool {
    cause(error).and_then(number) == Some(1062)
}

/// Whether what a step of the schema makes, or removes, is made or removed already.
pub(crate) fn is_done_already(error: &Error) -> bool {
    matches!(cause(error).and_then(number), Some(1050 | 1051 | 1060 | 1061 | 1091))
}

/// What the server said when it refused a right; nothing if something else was refused.
pub(crate) fn lacking_right(error: &Error) -> Option<String> {
    let cause = cause(error)?;
    // No right to a database, a table, a column, to anything; the binary log wants one of its own.
    let is_right = matches!(number(cause)?, 1044 | 1142 | 1143 | 1227 | 1370 | 1419);
    is_right.then(|| cause.as_database_error().map(|said| said.message().to_owned()))?
}

/// Whether MySQL could not say what others run, because there are bytes in it that are no text.
pub(crate) fn is_no_text(error: &Error) -> bool {
    cause(error).and_then(number) == Some(3854)
}

fn was_answered(error: &Error) -> bool {
    matches!(cause(error), Some(sqlx::Error::Database(_)))
}

fn cause(error: &Error) -> Option<&sqlx::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let said = error.as_database_error()?;
    said.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

fn kind_of(number: u16) -> ErrorKind {
    match number {
        // Lock wait time-out, deadlock, a row or table that changed under a snapshot, a statement to be
        // prepared again, no wait; thrown out while nothing ran (3169).
        1205 | 1213 | 1020 | 1412 | 1615 | 3572 | 3169 => ErrorKind::Busy,
        // No table, no view, no column.
        1146 | 1356 | 1054 => ErrorKind::Schema,
        // No right; read-only; a format of the binary log that READ COMMITTED cannot be written in.
        1044 | 1045 | 1142 | 1143 | 1227 | 1370 | 1698 | 1290 | 1792 | 1836 | 1665 | 3118
        | 3955 => ErrorKind::Denied,
        // Too many connections or transactions; going down; killed; out of disk or memory; no database;
        // not part of its cluster; took too long.
        1040
        | 1041
        | 1203
        | 1226
        | 1637
        | 1053
        | 1152
        | 1154..=1161
        | 1927
        | 1317
        | 1021
        | 1037
        | 1038
        | 1114
        | 1049
        | 1047
        | 1969
        | 3024 => ErrorKind::Unavailable,
        // Values that do not fit; larger than `max_allowed_packet`.
        1153 | 1162 | 1264 | 1292 | 1366 | 1406 => ErrorKind::Invalid,
        1022 | 1062 | 1586 => ErrorKind::Conflict,
        _ => ErrorKind::Internal,
    }
}

/// What the server said, and what to do about it.
fn advice(number: u16, said: &str) -> String {
    match number {
        1146 | 1356 | 1054 => {
            format!("Longshore's tables are missing or old ({said}): run `longshore migrate`")
        }
        1205 | 1213 | 1020 | 1412 | 1615 | 3572 => {
            format!("the database is busy ({said}): try again")
        }
        1969 | 3024 | 1317 => format!(
            "the database ended the statement ({said}): try smaller sets, or raise `statement_timeout`"
        ),
        1290 | 1792 | 1836 => {
            format!("the database takes no writes ({said}): connect to the primary server")
        }
        1142 | 1143 | 1227 | 1370 => {
            format!("the user lacks a right ({said}): grant it as `docs/mysql-roles.sql` shows")
        }
        1049 => format!("{said}: create it, or correct the database's name in the URL"),
        1044 | 1045 | 1698 | 3118 | 3955 => {
            format!("the database does not let us in ({said}): check user, password and database")
        }
        1040 | 1203 | 1226 => format!(
            "the database has no connection left ({said}): raise max_connections or use fewer"
        ),
        1153 | 1162 => format!("{said}: raise max_allowed_packet on the server, to 64 MiB or more"),
        1665 => format!("{said}: set binlog_format = ROW, which READ COMMITTED needs"),
        1021 | 1114 => format!("the database has no room left ({said})"),
        1053 | 1927 | 3169 => format!("the database closed the connection ({said}): try again"),
        _ => format!("the database refused: {said} (error {number})"),
    }
}
