//! Work that only one process does at a time, on a connection of its own.
//!
//! The lock belongs to a session, so its connection is never pooled: it ends with the work, and the
//! lock with it, however the work ends.

use std::time::Duration;

use longshore_store::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use sqlx::{Connection, MySqlConnection, SqlStr};

use crate::{
    bind::bind,
    row::get,
    session::Session,
    sql::Home,
    wire::{Wire, patiently},
};

/// One question for the lock; it is asked again until it is ours.
const ASK_FOR: u32 = 10;
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that holds the lock on the schema of a home, or is about to.
pub(crate) struct Alone(MySqlConnection);

impl Alone {
    /// Waits until nobody else changes tables of ours.
    pub(crate) async fn with_schema(session: &Session, home: &Home) -> Result<Self> {
        let mut alone = Self::not_yet(session).await?;
        for _ in 0..60 {
            if alone.takes_schema(home, ASK_FOR).await? {
                return Ok(alone);
            }
        }
        let message = "another process has been changing Longshore's tables for ten minutes: look for it in \
                       the server's process list";
        Err(Error::new(ErrorKind::Busy, message))
    }

    /// A connection that does not hold it yet.
    pub(crate) async fn not_yet(session: &Session) -> Result<Self> {
        Ok(Self(session.open().await?))
    }

    /// Waits so many seconds for the lock; whether it is ours.
    pub(crate) async fn takes_schema(&mut self, home: &Home, seconds: u32) -> Result<bool> {
        let ask = SqlStr::from_static("SELECT GET_LOCK(?, ?) AS ours");
        let row = self.wire().row(&ask, bind![lock_name(home), seconds]?).await?;
        let ours: Option<i64> = row.map_or(Ok(None), |row| get(&row, "ours"))?;
        Ok(ours == Some(1))
    }

    /// The way to send statements; changes of tables may take their time.
    pub(crate) fn wire(&mut self) -> Wire<'_> {
        Wire { connection: &mut self.0, patience: None }
    }

    /// Ends the connection and frees the lock.
    pub(crate) async fn close<T>(self, answer: Result<T>) -> Result<T> {
        let _ = patiently(Some(CLOSE_TIMEOUT), self.0.close()).await;
        answer
    }
}

/// Locks are named for the whole server, in at most 64 characters.
fn lock_name(home: &Home) -> String {
    let digest = Sha256::digest(format!("{} {}", home.database, home.prefix));
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("longshore schema {digits}")
}
