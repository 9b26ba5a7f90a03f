//! For programs that drive their own loop: asks for jobs as a worker does, and hands them out.

use std::{sync::Arc, time::Duration};

use longshore_core::{Lane, Timestamp, WorkerId};
use longshore_store::{Claim, Error, ErrorKind, Heartbeat, Result, Store, WorkerFacts};
use tokio::time::Instant;

use crate::{
    Clock, Job, Polled, PolledJob,
    keep::{RESCUE_LIMIT, rescue_every},
    lanes::Lanes,
    lease::Terms,
    pace::Room,
    runtime::facts,
    setup::Settings,
    worker::{DAY, Opaque},
};

/// Looks at jobs that are due, and yet not to be had, before the caller is told to come back.
const ROUNDS: u32 = 3;

/// Asks for jobs, one call at a time; the program runs them as it likes, and ends each of them.
///
/// Nothing happens between two calls: nobody renews the leases of the jobs that were handed out. Take a
/// lease that is longer than the work, or [extend](PolledJob::extend) it. Every process, and every task
/// that polls on its own, has a poller of its own.
///
/// ```
/// use longshore_worker::{Job, Polled, Poller, Result};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)] struct SendEmail { to: String }
/// # impl Job for SendEmail { const KIND: &'static str = "send_email"; }
/// # async fn send(mail: SendEmail) -> Result { let _ = mail.to; Ok(()) }
/// async fn work(store: std::sync::Arc<dyn longshore_store::Store>) -> Result {
///     let mut poller = Poller::new(store).job::<SendEmail>();
///     loop {
///         let polled = poller.poll(10).await?;
///         let pause = polled.pause();
///         if let Polled::Jobs(jobs) = polled {
///             for job in jobs {
///                 let answer = async { send(job.ctx().decode()?).await }.await;
///                 job.finish(answer).await?;
///             }
///         }
///         tokio::time::sleep(pause).await;
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use = "a poller does nothing until it is polled"]
pub struct Poller {
    store: Opaque,
    settings: Settings,
    tenants: Vec<Arc<str>>,
    kinds: Vec<Arc<str>>,
    /// The queues of the kinds, unless queues are named.
    queues: Vec<Arc<str>>,
    rounds: Option<Rounds>,
}

impl Poller {
    /// A poller on a storage; a `Client` is one, too. It needs to know kinds.
    pub fn new(store: impl Into<Arc<dyn Store>>) -> Self {
        Self {
            store: Opaque(store.into()),
            settings: Settings::default(),
            tenants: Vec::new(),
            kinds: Vec::new(),
            queues: Vec::new(),
            rounds: None,
        }
    }

    /// Asks for jobs of this type, in its default queue unless [queues](Self::queue) are named.
    pub fn job<J: Job>(self) -> Self {
        let poller = self.kind(J::KIND);
        Self { queues: with(poller.queues, J::QUEUE.into()), ..poller }
    }

    /// Asks for jobs of this kind. Others are left alone.
    pub fn kind(self, kind: impl Into<Arc<str>>) -> Self {
        Self { kinds: with(self.kinds, kind.into()), rounds: None, ..self }
    }

    /// Asks in this queue, and no longer in the default queues of the kinds.
    pub fn queue(mut self, name: impl Into<Arc<str>>) -> Self {
        self.settings.queues.push((name.into(), 1));
        Self { rounds: None, ..self }
    }

    /// Asks for jobs of this tenant, and of others that are named; of all tenants if none is.
    pub fn tenant(self, name: impl Into<Arc<str>>) -> Self {
        Self { tenants: with(self.tenants, name.into()), rounds: None, ..self }
    }

    /// How long the leases hold: 30 s, and at most a day. So long after a crash a job is taken back.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease.min(DAY);
        Self { rounds: None, ..self }
    }

    /// The time to go by, for tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        Self { rounds: None, ..self }
    }

    /// Takes up to so many due jobs, in the order in which a worker would: by priority, fair between
    /// tenants, the earliest first. Without any it says when to come back.
    ///
    /// Now and then it also takes jobs back whose leases have run out, so that a lone poller loses none.
    ///
    /// A call that is dropped before it answered may have taken jobs: they come back when their leases run
    /// out, and the attempt counts. So wait for its answer, and stop in between.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a poller without kinds, or with a queue twice or a lease under 100 ms; and
    /// those of the database. After an error no job was taken, unless it says
    /// [`ErrorKind::Unknown`].
    pub async fn poll(&mut self, limit: u32) -> Result<Polled> {
        let mut rounds = match self.rounds.take() {
            Some(rounds) => rounds,
            None => self.begin()?,
        };
        let polled = rounds.poll(limit.max(1)).await;
        self.rounds = Some(rounds);
        polled
    }

    fn begin(&self) -> Result<Rounds> {
        let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
        if self.kinds.is_empty() {
            return Err(invalid(
                "the poller has no kind: name one with `.job()` or `.kind(..)`".into(),
            ));
        }
        let mut settings = self.settings.clone();
        if settings.queues.is_empty() {
            let queues = match &self.queues[..] {
                [] => &[longshore_core::DEFAULT_QUEUE.into()],
                queues => queues,
            };
            settings.queues = queues.iter().map(|queue| (queue.clone(), 1)).collect();
        }
        settings.check().map_err(|error| invalid(error.to_string()))?;
        let queues: Vec<_> = settings.queues.iter().map(|(queue, _)| queue.clone()).collect();
        let now = Instant::now();
        Ok(Rounds {
            worker: Arc::new(facts(WorkerId::new(), &settings, &self.kinds)),
            terms: Arc::new(Terms::of(&self.store.0, &settings)),
            // Whether a lane holds work is asked in each round, never believed.
            lanes: Lanes::new(&queues, DAY, now),
            keep_house_at: now,
            kinds: self.kinds.as_slice().into(),
            tenants: self.tenants.clone(),
            queues,
            clock: settings.clock,
        })
    }
}

