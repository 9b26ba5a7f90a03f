//! What a session of ours is like: READ COMMITTED, committing when told to, UTC, strict, UTF-8; set and checked when
//! it begins.

use std::{collections::HashMap, time::Duration};

use longshore_store::{Error, ErrorKind, Result};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqlSafeStr, mysql::MySqlConnectOptions};

use crate::{
    error::unreachable,
    row::get,
    server::Server,
    wire::{Wire, patiently},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A transaction that waits longer for another's row begins again.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// How connections for one purpose begin.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) connect: MySqlConnectOptions,
    /// The server ends a statement that takes longer.
    pub(crate) statement_timeout: Duration,
    /// How long a statement waits until it may touch a table whose form somebody changes.
    pub(crate) table_lock_timeout: Duration,
    /// Whether each statement is a transaction of its own, or the first one begins it.
    pub(crate) commits_itself: bool,
}

impl Session {
    /// A new connection that is as it must be.
    pub(crate) async fn open(&self) -> Result<MySqlConnection> {
        // Giving up here drops the connection with its future: nothing of it is used again.
        let connection = MySqlConnection::connect_with(&self.connect);
        let connected = patiently(Some(CONNECT_TIMEOUT), connection).await;
        let mut connection = connected.map_err(|error| unreachable(error, &self.connect))?;
        let mut wire = Wire { connection: &mut connection, patience: Some(CONNECT_TIMEOUT) };
        wire.raw(self.settings()).await?;
        let rows = wire
            .raw_rows(
                "SHOW SESSION VARIABLES WHERE Variable_name IN ('version', 'tx_isolation', \
                 'transaction_isolation', 'autocommit', 'time_zone', 'sql_mode', 'character_set_client', \
                 'max_allowed_packet')",
            )
            .await?;
        let mut found = HashMap::new();
        for row in &rows {
            found.insert(get(row, "Variable_name")?, get(row, "Value")?);
        }
        check(&found, self.commits_itself)?;
        Ok(connection)
    }

    fn settings(&self) -> impl SqlSafeStr + 'static {
        let (most, locks) = (self.statement_timeout, LOCK_TIMEOUT.min(self.statement_timeout));
        // Each server reads one of the comments: MariaDB then ends any statement that takes too long,
        // MySQL only questions. MySQL would else hash the small tables that lists look into, and sort all jobs
        // (3 s for a page of 120,000 jobs, and 3 ms without); MariaDB would make a subquery of a list of a thousand
        // ids that stand in the text, and scan the table. Safe: the only things put in are numbers.
        AssertSqlSafe(format!(
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; \
             SET SESSION time_zone = '+00:00', autocommit = {}, innodb_lock_wait_timeout = {}, \
             lock_wait_timeout = {}, sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
             ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION' /*M!100100 , max_statement_time = {} */ \
             /*M!100600 , in_predicate_conversion_threshold = 0 */ \
             /*!80000 , max_execution_time = {}, optimizer_switch = 'block_nested_loop=off' */; \
             SET NAMES utf8mb4",
            u8::from(self.commits_itself),
            locks.as_secs().max(1),
            self.table_lock_timeout.as_secs().max(1),
            most.as_secs_f64(),
            most.as_millis(),
        ))
    }
}

/// Something between us and the server, or the server itself, may not have done what we asked for.
fn check(found: &HashMap<String, String>, commits_itself: bool) -> Result<()> {
    let value = |name: &str| found.get(name).map_or("", String::as_str);
    let server = Server::of(value("version"));
    if let Some(problem) = server.too_old() {
        return Err(Error::new(ErrorKind::Denied, problem));
    }
    let isolation = [value("transaction_isolation"), value("tx_isolation")];
    let wrong = if !isolation.contains(&"READ-COMMITTED") {
        "the isolation level of the session is not READ COMMITTED"
    } else if value("autocommit") != if commits_itself { "ON" } else { "OFF" } {
        // A job without its row in the queue would be lost.
        "the session decides by itself what is committed together"
    } else if value("time_zone") != "+00:00" {
        "the time zone of the session is not UTC"
    } else if !value("sql_mode").contains("STRICT_TRANS_TABLES") {
        "the session would cut values that are too long: its sql_mode is not strict"
    } else if value("character_set_client") != "utf8mb4" {
        "the session does not speak utf8mb4"
    } else {
        return Ok(());
    };
    let advice = format!(
        "{wrong}, although Longshore set it: allow this user to change settings of its own session, and look \
         for a proxy that drops them"
    );
    Err(Error::new(ErrorKind::Denied, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(change: &[(&str, &str)]) -> HashMap<String, String> {
        let good = [
            ("version", "10.11.14-MariaDB-0+deb12u2"),
            ("tx_isolation", "READ-COMMITTED"),
            ("autocommit", "OFF"),
            ("time_zone", "+00:00"),
            ("sql_mode", "STRICT_TRANS_TABLES,NO_ZERO_DATE"),
            ("character_set_client", "utf8mb4"),
        ];
        let all = good.iter().chain(change);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_session_that_is_not_as_asked_for_is_refused() {
        check(&found(&[]), false).unwrap();
        check(&found(&[("autocommit", "ON")]), true).unwrap();
        for wrong in [
            ("tx_isolation", "REPEATABLE-READ"),
            ("autocommit", "ON"),
            ("autocommit", ""),
            ("time_zone", "SYSTEM"),
            ("sql_mode", ""),
            ("character_set_client", "latin1"),
            ("version", "10.5.29-MariaDB"),
            ("version", "5.7.44-log"),
        ] {
            let refused = check(&found(&[wrong]), false).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Denied, "{wrong:?}");
        }
    }
}
