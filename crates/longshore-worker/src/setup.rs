//! What a worker is told before it starts, and what can be wrong with it.

use std::{sync::Arc, time::Duration};

use longshore_core::{DEFAULT_MAX_CRASHES, Retention, ShortRetention};

use crate::Clock;

/// Jobs of a queue that run at once, unless said otherwise.
pub(crate) const DEFAULT_CONCURRENCY: u32 = 10;

/// A worker that was put together wrongly. It says so when it starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// Two handlers for one kind.
    #[error("two handlers were registered for kind `{0}`: a kind has exactly one")]
    DuplicateKind(String),
    /// One queue twice.
    #[error("queue `{0}` was named twice: name it once, with its whole concurrency")]
    DuplicateQueue(String),
    /// Nothing could ever run.
    #[error("the worker has no handler: register one with `.handle(..)`")]
    NoHandler,
    /// A queue whose jobs could never run.
    #[error("queue `{0}` has a concurrency of 0: give at least 1, or pause the queue")]
    NoConcurrency(String),
    /// The system gave no thread for the heartbeat.
    #[error("no thread for the heartbeat: {0}")]
    NoThread(String),
    /// A lease that is over before it can be renewed.
    #[error("a lease of {0:?} is too short: give at least 100 ms, better 10 s or more")]
    ShortLease(Duration),
    /// Jobs that would go as soon as they are over.
    #[error(transparent)]
    ShortRetention(#[from] ShortRetention),
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) queues: Vec<(Arc<str>, u32)>,
    pub(crate) lease: Duration,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_crashes: u32,
    pub(crate) poll: Duration,
    pub(crate) grace: Duration,
    pub(crate) fetch: u32,
    pub(crate) clock: Clock,
    /// `None`: jobs are kept for ever, as far as this worker is concerned.
    pub(crate) retention: Option<Retention>,
    /// How much of what a run says is kept.
    #[cfg(feature = "logs")]
    pub(crate) log_cap: longshore_core::LogCap,
    /// What was asked for and cannot be.
    pub(crate) refused: Option<ShortRetention>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queues: Vec::new(),
            lease: Duration::from_secs(30),
            timeout: None,
            max_crashes: DEFAULT_MAX_CRASHES,
            poll: Duration::from_millis(500),
            grace: Duration::from_secs(25),
            fetch: 2000,
            clock: Clock::default(),
            retention: Some(Retention::default()),
            #[cfg(feature = "logs")]
            log_cap: longshore_core::LogCap::default(),
            refused: None,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), SetupError> {
        let mut names: Vec<_> = self.queues.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows().find(|[a, b]| a == b) {
            return Err(SetupError::DuplicateQueue(name.to_string()));
        }
        if let Some((name, _)) = self.queues.iter().find(|(_, concurrency)| *concurrency == 0) {
            return Err(SetupError::NoConcurrency(name.to_string()));
        }
        if self.lease < Duration::from_millis(100) {
            return Err(SetupError::ShortLease(self.lease));
        }
        self.refused.map_or(Ok(()), |short| Err(short.into()))
    }
}