fn with(mut names: Vec<Arc<str>>, name: Arc<str>) -> Vec<Arc<str>> {
    if !names.contains(&name) {
        names.push(name);
    }
    names
}

/// A poller that has begun.
#[derive(Debug)]
struct Rounds {
    worker: Arc<WorkerFacts>,
    terms: Arc<Terms>,
    queues: Vec<Arc<str>>,
    tenants: Vec<Arc<str>>,
    kinds: Arc<[Arc<str>]>,
    lanes: Lanes,
    keep_house_at: Instant,
    clock: Clock,
}

impl Rounds {
    async fn poll(&mut self, limit: u32) -> Result<Polled> {
        if self.keep_house_at <= Instant::now() {
            self.keep_house().await;
            self.keep_house_at = Instant::now() + rescue_every(self.terms.lease);
        }
        let mut due = None;
        for _ in 0..ROUNDS {
            let open = self.read_lanes().await?;
            let jobs = self.claim(limit).await?;
            if !jobs.is_empty() {
                return Ok(Polled::Jobs(jobs));
            }
            due = self.terms.store.next_due(&open, &self.kinds).await?;
            let now = self.clock.now().unwrap_or_else(|| std::time::SystemTime::now().into());
            if due.is_none_or(|due: Timestamp| due > now) {
                break;
            }
        }
        Ok(due.map_or(Polled::Empty, Polled::WaitUntil))
    }

    /// What a worker does all the time: it shows itself, and takes jobs back from the dead. It is done again
    /// soon, so a failure is no reason to ask for no jobs.
    async fn keep_house(&self) {
        let (store, now) = (&self.terms.store, self.clock.now());
        let heartbeat = Heartbeat {
            worker: self.worker.clone(),
            leases: Vec::new(),
            lease: self.terms.lease,
            now,
        };
        if let Err(error) = store.heartbeat(&heartbeat).await {
            tracing::warn!(%error, "a poller could not show itself");
        }
        match store.rescue(RESCUE_LIMIT, self.terms.max_crashes, now).await {
            Ok(rescued) if rescued.is_empty() => {}
            Ok(rescued) => {
                let jobs = rescued.len();
                tracing::warn!(jobs, "took jobs back from workers that went silent");
            }
            Err(error) => tracing::warn!(%error, "a poller could not take jobs back"),
        }
    }

    /// The lanes that may be asked.
    async fn read_lanes(&mut self) -> Result<Vec<Lane>> {
        let mut seen = self.terms.store.lanes(&self.queues).await?;
        seen.lanes.retain(|lane| self.tenants.is_empty() || self.tenants.contains(&lane.tenant));
        self.lanes.adopt(&seen);
        self.lanes.stir();
        seen.lanes.retain(|lane| !seen.paused.contains(&lane.queue));
        Ok(seen.lanes)
    }

    /// Claims until there are enough or every lane came back short.
    async fn claim(&mut self, limit: u32) -> Result<Vec<PolledJob>> {
        let mut jobs: Vec<PolledJob> = Vec::new();
        loop {
            let left = limit - u32::try_from(jobs.len()).unwrap_or(limit).min(limit);
            let room = Room { jobs: left.min(RESCUE_LIMIT), now: left > 0 };
            let rooms = vec![room; self.queues.len()];
            let Some(plan) = self.lanes.plan(Instant::now(), &rooms).filter(|_| left > 0) else {
                return Ok(jobs);
            };
            let claim = Claim {
                worker: self.worker.id,
                cursors: plan.cursors.clone(),
                kinds: self.kinds.clone(),
                limit: plan.limit,
                lease: self.terms.lease,
                now: self.clock.now(),
            };
            let (sent, started) = (std::time::Instant::now(), Instant::now());
            let claimed = match self.terms.store.claim(&claim).await {
                Ok(claimed) => claimed,
                Err(error) if jobs.is_empty() => return Err(error),
                // Those that were taken before are to be run.
                Err(error) => {
                    tracing::warn!(%error, "a poll brings fewer jobs than there may be");
                    return Ok(jobs);
                }
            };
            self.lanes.learn(&plan, &claimed, sent.elapsed(), started);
            let taken = claimed.into_iter();
            jobs.extend(taken.map(|job| {
                PolledJob::new(job, sent, &self.terms, self.worker.clone(), self.clock.clone())
            }));
        }
    }
}
