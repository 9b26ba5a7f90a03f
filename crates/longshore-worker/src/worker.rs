//! The worker as a program builds it: handlers, queues, settings, and then a run.

use std::{future::Future, sync::Arc, time::Duration};

use longshore_core::{Payload, Retention};
use longshore_store::{Heartbeat, Store};

use crate::{
    Clock, Ctx, Handler, Result, Running, SetupError,
    handler::IntoAnswer,
    patience::Patience,
    registry::Registry,
    runtime::Runtime,
    setup::{DEFAULT_CONCURRENCY, Settings},
    stop,
};

/// Longer than anybody means, and short enough to be added to any time.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Runs jobs. Build it, give it handlers, run it.
///
/// ```
/// use longshore_worker::{Job, Result, Worker};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct SendEmail {
///     to: String,
/// }
///
/// impl Job for SendEmail {
///     const KIND: &'static str = "send_email";
/// }
///
/// async fn send_email(job: SendEmail) -> Result {
///     println!("mail to {}", job.to);
///     Ok(())
/// }
///
/// async fn work(store: std::sync::Arc<dyn longshore_store::Store>) -> Result {
///     Worker::new(store).handle(send_email).queue("default", 10).run().await
/// }
/// ```
#[derive(Debug)]
#[must_use = "a worker does nothing until it is run"]
pub struct Worker<S = ()> {
    store: Opaque,
    state: S,
    registry: Registry<S>,
    settings: Settings,
}

impl Worker<()> {
    /// A worker on a storage; a `Client` is one, too.
    pub fn new(store: impl Into<Arc<dyn Store>>) -> Self {
        Self::with_state(store, ())
    }
}

