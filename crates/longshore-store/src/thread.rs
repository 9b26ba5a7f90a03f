//! A thread of its own for database work: never cancelled, never starved by handlers.

use std::{future::Future, pin::Pin, sync::Arc, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{Error, ErrorKind, Result};

/// Work behind a box: what a storage's own methods await inside.
///
/// The body of an `async fn` is compiled where it is awaited, and with it the driver it calls: again in
/// each program. A plain function that returns this is compiled once, with its storage (the release build
/// of the facade alone took 31 s, and 5 since).
pub type Boxed<'w, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'w>>;

/// One OS thread with a current-thread runtime on which a storage's connections live.
///
/// Two dangers go away at once:
///
/// * **Dropped futures.** A future of sqlx that is dropped while its `BEGIN` is on the way hands the next
///   borrower a connection inside an open transaction (sqlx issues 4385 and 4393; seen on 0.8.6 and
///   0.9.0). Work that runs here goes on to its end when the caller is gone.
/// * **Starved heartbeats.** Handlers that block every thread of the caller's runtime also stop its
///   sockets. Sockets that were made here are served by this thread.
///
/// A hop costs about 10 µs, once per call for a whole set of jobs.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> longshore_store::Result<()> {
/// let thread = longshore_store::DatabaseThread::start("example")?;
/// let sum = thread.run(async { Ok(1 + 1) }).await?;
/// assert_eq!(sum, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DatabaseThread {
    handle: Handle,
    /// Dropped with the last clone, which ends the thread.
    _alive: Arc<oneshot::Sender<()>>,
}

impl DatabaseThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the system gives no thread.
    pub fn start(name: &str) -> Result<Self> {
        let no_thread =
            |error| Error::new(ErrorKind::Internal, "no thread for database work").caused_by(error);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let handle = runtime.handle().clone();
        let (alive, ended) = oneshot::channel::<()>();
        thread::Builder::new()
            .name(format!("longshore-{name}"))
            .spawn(move || {
                let _ = runtime.block_on(ended);
                // Work whose caller still waits holds a clone, so only abandoned work can be cut here.
                runtime.shutdown_background();
            })
            .map_err(no_thread)?;
        Ok(Self { handle, _alive: Arc::new(alive) })
    }

    /// Runs work to its end on the thread, also when the returned future is dropped.
    ///
    /// # Errors
    /// What the work returns; [`ErrorKind::Internal`] if it panicked.
    pub async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (to, answer) = oneshot::channel();
        let alive = self.clone();
        let task = self.begin(Box::pin(async move {
            let _ = to.send(work.await);
            drop(alive);
        }));
        let broke_off = |cause: Box<dyn std::error::Error + Send + Sync>| {
            Err(Error::new(ErrorKind::Internal, "database work broke off").caused_by(cause))
        };
        match task.await {
            Ok(()) => answer.await.unwrap_or_else(|error| broke_off(error.into())),
            Err(error) => broke_off(error.into()),
        }
    }

    /// Starts work that nobody waits for. It is cut off when the storage goes away.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.begin(Box::pin(work)));
    }

    /// One kind of task for all work: the machinery of a task is large, and would else be compiled again
    /// for each call of each engine.
    fn begin(&self, work: Pin<Box<dyn Future<Output = ()> + Send>>) -> JoinHandle<()> {
        self.handle.spawn(work)
    }
}
