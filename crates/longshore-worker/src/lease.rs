//! One lease that this process holds: the claimed job, how far its run is, and what it was told.

use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use longshore_core::{Limits, Log};
use longshore_store::{Claimed, Fence, Progress, Store};
use tokio::{sync::Notify, task::AbortHandle};

use crate::{setup::Settings, signal::Signal};

/// What holds for every lease of a worker.
pub(crate) struct Terms {
    /// The worker's storage, for handlers that complete inside a transaction of their own.
    pub(crate) store: Arc<dyn Store>,
    /// How long a lease holds.
    pub(crate) lease: Duration,
    /// The longest run of jobs that name none.
    pub(crate) timeout: Option<Duration>,
    /// Crashes in a row before a job is poison.
    pub(crate) max_crashes: u32,
    /// What a result may be.
    pub(crate) limits: Limits,
    /// How much of what a run says is kept.
    #[cfg(feature = "logs")]
    log_cap: longshore_core::LogCap,
    /// Tells the heart that some progress is new.
    pub(crate) progressed: Notify,
    /// Where this process counts its time from.
    pub(crate) epoch: Instant,
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms").field("lease", &self.lease).finish_non_exhaustive()
    }
}

impl Terms {
    pub(crate) fn of(store: &Arc<dyn Store>, settings: &Settings) -> Self {
        Self {
            store: store.clone(),
            lease: settings.lease,
            timeout: settings.timeout,
            max_crashes: settings.max_crashes,
            limits: store.limits(),
            #[cfg(feature = "logs")]
            log_cap: settings.log_cap,
            progressed: Notify::new(),
            epoch: Instant::now(),
        }
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.epoch).as_micros()).unwrap_or(u64::MAX)
    }
}

/// Why a handler is asked to come to an end. Of several causes the last one here counts: a wish to cancel
/// must not be lost because the time was up before, and nothing counts without a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Cause {
    /// The worker stops.
    Shutdown = 1,
    /// It runs longer than it may.
    Timeout = 2,
    /// Somebody called the job off.
    Requested = 3,
    /// The lease is over or was taken away.
    Lost = 4,
}

/// How far the run is. It only goes forward, and whoever moves it to `REPORTED` reports.
const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const REPORTED: u8 = 2;

#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) claimed: Claimed,
    /// The line of its queue.
    pub(crate) line: usize,
    pub(crate) terms: Arc<Terms>,
    phase: AtomicU8,
    cause: AtomicU8,
    cancelled: Signal,
    lost: Signal,
    completed_elsewhere: AtomicBool,
    /// When the last acknowledged renewal was sent, in microseconds of the epoch.
    renewed: AtomicU64,
    progress: Mutex<Progress>,
    progress_is_new: AtomicBool,
    deadline: OnceLock<Instant>,
    task: OnceLock<AbortHandle>,
    #[cfg(feature = "logs")]
    journal: OnceLock<crate::job_logs::Journal>,
}

impl Lease {
    /// A lease by a claim that was sent at `sent`.
    pub(crate) fn new(claimed: Claimed, line: usize, sent: Instant, terms: &Arc<Terms>) -> Self {
        Self {
            claimed,
            line,
            terms: terms.clone(),
            phase: AtomicU8::new(WAITING),
            cause: AtomicU8::new(0),
            cancelled: Signal::default(),
            lost: Signal::default(),
            completed_elsewhere: AtomicBool::new(false),
            renewed: AtomicU64::new(terms.micros(sent)),
            progress: Mutex::default(),
            progress_is_new: AtomicBool::new(false),
            deadline: OnceLock::new(),
            task: OnceLock::new(),
            #[cfg(feature = "logs")]
            journal: OnceLock::new(),
        }
    }

    pub(crate) fn fence(&self) -> Fence {
        self.claimed.fence()
    }

    /// The handler starts; `false` if somebody else has closed this attempt.
    pub(crate) fn start(&self) -> bool {
        self.advance(WAITING, RUNNING)
    }

