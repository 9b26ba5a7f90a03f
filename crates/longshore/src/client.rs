//! The client: one cheap handle to the database, for everybody who asks for work.

use std::{fmt, sync::Arc, time::Duration};

use longshore_core::{Because, JobId, NewJob, explain};
use longshore_store::{Cancelled, Enqueued, Error, ErrorKind, JobDetail, Result, Retried, Store};
use longshore_worker::{Coalescer, Job, Poller};

use crate::{Answer, Enqueue, Update, bulk, waiting};

/// A handle to the database: enqueues, waits, asks, steps in.
///
/// Cheap to clone, and not generic: the engine is behind it. Give a clone to
/// [`Worker::new`](crate::Worker::new) to work in the same process.
///
/// ```no_run
/// # use longshore::{Client, Job};
/// # use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize)] struct SendEmail { to: String }
/// # impl Job for SendEmail { const KIND: &'static str = "send_email"; }
/// # async fn example() -> longshore::Result {
/// let client = Client::connect("sqlite://jobs.db").await?;
/// let email = SendEmail { to: "ada@example.com".into() };
/// let enqueued = client.enqueue(email).priority(10).unique("welcome:ada").await?;
/// println!("job {}", enqueued.id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    store: Arc<dyn Store>,
    coalescer: Coalescer,
}

impl Client {
    /// A client of a storage that is there already, for instance one with options of its own.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { coalescer: Coalescer::new(store.clone()), store }
    }

    /// The storage behind it: all roles, for what this client has no word for.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    /// Asks for a job: nothing happens until the answer is awaited.
    ///
    /// Enqueues of many tasks at once share a commit, so a busy web server pays for a few transactions
    /// and not for one each. When it answers, the job survives any crash that the database survives.
    #[expect(clippy::needless_pass_by_value, reason = "a job that was enqueued is not used again")]
    pub fn enqueue<J: Job>(&self, job: J) -> Enqueue<'_> {
        Enqueue::new(self, &job)
    }

    /// Asks for many jobs of one type, each as [`Client::enqueue`] would by default.
    ///
    /// They are stored in transactions of a thousand, in order, from five thousand on by two connections
    /// at once. The answers stand in the order of the jobs.
    ///
    /// ```no_run
    /// # use longshore::{Client, Job};
    /// # use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize)] struct Thumbnail { page: u32 }
    /// # impl Job for Thumbnail { const KIND: &'static str = "thumbnail"; }
    /// # async fn example(client: Client) -> longshore::Result {
    /// let enqueued = client.enqueue_all((1..=10_000).map(|page| Thumbnail { page })).await?;
    /// assert_eq!(enqueued.len(), 10_000);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first error; transactions before it are committed. Who must be able to repeat a call without
    /// storing a job twice gives the jobs ids or unique keys of their own: [`Client::enqueue_many`].
    pub async fn enqueue_all<J, I>(&self, jobs: I) -> Result<Vec<Enqueued>>
    where
        J: Job,
        I: IntoIterator<Item = J, IntoIter: Send> + Send,
    {
        bulk::enqueue(self.store(), jobs.into_iter().map(|job| Ok(traced(job.to_new_job()?)))).await
    }

    /// Stores jobs with all their settings (begin with [`Job::to_new_job`]), as [`Client::enqueue_all`]
    /// does: the same call with the same jobs can be repeated and converges to one job each.
    ///
    /// # Errors
    /// The first error; transactions before it are committed.
    pub async fn enqueue_many(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        bulk::enqueue(self.store(), jobs.iter().map(|job| Ok(traced(job.clone())))).await
    }

    /// Stores one job with all its settings, together with others that are on their way.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a job that breaks the limits, and those of the database.
    pub async fn enqueue_raw(&self, job: NewJob) -> Result<Enqueued> {
        self.coalescer.enqueue(traced(job)).await
    }

    /// Tells workers that a queue has new jobs, after the commit of a transaction that stored them with
    /// [`Enqueue::tx`]. Without it they are found at the next poll, half a second later at most.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn wake(&self, queue: &str) -> Result<()> {
        let lanes = self.store.lanes(&[queue.into()]).await?.lanes;
        self.store.hint(&lanes).await;
        Ok(())
    }

    /// Asks for jobs in a loop of the program's own, without handlers and a runtime.
    pub fn poller(&self) -> Poller {
        Poller::new(self.clone())
    }

    /// Waits until a job is over, or for so long.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use longshore::{Answer, Client, JobId};
    /// # async fn example(client: Client, id: JobId) -> longshore::Result {
    /// match client.wait(id, Duration::from_secs(10)).await? {
    ///     Answer::Pending { state, .. } => println!("it is {state}: ask again later"),
    ///     answer => println!("its result: {}", answer.result::<u64>()?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] for an unknown id, and those of the database.
    pub async fn wait(&self, id: JobId, timeout: Duration) -> Result<Answer> {
        waiting::wait(&self.store, id, timeout).await
    }

    /// A job with everything that is known of it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(&self, id: JobId) -> Result<Option<JobDetail>> {
        one(self.store.jobs(&[id]).await?)
    }

    /// Calls a job off: a waiting one at once, a running one through its handler.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn cancel(&self, id: JobId) -> Result<Cancelled> {
        one(self.store.cancel(&[id]).await?)
    }

    /// Lets a dead letter run again, or makes a job that waits for later due now.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn retry(&self, id: JobId) -> Result<Retried> {
        one(self.store.retry(&[id]).await?)
    }

    /// Changes a job that waits, is held, or is a dead letter: nothing happens until the answer is awaited.
    ///
    /// Its next attempt gets the new payload and labels; one that runs is left alone, and the answer says so.
    /// The ledger tells of changes of state, and nothing of this.
    ///
    /// ```no_run
    /// # use longshore::{Client, Job, JobId, Updated};
    /// # use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize)] struct SendEmail { to: String }
    /// # impl Job for SendEmail { const KIND: &'static str = "send_email"; }
    /// # async fn example(client: Client, letter: JobId) -> longshore::Result {
    /// let mended = SendEmail { to: "ada@example.com".into() };
    /// if client.update(letter).job(mended).label("mended", 1).await? == Updated::Done {
    ///     client.retry(letter).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what breaks the limits, and those of the database.
    pub fn update(&self, id: JobId) -> Update<'_> {
        Update::new(self, id)
    }

    /// Why a job is not running (or that it is), most decisive first; `None` for an unknown id.
    ///
    /// ```no_run
    /// # use longshore::{Client, JobId};
    /// # async fn example(client: Client, id: JobId) -> longshore::Result {
    /// for because in client.explain(id).await?.unwrap_or_default() {
    ///     println!("{because}"); // for instance: it is due in 59 minutes
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the database.
    pub async fn explain(&self, id: JobId) -> Result<Option<Vec<Because>>> {
        Ok(self.store.circumstances(id).await?.as_ref().map(explain))
    }
}

/// The only element of an answer to a question about one.
pub(crate) fn one<T>(answers: Vec<T>) -> Result<T> {
    let lost = || {
        Error::new(ErrorKind::Internal, "the storage gave no answer for the one thing it was asked")
    };
    answers.into_iter().next().ok_or_else(lost)
}

impl From<Client> for Arc<dyn Store> {
    fn from(client: Client) -> Self {
        client.store
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.store.engine())
    }
}

/// The job with the trace of the current span, if programs of this build have traces.
pub(crate) fn traced(job: NewJob) -> NewJob {
    #[cfg(feature = "otel")]
    let job = longshore_worker::otel::carry(job);
    job
}
