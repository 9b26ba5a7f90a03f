//! Asking for one job: what, where, when, how often.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use longshore_core::{
    Backoff, Due, Invalid, JobId, Label, NewJob, Payload, Priority, Scope, Timestamp, TraceContext,
    Unique,
};
use longshore_store::{Enqueued, Result};
use longshore_worker::Job;
use serde::Serialize;

use crate::{Answer, Client, Transactional, client};

type Answering<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// A job that is about to be enqueued: `.await` stores it.
///
/// A value that cannot be (a priority of 11, a payload that is no JSON) is reported by the `.await`.
#[must_use = "an enqueue does nothing until it is awaited"]
#[derive(Debug)]
pub struct Enqueue<'c> {
    client: &'c Client,
    job: Result<NewJob, Invalid>,
    trace: Option<TraceContext>,
}

impl<'c> Enqueue<'c> {
    pub(crate) fn new<J: Job>(client: &'c Client, job: &J) -> Self {
        Self { client, job: job.to_new_job(), trace: None }
    }

    fn with(mut self, change: impl FnOnce(&mut NewJob)) -> Self {
        if let Ok(job) = &mut self.job {
            change(job);
        }
        self
    }

    fn try_with(mut self, change: impl FnOnce(&mut NewJob) -> Result<(), Invalid>) -> Self {
        self.job = self.job.and_then(|mut job| change(&mut job).map(|()| job));
        self
    }

    /// The job with its trace.
    fn whole(self) -> Result<NewJob, Invalid> {
        let mut job = self.job?;
        if let Some(trace) = self.trace {
            job.context = Some(trace.add_to(job.context.as_ref())?);
        }
        Ok(client::traced(job))
    }

    /// The line it stands in, instead of its type's.
    pub fn queue(self, queue: &str) -> Self {
        self.with(|job| job.queue = queue.into())
    }

    /// How urgent it is: 1 to 10, **10 is highest**, 5 by default.
    pub fn priority(self, priority: u8) -> Self {
        self.try_with(|job| {
            job.priority = Priority::new(priority)?;
            Ok(())
        })
    }

    /// Not before so long after it is stored.
    pub fn run_in(self, delay: Duration) -> Self {
        self.with(|job| job.due = Due::In(delay))
    }

    /// Not before this time, by the database's clock.
    pub fn run_at(self, at: impl Into<Timestamp>) -> Self {
        self.with(|job| job.due = Due::At(at.into()))
    }

    /// At most one live job of this tenant with this key: while there is one, an enqueue answers
    /// [`Enqueued::Duplicate`] with its id. Free again when the job is completed, cancelled or discarded.
    pub fn unique(self, key: impl Into<String>) -> Self {
        self.unique_within(key, Scope::UntilTerminal)
    }

    /// At most one job with this key within a window that begins now, whatever becomes of the job.
    pub fn unique_for(self, key: impl Into<String>, window: Duration) -> Self {
        self.unique_within(key, Scope::For(window))
    }

    /// At most one job with this key within any scope.
    pub fn unique_within(self, key: impl Into<String>, scope: Scope) -> Self {
        self.with(|job| job.unique = Some(Unique { key: key.into(), scope }))
    }

    /// Its owner, for fair turns and for filtering.
    pub fn tenant(self, tenant: &str) -> Self {
        self.with(|job| job.tenant = tenant.into())
    }

    /// Total tries, instead of 20.
    pub fn max_attempts(self, tries: u32) -> Self {
        self.with(|job| job.max_attempts = tries)
    }

    /// How long to wait between tries.
    pub fn backoff(self, backoff: Backoff) -> Self {
        self.with(|job| job.backoff = Some(backoff))
    }