impl<S: Send + Sync + 'static> Worker<S> {
    /// A worker whose handlers share some state: take it, or a part of it, with
    /// [`State`](crate::State).
    ///
    /// ```
    /// use longshore_worker::{Job, Result, State, Worker};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)] struct SendEmail { to: String }
    /// # impl Job for SendEmail { const KIND: &'static str = "send_email"; }
    /// #[derive(Clone)]
    /// struct Mailer;
    ///
    /// async fn send_email(job: SendEmail, State(mailer): State<Mailer>) -> Result {
    ///     let _ = (job.to, mailer);
    ///     Ok(())
    /// }
    ///
    /// async fn work(store: std::sync::Arc<dyn longshore_store::Store>) -> Result {
    ///     Worker::with_state(store, Mailer).handle(send_email).run().await
    /// }
    /// ```
    pub fn with_state(store: impl Into<Arc<dyn Store>>, state: S) -> Self {
        let (registry, settings) = (Registry::new(), Settings::default());
        Self { store: Opaque(store.into()), state, registry, settings }
    }

    /// Runs jobs of the kind of the handler's payload with it. One handler a kind: a second one makes the
    /// start fail.
    pub fn handle<Args, H: Handler<Args, S>>(mut self, handler: H) -> Self {
        self.registry.add(handler);
        self
    }

    /// Runs jobs of a kind with a handler that takes the payload as it is: for kinds that are only known
    /// while the program runs.
    pub fn handle_raw<F, Run>(mut self, kind: impl Into<Arc<str>>, handler: F) -> Self
    where
        F: Fn(Payload, Ctx) -> Run + Send + Sync + 'static,
        Run: Future<Output: IntoAnswer> + Send + 'static,
    {
        self.registry.add_raw(kind.into(), handler);
        self
    }

    /// Takes jobs from a queue and runs so many of them at once. Without any queue, a worker takes the
    /// default queues of its handlers' kinds, ten at once each.
    pub fn queue(mut self, name: impl Into<Arc<str>>, concurrency: u32) -> Self {
        self.settings.queues.push((name.into(), concurrency));
        self
    }

    /// How long a lease holds without a renewal: 30 s, and at most a day. So long after a crash a job is
    /// taken back; three times within it the worker shows a sign of life.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease.min(DAY);
        self
    }

    /// The longest run of jobs that name none; without it they may take for ever.
    ///
    /// When it is over, [`Ctx::cancelled`] answers, and five seconds later the handler is dropped at its
    /// next `await`.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// Workers in a row that a job may take down before it is discarded as poison: 3.
    pub fn max_crashes(mut self, crashes: u32) -> Self {
        self.settings.max_crashes = crashes;
        self
    }

    /// How much of what an attempt says is kept, if [`JobLogs`](crate::JobLogs) listens: the last 200 lines,
    /// and no more than 16 KiB of them. What is left out is counted.
    #[cfg(feature = "logs")]
    pub fn log_cap(mut self, cap: longshore_core::LogCap) -> Self {
        self.settings.log_cap = cap;
        self
    }

    /// How often an idle worker looks for work that no hint told it of: every 500 ms.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.settings.poll = interval.clamp(Duration::from_millis(1), DAY);
        self
    }

    /// How long running handlers get to end when the worker stops: 25 s. After half of it they are asked
    /// to, through [`Ctx::cancelled`].
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace.min(30 * DAY);
        self
    }

    /// Most jobs in one claim: 2000. What is really claimed follows the speed of the handlers, and the weight of
    /// the jobs: a claim asks for as many as weigh 16 MiB if they are like those of the last one.
    pub fn fetch(mut self, jobs: u32) -> Self {
        self.settings.fetch = jobs.max(1);
        self
    }

    /// How long jobs are kept after their end, with ledger and result: four weeks. Then their week is
    /// dropped; jobs that wait, run or are dead letters stay, whatever their age.
    ///
    /// All workers on a database should agree: the shortest one wins. Less than a day makes the start fail.
    pub fn retention(mut self, keep: Duration) -> Self {
        match Retention::keeping(keep) {
            Ok(retention) => {
                self.settings.retention = Some(retention);
                self.settings.refused = None;
            }
            Err(short) => self.settings.refused = Some(short),
        }
        self
    }

    /// Drops no jobs: they stay until another worker or `longshore weeks rotate` takes them away.
    pub fn retention_off(mut self) -> Self {
        self.settings.retention = None;
        self.settings.refused = None;
        self
    }

    /// The time to go by, for tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Puts something around the storage, for instance what measures its calls. It is told the worker's queues
    /// and kinds, so call it after they are named.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use longshore_store::Store;
    /// # use longshore_worker::{Job, Worker};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Serialize, Deserialize)] struct SendEmail { to: String }
    /// # impl Job for SendEmail { const KIND: &'static str = "send_email"; }
    /// # async fn send_email(_: SendEmail) -> longshore_worker::Result { Ok(()) }
    /// fn worker(store: Arc<dyn Store>) -> Worker {
    ///     Worker::new(store).handle(send_email).queue("mail", 10).decorate(longshore_metrics::metered)
    /// }
    /// ```
    pub fn decorate(
        mut self,
        decorate: impl FnOnce(Arc<dyn Store>, Vec<Arc<str>>, Vec<Arc<str>>) -> Arc<dyn Store>,
    ) -> Self {
        let queues = match &self.settings.queues[..] {
            [] => self.registry.queues(),
            named => named.iter().map(|(queue, _)| queue.clone()).collect(),
        };
        self.store = Opaque(decorate(self.store.0, queues, self.registry.kinds()));
        self
    }

    /// Runs until the process gets ctrl-c or SIGTERM, and stops gracefully. On a second signal it gives
    /// back what runs and leaves at once.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub async fn run(self) -> Result {
        let mut running = self.start().await?;
        tokio::select! {
            end = running.ended() => return end,
            () = crate::interrupt::interrupted() => running.request_stop(),
        }
        tokio::select! {
            end = running.ended() => return end,
            () = crate::interrupt::interrupted() => running.request_stop(),
        }
        running.ended().await
    }

    /// Runs until the future answers, whatever it says, and stops gracefully.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub async fn run_until(self, stop: impl Future) -> Result {
        let mut running = self.start().await?;
        tokio::select! {
            end = running.ended() => return end,
            _ = stop => running.request_stop(),
        }
        running.ended().await
    }

    /// Runs until nothing that is due is left and nothing runs, and stops. Jobs that are due later, and
    /// those of paused queues, stay.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub async fn drain(self) -> Result {
        let running = self.start().await?;
        running.drained().await;
        running.stop().await
    }

    /// Starts it in the background, once the storage has answered and has taken the worker's own row.
    ///
    /// # Errors
    /// [`SetupError`] when it was put together wrongly; the storage's error when that is not a passing
    /// one, for instance a database that was not migrated or that cannot be written.
    pub async fn start(self) -> Result<Running> {
        let (runtime, reports) = self.assemble()?;
        let mut patience = Patience::default();
        while let Err((call, error)) = announce(&runtime).await {
            if !error.is_transient() {
                return Err(error.into());
            }
            runtime.events.trouble(call, &error);
            tokio::time::sleep(patience.pause()).await;
        }
        let life = tokio::spawn(stop::start(runtime.clone(), reports)?);
        Ok(Running::new(runtime, life))
    }

    pub(crate) fn assemble(mut self) -> Result<Parts, SetupError> {
        if self.settings.queues.is_empty() {
            let queues = self.registry.queues().into_iter();
            self.settings.queues = queues.map(|queue| (queue, DEFAULT_CONCURRENCY)).collect();
        }
        let handlers = self.registry.bind(self.state)?;
        self.settings.check()?;
        Ok(Runtime::new(self.store.0, handlers, self.settings))
    }
}

/// Asks for what every claim needs, and writes what every worker writes: what fails for good fails here,
/// and not for ever in the background. Later nothing does: a database that refuses writes then may be one
/// that is just being replaced.
async fn announce(runtime: &Runtime) -> Result<(), (&'static str, longshore_store::Error)> {
    runtime.store.lanes(&runtime.queues()).await.map_err(|error| ("lanes", error))?;
    let heartbeat = Heartbeat {
        worker: runtime.facts(),
        leases: Vec::new(),
        lease: runtime.settings.lease,
        now: runtime.settings.clock.now(),
    };
    let beat = runtime.store.heartbeat(&heartbeat).await;
    beat.map(drop).map_err(|error| ("heartbeat", error))
}

pub(crate) type Parts =
    (Arc<Runtime>, tokio::sync::mpsc::UnboundedReceiver<longshore_store::Finish>);

/// A storage that prints as its engine.
pub(crate) struct Opaque(pub(crate) Arc<dyn Store>);

impl std::fmt::Debug for Opaque {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.engine())
    }
}
