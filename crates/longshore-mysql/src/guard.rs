//! The guard: a row that keeps new jobs with ids of earlier weeks away while such a week is dropped.
//!
//! Whoever brings them shares the row until the end of the transaction. A rotation holds it, from before its look
//! at who must stay until the last table has changed places, so nobody comes in behind its back. Jobs whose ids
//! were made this week, which are nearly all, take no part and cost nothing.

use std::time::Duration;

use longshore_core::{NewJob, Timestamp, Week};
use longshore_store::{Error, ErrorKind, Result};
use sqlx::{Connection, MySqlConnection};

use crate::{
    bind::bind,
    sql::Sql,
    store::Inner,
    wire::{Wire, patiently},
};

/// So long after a week has begun ids of the one before are still being made, by clocks that are behind.
/// No such week is dropped for a week to come, which leaves the transactions that bring them time to end.
const STRAGGLING: Duration = Duration::from_secs(600);
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// How a rotation begins, for people.
pub(crate) const HOLDING: &str = "-- On a connection of its own, which stays open until the end:\n\
    START TRANSACTION; SELECT id FROM longshore_guard FOR UPDATE";

/// The guard in the hands of a rotation, on a connection of its own: `LOCK TABLES` ends transactions.
pub(crate) struct Guard(MySqlConnection);

impl Guard {
    /// Takes the guard; busy if somebody is bringing old ids for long.
    pub(crate) async fn hold(inner: &Inner) -> Result<Self> {
        let mut guard = Self(inner.changes.open().await?);
        // Nothing is said on this connection during the look, and if the other end vanishes without a
        // word, the server should notice within the hour.
        let begin = "SET SESSION wait_timeout = 3600 /*M!100300 , idle_transaction_timeout = 3600 */; \
                     START TRANSACTION";
        let mut wire = guard.wire();
        wire.raw(begin).await?;
        match wire.row(&inner.sql.hold_guard, bind![]?).await? {
            Some(_) => Ok(guard),
            None => {
                let message = format!(
                    "the one row of the table `{}` is missing, without which no week is dropped: put it back by \
                     INSERT INTO {0} VALUES (1)",
                    inner.home.table("guard")
                );
                Err(Error::new(ErrorKind::Schema, message))
            }
        }
    }

    /// Makes sure that it was in our hands all the time: it is lost with its connection only.
    pub(crate) async fn is_held(&mut self) -> Result<()> {
        patiently(Some(PING_TIMEOUT), self.0.ping()).await.map_err(|error| {
            let message = format!(
                "the connection broke that kept jobs with old ids away while their week was dropped ({error})"
            );
            Error::new(ErrorKind::Busy, message).caused_by(error)
        })
    }

    /// Lets those in who wait.
    pub(crate) async fn release(self) {
        let _ = patiently(Some(PING_TIMEOUT), self.0.close()).await;
    }

    fn wire(&mut self) -> Wire<'_> {
        Wire { connection: &mut self.0, patience: None }
    }
}

/// Whether any of these jobs has an id of an earlier week.
pub(crate) fn is_asked(jobs: &[NewJob], now: Timestamp) -> bool {
    let (this_week, _) = Week::of(now - STRAGGLING).ids();
    jobs.iter().any(|job| job.id.0 < this_week)
}

/// Shares the guard if any of these jobs has an id of an earlier week; waits for a rotation.
pub(crate) async fn share(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[NewJob],
    now: Timestamp,
) -> Result<()> {
    if !is_asked(jobs, now) {
        return Ok(());
    }
    match wire.rows(&sql.share_guard, bind![]?).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::Busy => {
            let message = format!(
                "an old week is being dropped at this moment, and some of these jobs have ids of earlier weeks: try \
                 again ({error})"
            );
            Err(Error::new(ErrorKind::Busy, message).caused_by(error))
        }
        Err(error) => Err(error),
    }
}
