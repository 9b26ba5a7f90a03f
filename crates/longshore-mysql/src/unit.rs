//! One unit of work on a connection of our own: it is committed as a whole, or nothing of it.

use std::{sync::Arc, time::Duration};

use longshore_core::Timestamp;
use longshore_store::{Error, ErrorKind, Result};
use sqlx::MySqlConnection;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    connections::Connections,
    error::{breaks_connection, in_doubt},
    row::get,
    wire::Wire,
};

/// A connection that is busy with one unit of work. Dropped without [`Unit::close`] it is closed.
pub(crate) struct Unit {
    connection: MySqlConnection,
    patience: Duration,
    in_transaction: bool,
    /// Whether a lost answer leaves open what happened.
    writes: bool,
    home: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Unit {
    /// A unit of one statement, which commits itself.
    pub(crate) async fn single(home: &Arc<Connections>) -> Result<Self> {
        let (connection, permit) = home.take().await?;
        Ok(Self {
            connection,
            patience: home.patience(),
            in_transaction: false,
            writes: true,
            home: home.clone(),
            _permit: permit,
        })
    }

    /// A unit of statements that change nothing.
    pub(crate) async fn reading(home: &Arc<Connections>) -> Result<Self> {
        Ok(Self { writes: false, ..Self::single(home).await? })
    }

    /// A unit of several statements, with the server's clock at its beginning: it comes with the answer
    /// to the first message, and all statements of the unit go by it.
    pub(crate) async fn transaction(home: &Arc<Connections>) -> Result<(Self, Timestamp)> {
        let mut unit = Self::single(home).await?;
        unit.in_transaction = true;
        let rows =
            unit.wire().raw_rows("START TRANSACTION; SELECT UTC_TIMESTAMP(6) AS now").await?;
        let row = rows.first().ok_or_else(no_time)?;
        let now = get(row, "now")?;
        Ok((unit, now))
    }

    /// The way to send its statements.
    pub(crate) fn wire(&mut self) -> Wire<'_> {
        Wire { connection: &mut self.connection, patience: Some(self.patience) }
    }

    /// Ends the unit: commits what went well, takes back what did not, and gives the connection back.
    ///
    /// A lock that took too long takes back its statement alone, so the rest is always taken back here.
    pub(crate) async fn close<T>(mut self, answer: Result<T>) -> Result<T> {
        match answer {
            Ok(value) if self.in_transaction => match self.wire().raw("COMMIT").await {
                Ok(()) => Ok(self.done(value)),
                Err(error) if error.kind() == ErrorKind::Busy => {
                    let rolled_back = self.wire().raw("ROLLBACK").await.is_ok();
                    Err(self.give_up(error, rolled_back))
                }
                Err(error) => Err(in_doubt(self.give_up(error, false))),
            },
            Ok(value) => Ok(self.done(value)),
            Err(error) if self.in_transaction => {
                let rolled_back =
                    !breaks_connection(&error) && self.wire().raw("ROLLBACK").await.is_ok();
                Err(self.give_up(error, rolled_back))
            }
            Err(error) if self.writes => Err(in_doubt(self.give_up(error, true))),
            Err(error) => Err(self.give_up(error, true)),
        }
    }

    /// Ends a unit that says itself whether it is to be kept: `false` takes everything back.
    pub(crate) async fn close_if(mut self, answer: Result<bool>) -> Result<bool> {
        match answer {
            Ok(false) => match self.wire().raw("ROLLBACK").await {
                Ok(()) => Ok(self.done(false)),
                Err(error) => Err(self.give_up(error, false)),
            },
            answer => self.close(answer).await,
        }
    }

    fn done<T>(self, value: T) -> T {
        self.home.put(self.connection);
        value
    }

    /// Keeps the connection if the error left it in order.
    fn give_up(self, error: Error, in_order: bool) -> Error {
        if breaks_connection(&error) {
            self.home.forget_idle();
        } else if in_order {
            self.home.put(self.connection);
        }
        error
    }
}

/// The server's clock, on a connection that is not at the beginning of a unit.
pub(crate) async fn now(wire: &mut Wire<'_>) -> Result<Timestamp> {
    let rows = wire.raw_rows("SELECT UTC_TIMESTAMP(6) AS now").await?;
    get(rows.first().ok_or_else(no_time)?, "now")
}

fn no_time() -> Error {
    Error::new(ErrorKind::Internal, "the server does not say what time it is")
}
