//! The reference model: a whole storage in memory, decided only by [`longshore_core::step`].
//!
//! Other storages are compared with it, and a worker's tests run on it with a clock of their own.

mod clock;
mod consume;
mod ground;
mod inspect;
mod maintain;
mod matching;
mod operate;
mod produce;
mod view;
mod weeks;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use longshore_core::{Limits, Timestamp};
use longshore_store::{Error, ErrorKind, HintBoard, Result};

use clock::Clock;
use ground::Ground;

/// A storage in memory. Clones are handles on the same data.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> longshore_store::Result<()> {
/// use std::time::Duration;
/// use longshore_conformance::MemoryStore;
/// use longshore_core::{NewJob, State};
/// use longshore_store::{Inspect, Produce};
///
/// let store = MemoryStore::at("2026-11-22T12:00:00Z".parse().unwrap());
/// let job = NewJob { due: longshore_core::Due::In(Duration::from_secs(60)), ..NewJob::of_kind("mail") };
/// store.enqueue(&[job.clone()]).await?;
/// store.advance(Duration::from_secs(60));
/// let settled = store.settled(&[job.id]).await?;
/// assert_eq!(settled[0].as_ref().map(|it| it.state), Some(State::Available));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MemoryStore {
    ground: Arc<Mutex<Ground>>,
    hints: HintBoard,
    limits: Limits,
    closed: Arc<AtomicBool>,
}

impl MemoryStore {
    /// An empty storage that goes by the host's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Clock::host())
    }

    /// An empty storage whose clock stands still at this time until [`advance`](Self::advance) moves it.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        Self::with(Clock::still(time))
    }

    /// An empty storage whose clock begins now and goes on with tokio's, also while that one is paused.
    #[must_use]
    pub fn in_tokio_time() -> Self {
        Self::with(Clock::tokio())
    }

    fn with(clock: Clock) -> Self {
        Self {
            ground: Arc::new(Mutex::new(Ground::new(clock))),
            hints: HintBoard::new(),
            limits: Limits::default(),
            closed: Arc::default(),
        }
    }

    /// The same data as another process sees it: it shares neither hints nor the fate of being closed.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { hints: HintBoard::new(), closed: Arc::default(), ..self.clone() }
    }

    /// The same data under other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.lock().clock.advance(by);
    }

    /// What the clock says.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.lock().clock.now()
    }

    fn lock(&self) -> MutexGuard<'_, Ground> {
        // A panic in another test's thread leaves consistent maps: every change is made whole.
        self.ground.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The data, unless this handle was closed.
    fn open(&self) -> Result<MutexGuard<'_, Ground>> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "this store was closed: connect again"));
        }
        Ok(self.lock())
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}
