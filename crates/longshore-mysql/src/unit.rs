//! One unit of work on a connection of our own: it is committed as a whole, or nothing of it.

use std::{sync::Arc, time::Duration};

use longshore_core::Timestamp;
use longshore_store::{Error, ErrorKind, Result};
use sqlx::MySqlConnection;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    clock,
    connections::Connections,
    error::{breaks_connection, in_doubt},
    wire::Wire,
};

/// A connection that is busy with one unit of work. Dropped without [`Unit::close`] it is closed.
///
/// Our sessions do not commit by themselves: the first statement begins the unit, and its end is a message.
pub(crate) struct Unit {
    connection: MySqlConnection,
    patience: Duration,
    /// Whether a lost answer leaves open what happened.
    writes: bool,
    home: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Unit {
    /// A unit that its first statement begins.
    pub(crate) async fn begin(home: &Arc<Connections>) -> Result<Self> {
        let (connection, permit) = home.take().await?;
        let (patience, home) = (home.patience(), home.clone());
        Ok(Self { connection, patience, writes: true, home, _permit: permit })
    }

    /// A unit of statements that change nothing.
    pub(crate) async fn reading(home: &Arc<Connections>) -> Result<Self> {
        Ok(Self { writes: false, ..Self::begin(home).await? })
    }

    /// A unit that begins with a look at the server's clock, by which all its statements go.
    pub(crate) async fn timed(home: &Arc<Connections>) -> Result<(Self, Timestamp)> {
        let mut unit = Self::begin(home).await?;
        let now = clock::now(&mut unit.wire()).await?;
        home.clock.remember(now);
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
            Ok(value) => match self.wire().raw("COMMIT").await {
                Ok(()) => Ok(self.done(value)),
                Err(error) if error.kind() == ErrorKind::Busy => {
                    let rolled_back = self.wire().raw("ROLLBACK").await.is_ok();
                    Err(self.give_up(error, rolled_back))
                }
                Err(error) if self.writes => Err(in_doubt(self.give_up(error, false))),
                Err(error) => Err(self.give_up(error, false)),
            },
            Err(error) => {
                let rolled_back =
                    !breaks_connection(&error) && self.wire().raw("ROLLBACK").await.is_ok();
                Err(self.give_up(error, rolled_back))
            }
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
