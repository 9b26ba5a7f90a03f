//! The heart: renews all leases from an OS thread of its own, so that handlers which block every thread
//! of the program lose nothing, and tells handlers when a lease is over.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use longshore_store::{Heartbeat, Progress, Renewed, Result};
use tokio::{runtime::Builder, sync::oneshot, task::JoinHandle, time::sleep_until};
use tracing::{Instrument, debug_span};

use crate::{
    Event, SetupError,
    lease::{Cause, Lease},
    part::Part,
    patience::Patience,
    runtime::Runtime,
};

/// Progress travels at most so often.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// A worker shows itself at least so often, however long its leases hold.
const LONGEST_SILENCE: Duration = Duration::from_secs(15);

/// A beating heart.
pub(crate) struct Heart {
    stop: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
}

impl Heart {
    /// Starts the thread.
    pub(crate) fn start(worker: Arc<Runtime>) -> std::result::Result<Self, SetupError> {
        let no_thread = |error: std::io::Error| SetupError::NoThread(error.to_string());
        let runtime = Builder::new_current_thread().enable_time().build().map_err(no_thread)?;
        let (stop, stopping) = oneshot::channel();
        let (done, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("longshore-heart".into())
            .spawn(move || {
                let beats = Beats::new(worker.clone()).run(stopping);
                runtime.block_on(Part::Heart.watch(&worker, beats));
                // A call that hangs must not hold the thread.
                runtime.shutdown_background();
                let _ = done.send(());
            })
            .map_err(no_thread)?;
        Ok(Self { stop, stopped })
    }

    /// Ends it, after the last lease.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.stopped.await;
    }
}

struct Beats {
    worker: Arc<Runtime>,
    interval: Duration,
    patience: Patience,
    /// When all leases are renewed next.
    next: Instant,
    /// When leases with new progress are renewed next.
    next_progress: Option<Instant>,
    last_sent: Option<Instant>,
}

/// A beat on its way.
struct Beat {
    sent: Instant,
    leases: Vec<(Arc<Lease>, bool)>,
    answer: JoinHandle<Result<Vec<Renewed>>>,
}

impl Beats {
    fn new(worker: Arc<Runtime>) -> Self {
        let interval = (worker.settings.lease / 3).min(LONGEST_SILENCE);
        let (patience, next) = (Patience::default(), Instant::now());
        Self { worker, interval, patience, next, next_progress: None, last_sent: None }
    }

    /// The call is a task, never waited for alone: while the database hangs, the watch goes on.
    async fn run(mut self, mut stopping: oneshot::Receiver<()>) {
        let terms = self.worker.terms.clone();
        let mut beat: Option<Beat> = None;
        loop {
            let due = self.next_progress.map_or(self.next, |progress| progress.min(self.next));
            let due = if beat.is_some() { None } else { Some(due) };
            let over = self.first_over();
            let wake = [due, over]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or_else(|| Instant::now() + self.interval);
            tokio::select! {
                _ = &mut stopping => return,
                answer = answer(&mut beat) => if let Some(beat) = beat.take() { self.learn(&beat, answer) },
                () = terms.progressed.notified() => self.schedule_progress(),
                () = sleep_until(wake.into()) => {
                    self.tell_those_over();
                    if due.is_some_and(|due| due <= Instant::now()) {
                        beat = Some(self.send());
                    }
                }
            }
        }
    }

    fn schedule_progress(&mut self) {
        let soon = self.last_sent.map_or_else(Instant::now, |sent| sent + PROGRESS_EVERY);
        self.next_progress.get_or_insert(soon);
    }

    fn send(&mut self) -> Beat {
        let sent = Instant::now();
        let all = sent >= self.next;
        let held = self.worker.leases.all().into_iter();
        let held = held.filter(|lease| is_renewed(lease) && (all || lease.has_new_progress()));
        let (mut leases, mut renewals) = (Vec::new(), Vec::<(_, Option<Progress>)>::new());
        for lease in held {
            let progress = lease.take_progress();
            leases.push((lease.clone(), progress.is_some()));
            renewals.push((lease.fence(), progress));
        }
        let heartbeat = Heartbeat {
            worker: self.worker.facts(),
            leases: renewals,
            lease: self.worker.settings.lease,
            now: self.worker.settings.clock.now(),
        };
        if all {
            self.next = sent + self.interval;
        }
        self.next_progress = None;
        self.last_sent = Some(sent);
        let store = self.worker.store.clone();
        let span = debug_span!("heartbeat", leases = heartbeat.leases.len());
        let beat = async move { store.heartbeat(&heartbeat).await };
        let answer = tokio::spawn(beat.instrument(span));
        Beat { sent, leases, answer }
    }

    fn learn(&mut self, beat: &Beat, answer: Result<Vec<Renewed>>) {
        match answer {
            Ok(answers) => {
                self.patience.reset();
                for ((lease, _), renewed) in beat.leases.iter().zip(answers) {
                    match renewed {
                        Renewed::Held => lease.renew(beat.sent),
                        Renewed::CancelRequested => {
                            lease.renew(beat.sent);
                            lease.cancel(Cause::Requested);
                        }
                        Renewed::Lost => self.lost(lease),
                    }
                }
            }
            Err(error) => {
                self.worker.events.trouble("heartbeat", &error);
                let carried = beat.leases.iter().filter(|(_, carried)| *carried);
                carried.for_each(|(lease, _)| lease.progress_was_not_stored());
                self.next = Instant::now() + self.patience.pause().min(self.interval);
            }
        }
    }

    /// When the first lease is over that no answer has renewed.
    fn first_over(&self) -> Option<Instant> {
        self.worker
            .leases
            .all()
            .iter()
            .filter(|lease| is_watched(lease))
            .map(|lease| lease.holds_until())
            .min()
    }

    fn tell_those_over(&self) {
        let now = Instant::now();
        let all = self.worker.leases.all().into_iter();
        all.filter(|lease| lease.holds_until() <= now).for_each(|lease| self.lost(&lease));
    }

    fn lost(&self, lease: &Lease) {
        if is_watched(lease) {
            lease.cancel(Cause::Lost);
            let fence = lease.fence();
            tracing::warn!(id = %fence.job, attempt = fence.attempt, "the lease was lost; its handler was told");
            self.worker.events.post(Event::LeaseLost { id: fence.job, attempt: fence.attempt });
        }
    }
}

/// Whether the lease still counts as this worker's.
fn is_ours(lease: &Lease) -> bool {
    !lease.lost().is_raised()
}

/// Whether a beat renews it. The row of a lease that a transaction of the handler's own completes is
/// locked until that ends: a beat that named it would wait for it, and all other leases with it.
fn is_renewed(lease: &Lease) -> bool {
    is_ours(lease) && !lease.is_completed_elsewhere()
}

/// Whether a handler would have to be told of its loss. A run whose outcome is being written, or that a
/// transaction of its own has completed, has nobody left to be told.
fn is_watched(lease: &Lease) -> bool {
    is_ours(lease) && !lease.is_reported() && !lease.is_completed_elsewhere()
}

/// The answer to the beat on its way; waits for ever if there is none.
async fn answer(beat: &mut Option<Beat>) -> Result<Vec<Renewed>> {
    use longshore_store::{Error, ErrorKind};
    match beat {
        None => std::future::pending().await,
        Some(beat) => (&mut beat.answer).await.unwrap_or_else(|error| {
            Err(Error::new(ErrorKind::Internal, "the heartbeat broke off").caused_by(error))
        }),
    }
}