    /// How long a try may take; without it, the worker's default.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|job| job.timeout = Some(timeout))
    }

    /// A name for people.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.with(|job| job.name = Some(name.into()))
    }

    /// Something that people and handlers know it by: an order, a customer. Jobs are found by it
    /// ([`JobFilter::labels`](crate::JobFilter)): a string or a whole number, at most 32 of them.
    pub fn label(self, name: impl Into<String>, value: impl Into<Label>) -> Self {
        self.with(|job| {
            job.labels.insert(name.into(), value.into());
        })
    }

    /// The trace that it belongs to, as W3C trace context: it travels in the job's context, which is then an
    /// object. [`Ctx::trace`](crate::Ctx::trace) shows it, and programs get it as `TRACEPARENT`.
    ///
    /// ```no_run
    /// # use longshore::{Client, Job, TraceContext};
    /// # use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize)] struct Welcome { user: i64 }
    /// # impl Job for Welcome { const KIND: &'static str = "welcome"; }
    /// # async fn example(client: Client, header: &str) -> longshore::Result {
    /// let trace: TraceContext = header.parse()?;
    /// client.enqueue(Welcome { user: 7 }).trace(trace).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// What travels along for the handler's [`Ctx`](crate::Ctx): a user, a locale.
    pub fn context<T: Serialize + ?Sized>(self, context: &T) -> Self {
        self.try_with(|job| {
            job.context = Some(Payload::of(context)?);
            Ok(())
        })
    }

    /// Its id, made before: a repetition of the same enqueue is then a [`Enqueued::Duplicate`].
    pub fn id(self, id: JobId) -> Self {
        self.with(|job| job.id = id)
    }

    /// What it waits for together with other jobs: an order, an answer of somebody else. 1 to 512 bytes.
    pub fn correlation(self, id: impl Into<String>) -> Self {
        self.with(|job| job.correlation_id = Some(id.into()))
    }

    /// When it completes, other jobs of its tenant and [correlation id](Self::correlation) that wait are
    /// completed with it, in the same transaction and without a run. Jobs that run, are held, or are dead
    /// letters are left alone.
    ///
    /// A reminder that nobody needs once the order is paid:
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use longshore::{Client, Job};
    /// # use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize)] struct Remind { order: u32 }
    /// # impl Job for Remind { const KIND: &'static str = "remind"; }
    /// # #[derive(Serialize, Deserialize)] struct BookPayment { order: u32 }
    /// # impl Job for BookPayment { const KIND: &'static str = "book_payment"; }
    /// # async fn example(client: Client) -> longshore::Result {
    /// let in_a_week = Duration::from_secs(7 * 24 * 3600);
    /// client.enqueue(Remind { order: 7 }).run_in(in_a_week).correlation("order-7").await?;
    /// client.enqueue(BookPayment { order: 7 }).correlation("order-7").completes_siblings().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The `.await` refuses a job without a correlation id.
    pub fn completes_siblings(self) -> Self {
        self.with(|job| job.completes_siblings = true)
    }

    /// Stored, but not run until somebody releases it.
    pub fn held(self) -> Self {
        self.with(|job| job.held = true)
    }

    /// Stores it inside the caller's own open transaction: with its commit, or not at all.
    ///
    /// `tx` is a `sqlx::Transaction` or a connection on which one was begun, of the same database and
    /// engine as the client. Workers find the job at their next poll, or at once if
    /// [`Client::wake`] is called after the commit.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```no_run")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    /// # use longshore::{Client, Job, sqlx};
    /// # use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize)] struct Welcome { user: i64 }
    /// # impl Job for Welcome { const KIND: &'static str = "welcome"; }
    /// # async fn example(client: Client, pool: sqlx::SqlitePool) -> longshore::Result {
    /// let mut tx = pool.begin().await?;
    /// sqlx::query("INSERT INTO users (id) VALUES (7)").execute(&mut *tx).await?;
    /// client.enqueue(Welcome { user: 7 }).tx(&mut tx).await?;
    /// tx.commit().await?;
    /// client.wake("default").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a transaction of another engine. After an error
    /// of the database, roll back.
    pub async fn tx<C: Transactional + ?Sized>(self, tx: &mut C) -> Result<Enqueued> {
        let (client, job) = (self.client, self.whole()?);
        client::one(tx.enqueue_in(&*client.store(), &[job]).await?)
    }

    /// Stores it and waits until it is over, or for so long.
    ///
    /// # Errors
    /// Those of the enqueue and of [`Client::wait`].
    pub async fn wait(self, timeout: Duration) -> Result<Answer> {
        let client = self.client;
        let enqueued = self.await?;
        client.wait(enqueued.id(), timeout).await
    }
}

impl<'c> IntoFuture for Enqueue<'c> {
    type Output = Result<Enqueued>;
    type IntoFuture = Answering<'c, Enqueued>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.client.enqueue_raw(self.whole()?).await })
    }
}
