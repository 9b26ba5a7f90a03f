//! Wake-up hints: "this lane may have work". Never needed for correctness.

use longshore_core::Lane;
use tokio::sync::broadcast::{self, error::RecvError};

/// Where work may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// In this lane.
    Lane(Lane),
    /// In any lane of this queue.
    Queue(std::sync::Arc<str>),
    /// Anywhere: hints were lost, or their sender knew no better.
    Anywhere,
}

/// The sending side: one per storage.
#[derive(Clone, Debug)]
pub struct HintBoard(broadcast::Sender<Hint>);

impl HintBoard {
    /// An empty board.
    #[must_use]
    pub fn new() -> Self {
        Self(broadcast::Sender::new(1024))
    }

    /// Tells whoever listens; nobody need.
    pub fn post(&self, hint: Hint) {
        let _ = self.0.send(hint);
    }

    /// A new listener.
    #[must_use]
    pub fn listen(&self) -> Hints {
        Hints(self.0.subscribe())
    }
}

impl Default for HintBoard {
    fn default() -> Self {
        Self::new()
    }
}

/// The receiving side.
#[derive(Debug)]
pub struct Hints(broadcast::Receiver<Hint>);

impl Hints {
    /// The next hint. A listener that was too slow gets [`Hint::Anywhere`] for all it missed. Waits for
    /// ever once the storage is gone.
    pub async fn next(&mut self) -> Hint {
        match self.0.recv().await {
            Ok(hint) => hint,
            Err(RecvError::Lagged(_)) => Hint::Anywhere,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// A hint that is already there.
    pub fn try_next(&mut self) -> Option<Hint> {
        match self.0.try_recv() {
            Ok(hint) => Some(hint),
            Err(broadcast::error::TryRecvError::Lagged(_)) => Some(Hint::Anywhere),
            Err(_) => None,
        }
    }
}
