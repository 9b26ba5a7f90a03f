//! Waking the workers of other processes: `NOTIFY` from a connection of its own, after the commit.
//!
//! Never in the transaction of an enqueue: there it takes a lock that all commits share, and cut
//! single enqueues by more than half. What was asked for while one is on its way goes out with the next.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use longshore_store::DatabaseThread;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::{bind::bind, wire::patiently};

/// A burst of so many goes out at once; beyond it one in each pause.
const BURST: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends wake-ups. Best effort: whoever misses one finds the work by polling.
#[derive(Debug)]
pub(crate) struct Notifier(Option<Arc<Sender>>);

#[derive(Debug)]
struct Sender {
    connect: PgConnectOptions,
    channel: String,
    tag: String,
    queues: Mutex<BTreeSet<Arc<str>>>,
    asked: Notify,
    started: Once,
    stopped: AtomicBool,
}

impl Notifier {
    pub(crate) fn new(on: bool, connect: PgConnectOptions, schema: &str) -> Self {
        let sender = || Sender {
            // A lost wake-up costs nothing, so its commit need not wait for the disk.
            connect: connect.options([("synchronous_commit", "off")]),
            channel: schema.to_owned(),
            tag: format!("{:016x}", RandomState::new().hash_one(std::process::id())),
            queues: Mutex::default(),
            asked: Notify::new(),
            started: Once::new(),
            stopped: AtomicBool::new(false),
        };
        Self(on.then(sender).map(Arc::new))
    }

    /// What our own messages begin with, so that this process does not wake itself twice.
    pub(crate) fn tag(&self) -> &str {
        self.0.as_ref().map_or("", |sender| &sender.tag)
    }

    /// Ends the connection; nothing is sent any more.
    pub(crate) fn stop(&self) {
        if let Some(sender) = &self.0 {
            sender.stopped.store(true, Ordering::Relaxed);
            sender.asked.notify_one();
        }
    }

    /// Asks for a message about a queue.
    pub(crate) fn wake(&self, thread: &DatabaseThread, queue: &Arc<str>) {
        let Some(sender) = &self.0 else { return };
        sender.started.call_once(|| thread.spawn(sender.clone().send()));
        sender.queues.lock().unwrap_or_else(PoisonError::into_inner).insert(queue.clone());
        sender.asked.notify_one();
    }
}

impl Sender {
    async fn send(self: Arc<Self>) {
        let mut connection = None;
        let mut next = Instant::now();
        loop {
            self.asked.notified().await;
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            sleep_until(next.checked_sub(PAUSE * BURST).unwrap_or(next)).await;
            let queues =
                std::mem::take(&mut *self.queues.lock().unwrap_or_else(PoisonError::into_inner));
            if queues.is_empty() {
                continue;
            }
            next = next.max(Instant::now()) + PAUSE;
            let messages: Vec<_> =
                queues.iter().map(|queue| format!("{}:{queue}", self.tag)).collect();
            connection = match self.post(connection, &messages).await {
                Ok(connection) => Some(connection),
                Err(error) => {
                    tracing::debug!(%error, "a wake-up was not sent: polling finds the work");
                    None
                }
            };
        }
    }

    async fn post(
        &self,
        connection: Option<PgConnection>,
        messages: &[String],
    ) -> longshore_store::Result<PgConnection> {
        let mut connection = match connection {
            Some(connection) => connection,
            None => patiently(Some(PATIENCE), PgConnection::connect_with(&self.connect)).await?,
        };
        let say = "SELECT pg_notify($1, m) FROM unnest($2::text[]) AS said (m)";
        let query = sqlx::query_with(say, bind![&self.channel, messages]?);
        patiently(Some(PATIENCE), query.fetch_all(&mut connection)).await?;
        Ok(connection)
    }
}
