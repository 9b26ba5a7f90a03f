//! Our own small pool: connections live on the database thread, and the one used last is used next.
//!
//! A connection comes back only after its work has ended well, so no transaction is ever left open on
//! an idle one. Reuse of the newest keeps few connections warm, with their statements prepared.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use longshore_store::{Result, permit};
use sqlx::{Connection, MySqlConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{clock::Heard, session::Session, wire::patiently};

/// A connection that rested longer is asked for a sign of life before it is used.
const FRESH: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections for one purpose.
#[derive(Debug)]
pub(crate) struct Connections {
    session: Session,
    acquire_timeout: Duration,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<(MySqlConnection, Instant)>>,
    /// What the server's clock said on one of them.
    pub(crate) clock: Heard,
}

impl Connections {
    /// At most so many.
    pub(crate) fn new(session: Session, most: u32, acquire_timeout: Duration) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(most.max(1) as usize));
        let (idle, clock) = (Mutex::default(), Heard::default());
        Arc::new(Self { session, acquire_timeout, permits, idle, clock })
    }

    /// How long an answer may take: the server gives up first, unless it is gone.
    pub(crate) fn patience(&self) -> Duration {
        self.session.statement_timeout + Duration::from_secs(5)
    }

    /// A connection that works, as far as one can know, and the right to hold it.
    pub(crate) async fn take(&self) -> Result<(MySqlConnection, OwnedSemaphorePermit)> {
        let permit = permit("mysql", &self.permits, self.acquire_timeout).await?;
        while let Some((mut connection, since)) = self.pop() {
            if since.elapsed() < FRESH
                || patiently(Some(PING_TIMEOUT), connection.ping()).await.is_ok()
            {
                return Ok((connection, permit));
            }
        }
        Ok((self.session.open().await?, permit))
    }

    /// Back after work that ended well.
    pub(crate) fn put(&self, connection: MySqlConnection) {
        if !self.permits.is_closed() {
            self.idle().push((connection, Instant::now()));
        }
    }

    /// After one broke, the others are most likely broken too.
    pub(crate) fn forget_idle(&self) {
        self.idle().clear();
    }

    /// Ends the idle connections; those in use end when their work does.
    pub(crate) async fn close(&self) {
        self.permits.close();
        while let Some((connection, _)) = self.pop() {
            let _ = patiently(Some(PING_TIMEOUT), connection.close()).await;
        }
    }

    fn pop(&self) -> Option<(MySqlConnection, Instant)> {
        self.idle().pop()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(MySqlConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
