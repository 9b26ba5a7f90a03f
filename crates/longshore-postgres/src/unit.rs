//! One unit of work on a connection of our own: it is committed as a whole, or nothing of it.

use std::{sync::Arc, time::Duration};

use longshore_store::{Error, Result};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    connections::Connections,
    error::{breaks_connection, in_doubt},
    options::Pooler,
    wire::Wire,
};

/// How units are made: fixed for a store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) pooler: Pooler,
    pub(crate) statement_timeout: Duration,
}

impl Manner {
    /// How long an answer may take: the server gives up first, unless it is gone.
    pub(crate) fn patience(&self) -> Duration {
        self.statement_timeout + Duration::from_secs(5)
    }
}

/// A connection that is busy with one unit of work. Dropped without [`Unit::close`] it is closed.
pub(crate) struct Unit {
    connection: PgConnection,
    manner: Manner,
    in_transaction: bool,
    /// Whether a lost answer leaves open what happened.
    writes: bool,
    home: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Unit {
    /// A unit of one statement, which commits itself.
    ///
    /// Behind a transaction pooler that is a transaction too: the two messages of an unprepared
    /// statement would else reach two servers.
    pub(crate) async fn single(home: &Arc<Connections>, manner: Manner) -> Result<Self> {
        match manner.pooler {
            Pooler::None => Self::idle(home, manner).await,
            Pooler::Transaction => Self::transaction(home, manner).await,
        }
    }

    /// A unit of one statement that changes nothing.
    pub(crate) async fn reading(home: &Arc<Connections>, manner: Manner) -> Result<Self> {
        Ok(Self { writes: false, ..Self::single(home, manner).await? })
    }

    /// A unit of several statements.
    pub(crate) async fn transaction(home: &Arc<Connections>, manner: Manner) -> Result<Self> {
        let mut unit = Self::idle(home, manner).await?;
        unit.in_transaction = true;
        match manner.pooler {
            Pooler::None => unit.wire().raw("BEGIN").await?,
            Pooler::Transaction => {
                // Safe: the only thing put in is a number.
                let begin = format!(
                    "BEGIN; SET LOCAL statement_timeout = {}; SET LOCAL jit = off",
                    manner.statement_timeout.as_millis()
                );
                unit.wire().raw(AssertSqlSafe(begin)).await?;
            }
        }
        Ok(unit)
    }

    async fn idle(home: &Arc<Connections>, manner: Manner) -> Result<Self> {
        let (connection, permit) = home.take().await?;
        Ok(Self {
            connection,
            manner,
            in_transaction: false,
            writes: true,
            home: home.clone(),
            _permit: permit,
        })
    }

    /// The way to send its statements.
    pub(crate) fn wire(&mut self) -> Wire<'_> {
        Wire {
            connection: &mut self.connection,
            prepared: self.manner.pooler == Pooler::None,
            patience: Some(self.manner.patience()),
        }
    }

    /// Ends the unit: commits what went well, takes back what did not, and gives the connection back.
    pub(crate) async fn close<T>(self, answer: Result<T>) -> Result<T> {
        match answer {
            Ok(value) => self.keep().await.map(|()| value),
            Err(error) => Err(self.take_back(error).await),
        }
    }

    async fn keep(mut self) -> Result<()> {
        if self.in_transaction
            && let Err(error) = self.wire().raw("COMMIT").await
        {
            return Err(in_doubt(self.give_up(error, true)));
        }
        self.home.put(self.connection);
        Ok(())
    }

    async fn take_back(mut self, error: Error) -> Error {
        if self.in_transaction {
            let rolled_back =
                !breaks_connection(&error) && self.wire().raw("ROLLBACK").await.is_ok();
            self.give_up(error, rolled_back)
        } else if self.writes {
            in_doubt(self.give_up(error, true))
        } else {
            self.give_up(error, true)
        }
    }

    /// Keeps the connection if the error left it in order.
    fn give_up(self, error: Error, in_order: bool) -> Error {
        if in_order && !breaks_connection(&error) {
            self.home.put(self.connection);
        } else {
            self.home.forget_idle();
        }
        error
    }
}
