//! Being woken by other processes: `LISTEN` on a connection of its own.

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use longshore_store::{DatabaseThread, Hint, HintBoard};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::Notify;

/// Between tries to reach the database again.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens from the first time that somebody wants hints. A lost connection costs only latency.
#[derive(Debug)]
pub(crate) struct Listener {
    on: bool,
    connect: PgConnectOptions,
    channel: String,
    started: Once,
    stop: Arc<Notify>,
}

impl Listener {
    pub(crate) fn new(on: bool, connect: PgConnectOptions, schema: &str) -> Self {
        Self { on, connect, channel: schema.to_owned(), started: Once::new(), stop: Arc::default() }
    }

    /// Starts listening if nobody did.
    pub(crate) fn start(&self, thread: &DatabaseThread, board: &HintBoard, own_tag: &str) {
        if self.on {
            let ear = Ear {
                connect: self.connect.clone(),
                channel: self.channel.clone(),
                own_tag: own_tag.to_owned(),
                board: board.clone(),
            };
            let stop = self.stop.clone();
            self.started.call_once(|| {
                thread.spawn(async move {
                    // What is cut off here is never used again.
                    tokio::select! {
                        () = ear.listen() => {}
                        () = stop.notified() => {}
                    }
                });
            });
        }
    }

    /// Ends the connection.
    pub(crate) fn stop(&self) {
        self.stop.notify_one();
    }
}

struct Ear {
    connect: PgConnectOptions,
    channel: String,
    own_tag: String,
    board: HintBoard,
}

impl Ear {
    async fn listen(self) {
        loop {
            if let Err(error) = self.hear().await {
                tracing::debug!(%error, "wake-ups are not heard: polling finds the work");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Posts hints until the connection is lost.
    async fn hear(&self) -> sqlx::Result<()> {
        let one = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let mut ear =
            PgListener::connect_with(&one.connect_lazy_with(self.connect.clone())).await?;
        ear.eager_reconnect(false);
        ear.listen(&self.channel).await?;
        // What was said before is lost.
        self.board.post(Hint::Anywhere);
        while let Some(said) = ear.try_recv().await? {
            match said.payload().split_once(':') {
                Some((tag, _)) if tag == self.own_tag => {}
                Some((_, queue)) => self.board.post(Hint::Queue(queue.into())),
                // Not from us: somebody's own SQL, which knows no tag.
                None => self.board.post(Hint::Anywhere),
            }
        }
        Ok(())
    }
}
