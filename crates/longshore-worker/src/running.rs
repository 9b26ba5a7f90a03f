//! A worker that was started: watch it, wait for it, stop it.

use std::{fmt, sync::Arc};

use longshore_core::WorkerId;
use tokio::task::JoinHandle;

use crate::{Events, Result, runtime::Runtime};

/// The handle of a started worker. Dropping it stops the worker gracefully, in the background.
pub struct Running {
    runtime: Arc<Runtime>,
    life: Option<JoinHandle<Result>>,
}

impl Running {
    pub(crate) fn new(runtime: Arc<Runtime>, life: JoinHandle<Result>) -> Self {
        Self { runtime, life: Some(life) }
    }

    /// The worker's id: new at every start.
    #[must_use]
    pub fn id(&self) -> WorkerId {
        self.runtime.id
    }

    /// What happens from now on.
    ///
    /// ```
    /// # use longshore_worker::{Event, Running};
    /// async fn log_failures(running: &Running) {
    ///     let mut events = running.events();
    ///     while let Some(event) = events.next().await {
    ///         if let Event::Finished(run) = event
    ///             && let Some(error) = run.error
    ///         {
    ///             println!("{} {} failed: {error}", run.kind, run.id);
    ///         }
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn events(&self) -> Events {
        self.runtime.events.listen()
    }

    /// Waits until nothing that is due is left in its queues and nothing runs. It goes on working.
    pub async fn drained(&self) {
        tokio::select! {
            () = self.runtime.drained() => {}
            () = self.runtime.stop.raised() => {}
        }
    }

    /// Asks the worker to stop, without waiting: it claims no more, gives back what never started, and
    /// lets running handlers end within the grace. Asked a second time, it gives back what runs and leaves
    /// at once.
    pub fn request_stop(&self) {
        if self.runtime.stop.is_raised() {
            self.runtime.hurry.raise();
        }
        self.runtime.stop.raise();
    }

    /// Waits for the end of the worker, whoever asked for it.
    ///
    /// # Errors
    /// When a part of the worker broke off: that stops the others. What they held is given back, or
    /// rescued by another worker once its lease is over.
    pub async fn ended(&mut self) -> Result {
        if let Some(life) = &mut self.life {
            let end = life.await;
            self.life = None;
            end??;
        }
        Ok(())
    }

    /// Stops the worker and waits for its end.
    ///
    /// # Errors
    /// As [`Running::ended`].
    pub async fn stop(mut self) -> Result {
        self.runtime.stop.raise();
        self.ended().await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.runtime.stop.raise();
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("id", &self.runtime.id).finish_non_exhaustive()
    }
}