    /// Takes the right to report the outcome of a run; only one caller ever gets it.
    pub(crate) fn report(&self) -> bool {
        self.phase.swap(REPORTED, Ordering::AcqRel) != REPORTED
    }

    pub(crate) fn is_reported(&self) -> bool {
        self.phase.load(Ordering::Acquire) == REPORTED
    }

    fn advance(&self, from: u8, to: u8) -> bool {
        self.phase.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Asks the handler to come to an end.
    pub(crate) fn cancel(&self, cause: Cause) {
        let before = self.cause.fetch_max(cause as u8, Ordering::AcqRel);
        if cause == Cause::Lost {
            self.lost.raise();
        }
        if before == 0 {
            self.cancelled.raise();
        }
    }

    /// Why the handler was asked to come to an end, if it was.
    pub(crate) fn cause(&self) -> Option<Cause> {
        match self.cause.load(Ordering::Acquire) {
            1 => Some(Cause::Shutdown),
            2 => Some(Cause::Timeout),
            3 => Some(Cause::Requested),
            4 => Some(Cause::Lost),
            _ => None,
        }
    }

    pub(crate) fn cancelled(&self) -> &Signal {
        &self.cancelled
    }

    pub(crate) fn lost(&self) -> &Signal {
        &self.lost
    }

    /// A transaction of the handler's own completes the job, if it commits.
    pub(crate) fn complete_elsewhere(&self) {
        self.completed_elsewhere.store(true, Ordering::Release);
    }

    pub(crate) fn is_completed_elsewhere(&self) -> bool {
        self.completed_elsewhere.load(Ordering::Acquire)
    }

    /// A renewal that was sent at `sent` was acknowledged.
    pub(crate) fn renew(&self, sent: Instant) {
        self.renewed.fetch_max(self.terms.micros(sent), Ordering::AcqRel);
    }

    /// Until when it surely holds: counted from the sending, because the database's clock started
    /// later than that.
    pub(crate) fn holds_until(&self) -> Instant {
        let renewed = Duration::from_micros(self.renewed.load(Ordering::Acquire));
        self.terms.epoch + renewed + self.terms.lease
    }

    pub(crate) fn set_progress(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        if !self.progress_is_new.swap(true, Ordering::AcqRel) {
            self.terms.progressed.notify_one();
        }
    }

    /// The progress, if it changed since it was asked for last.
    pub(crate) fn take_progress(&self) -> Option<Progress> {
        self.progress_is_new
            .swap(false, Ordering::AcqRel)
            .then(|| self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    pub(crate) fn has_new_progress(&self) -> bool {
        self.progress_is_new.load(Ordering::Acquire)
    }

    /// A renewal failed that carried this progress: the next one carries it again.
    pub(crate) fn progress_was_not_stored(&self) {
        self.progress_is_new.store(true, Ordering::Release);
    }

    /// The longest run of this job.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.claimed.timeout.or(self.terms.timeout)
    }

    pub(crate) fn set_deadline(&self, deadline: Instant) {
        let _ = self.deadline.set(deadline);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.get().copied()
    }

    pub(crate) fn set_task(&self, task: AbortHandle) {
        let _ = self.task.set(task);
    }

    /// The span of the run was just made on this thread: what is said inside it stays with the lease.
    #[cfg(feature = "logs")]
    pub(crate) fn take_journal(&self) {
        if let Some(journal) = crate::job_logs::Journal::just_opened(self.terms.log_cap) {
            let _ = self.journal.set(journal);
        }
    }

    /// What the run has said so far, if anybody keeps it.
    pub(crate) fn log(&self) -> Option<Log> {
        #[cfg(feature = "logs")]
        let said = self.journal.get().and_then(crate::job_logs::Journal::log);
        #[cfg(not(feature = "logs"))]
        let said = None;
        said
    }

    /// Drops the handler at its next `await`.
    pub(crate) fn abort(&self) {
        if let Some(task) = self.task.get() {
            task.abort();
        }
    }
}
