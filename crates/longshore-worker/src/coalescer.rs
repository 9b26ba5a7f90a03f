//! Many single enqueues, one commit: what waits while a commit is on its way goes with the next one.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use longshore_core::NewJob;
use longshore_store::{Enqueued, Error, ErrorKind, Produce, Result};
use tokio::{sync::oneshot, task::yield_now};
use tracing::{Instrument, debug_span};

/// Most jobs in one commit.
const MOST: usize = 1000;
/// With batches larger than this, a second writer pays off; with smaller ones it only splits them.
const BUSY: f64 = 32.0;

/// Stores single jobs from many tasks together. Clones share it.
///
/// Each call answers after the commit that holds its job. Eight tasks that enqueue one job after the other
/// get through five times as many as with a commit each. There is no timer: a lonely job goes at once.
///
/// ```
/// use longshore_worker::{Coalescer, Job, Result};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)] struct Ping;
/// # impl Job for Ping { const KIND: &'static str = "ping"; }
/// async fn ping(enqueues: &Coalescer) -> Result {
///     let enqueued = enqueues.enqueue(Ping.to_new_job()?).await?;
///     println!("{}", enqueued.id());
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Coalescer(Arc<Shared>);

struct Shared {
    store: Arc<dyn Produce>,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    writers: u32,
    /// Mean size of the last batches.
    mean: f64,
}

struct Waiting {
    job: NewJob,
    answer: oneshot::Sender<Result<Enqueued>>,
}

impl Coalescer {
    /// A coalescer in front of a storage.
    #[must_use]
    pub fn new(store: Arc<dyn Produce>) -> Self {
        Self(Arc::new(Shared { store, line: Mutex::default() }))
    }

    /// Stores a job. The job is stored, or not, also when the returned future is dropped.
    ///
    /// # Errors
    /// As [`Produce::enqueue`], for this job alone.
    pub async fn enqueue(&self, job: NewJob) -> Result<Enqueued> {
        let (answer, answered) = oneshot::channel();
        if self.0.line().join(Waiting { job, answer }) {
            tokio::spawn(Writer { shared: self.0.clone(), counts: true }.write());
        }
        answered.await.unwrap_or_else(|_| {
            let lost = "the program stopped while a job was being stored: enqueue it again with the same id";
            Err(Error::new(ErrorKind::Unknown, lost))
        })
    }
}

impl fmt::Debug for Coalescer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coalescer").field("waiting", &self.0.line().waiting.len()).finish()
    }
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Whether whoever joined shall start a writer.
    fn join(&mut self, waiting: Waiting) -> bool {
        self.waiting.push(waiting);
        let wanted = if self.mean > BUSY { 2 } else { 1 };
        let start = self.writers < wanted;
        self.writers += u32::from(start);
        start
    }

    /// The next batch; `None`, and the writer counts no more, if nobody waits.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        if self.waiting.is_empty() {
            // In the same breath: whoever joins now must start a writer.
            self.writers -= 1;
            return None;
        }
        let rest = self.waiting.split_off(self.waiting.len().min(MOST));
        let batch = std::mem::replace(&mut self.waiting, rest);
        self.mean += (batch.len() as f64 - self.mean) / 8.0;
        Some(batch)
    }
}

/// A task that lives as long as jobs wait: it belongs to the runtime of whoever came first.
struct Writer {
    shared: Arc<Shared>,
    /// It is among [`Line::writers`].
    counts: bool,
}

impl Writer {
    async fn write(mut self) {
        loop {
            // One turn for those that are about to enqueue, among them those who were just answered: else they
            // and those who came meanwhile take turns. Eight callers get through 1.6 times as many on
            // PostgreSQL, 1.4 on MariaDB (pairs). A timer would take two thirds.
            yield_now().await;
            // Two statements: the guard must be gone before the commit.
            let batch = self.shared.line().next();
            match batch {
                Some(batch) => self.store(batch).await,
                None => break,
            }
        }
        self.counts = false;
    }

    async fn store(&self, batch: Vec<Waiting>) {
        let (jobs, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|Waiting { job, answer }| (job, answer)).unzip();
        // Jobs of many callers: it belongs to the trace of none of them.
        let span = debug_span!(parent: None, "enqueue", jobs = jobs.len());
        match self.shared.store.enqueue(&jobs).instrument(span).await {
            Ok(enqueued) => {
                for (answer, enqueued) in answers.into_iter().zip(enqueued) {
                    let _ = answer.send(Ok(enqueued));
                }
            }
            // Nothing was stored: one job is at fault, and the others must not suffer.
            Err(error)
                if jobs.len() > 1
                    && matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) =>
            {
                for (job, answer) in jobs.into_iter().zip(answers) {
                    let _ = answer.send(self.alone(job).await);
                }
            }
            Err(error) => share(error, answers),
        }
    }

    async fn alone(&self, job: NewJob) -> Result<Enqueued> {
        let enqueued = self.shared.store.enqueue(std::slice::from_ref(&job)).await?;
        enqueued
            .into_iter()
            .next()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "an enqueue without an answer"))
    }
}

impl Drop for Writer {
    /// The runtime that it belonged to has ended in the middle of its work: those who wait are told that
    /// their answer is lost, and the next enqueue starts another writer.
    fn drop(&mut self) {
        if self.counts {
            let mut line = self.shared.line();
            line.writers -= 1;
            line.waiting.clear();
        }
    }
}

/// Gives everybody the same error.
fn share(error: Error, answers: Vec<oneshot::Sender<Result<Enqueued>>>) {
    let error = Arc::new(error);
    for answer in answers {
        let mut copy = Error::new(error.kind(), error.to_string());
        if std::error::Error::source(&*error).is_some() {
            copy = copy.caused_by(SharedCause(error.clone()));
        }
        let _ = answer.send(Err(copy));
    }
}

/// The cause of an error that several callers got.
#[derive(Debug)]
struct SharedCause(Arc<Error>);

impl SharedCause {
    fn cause(&self) -> &(dyn std::error::Error + 'static) {
        std::error::Error::source(&*self.0).unwrap_or(&*self.0)
    }
}

impl fmt::Display for SharedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.cause(), f)
    }
}

impl std::error::Error for SharedCause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause().source()
    }
}
