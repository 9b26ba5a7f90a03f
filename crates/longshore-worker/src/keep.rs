//! The keeper: duties of the whole house that every worker does, each safe when many do it at once.

use std::{sync::Arc, time::Duration};

use longshore_store::{Hint, Result};
use tokio::time::{Instant, sleep_until};

use crate::{Event, patience::Patience, retention::let_old_jobs_go, runtime::Runtime};

/// Jobs that one rescue takes back; more follow at once.
pub(crate) const RESCUE_LIMIT: u32 = 1000;
/// With leases of 30 s, a crashed worker's jobs are back within 35.
const RESCUE_AT_LEAST_EVERY: Duration = Duration::from_secs(5);
const RESCUE_AT_MOST_EVERY: Duration = Duration::from_millis(250);
const SAMPLE_EVERY: Duration = Duration::from_secs(15);
const WEEKS_EVERY: Duration = Duration::from_secs(3600);
/// Partitions are made for so many weeks ahead.
const WEEKS_AHEAD: u32 = 5;

/// Does all duties until the worker stops. What fails is logged and done again later. Retention may take
/// long, and nothing else waits for it.
pub(crate) async fn keep(runtime: Arc<Runtime>) {
    tokio::join!(do_rounds(runtime.clone()), let_old_jobs_go(runtime));
}

async fn do_rounds(runtime: Arc<Runtime>) {
    let mut rescues = Duty::every(rescue_every(runtime.settings.lease));
    let mut samples = Duty::every(SAMPLE_EVERY);
    let mut weeks = Duty::every(WEEKS_EVERY);
    while !runtime.stop.is_raised() {
        let next = rescues.next.min(samples.next).min(weeks.next);
        tokio::select! {
            () = sleep_until(next) => {}
            () = runtime.stop.raised() => return,
        }
        if rescues.is_due() {
            let full = rescue(&runtime).await;
            rescues.done(&runtime, "rescue", full);
        }
        if samples.is_due() {
            let sampled = runtime.store.sample(SAMPLE_EVERY / 2).await;
            samples.done(&runtime, "sample", sampled.map(|_| false));
        }
        if weeks.is_due() {
            let made = runtime.store.prepare_weeks(WEEKS_AHEAD).await;
            weeks.done(&runtime, "prepare_weeks", made.map(|_| false));
        }
    }
}

/// How often somebody whose leases hold so long looks for those of others that have run out.
pub(crate) fn rescue_every(lease: Duration) -> Duration {
    (lease / 3).clamp(RESCUE_AT_MOST_EVERY, RESCUE_AT_LEAST_EVERY)
}

/// Takes jobs back from dead workers; whether more may be left.
async fn rescue(runtime: &Runtime) -> Result<bool> {
    let settings = &runtime.settings;
    let rescued =
        runtime.store.rescue(RESCUE_LIMIT, settings.max_crashes, settings.clock.now()).await?;
    for rescued in &rescued {
        tracing::warn!(id = %rescued.job, attempt = rescued.attempt, "took a job back from a worker that went silent");
        runtime.events.post(Event::Rescued(rescued.clone()));
    }
    if !rescued.is_empty() {
        runtime.hint(Hint::Anywhere);
    }
    Ok(rescued.len() >= RESCUE_LIMIT as usize)
}

/// When something is done next.
struct Duty {
    every: Duration,
    next: Instant,
    patience: Patience,
}

impl Duty {
    fn every(every: Duration) -> Self {
        Self { every, next: Instant::now(), patience: Patience::default() }
    }

    fn is_due(&self) -> bool {
        self.next <= Instant::now()
    }

    /// Workers that were started together drift apart: the next time comes a little early.
    fn done(&mut self, runtime: &Runtime, call: &'static str, again: Result<bool>) {
        let pause = match again {
            Ok(true) => {
                self.patience.reset();
                Duration::ZERO
            }
            Ok(false) => {
                self.patience.reset();
                self.every.mul_f64(1.0 - 0.2 * rand::random::<f64>())
            }
            Err(error) => {
                runtime.events.trouble(call, &error);
                self.patience.pause().min(self.every)
            }
        };
        self.next = Instant::now() + pause;
    }
}
