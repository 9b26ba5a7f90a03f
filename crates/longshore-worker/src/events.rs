//! What happens inside a worker, as a stream: for tests, logs and dashboards.

use std::{sync::Arc, time::Duration};

use longshore_core::{Failure, JobId, Reason, State, Week};
use longshore_store::{ErrorKind, Rescued, Rotated};
use tokio::sync::broadcast::{self, error::RecvError};

/// Something that happened in a worker.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Jobs were claimed.
    Claimed {
        /// How many.
        jobs: u32,
    },
    /// A handler starts.
    Started {
        /// The job.
        id: JobId,
        /// Its kind.
        kind: Arc<str>,
        /// Its queue.
        queue: Arc<str>,
        /// The attempt.
        attempt: u32,
    },
    /// The outcome of an attempt was written.
    Finished(Finished),
    /// The outcome of an attempt came too late: the lease was taken away before. Nothing was changed.
    Stale {
        /// The job.
        id: JobId,
        /// The attempt.
        attempt: u32,
    },
    /// The lease of a running job is over; its handler was told.
    LeaseLost {
        /// The job.
        id: JobId,
        /// The attempt.
        attempt: u32,
    },
    /// The outcome of an attempt could not be written. Its lease runs out, and a rescue takes the job
    /// back: the attempt counts as a crash.
    Abandoned {
        /// The job.
        id: JobId,
        /// The attempt.
        attempt: u32,
    },
    /// This worker took a job back from one that went silent.
    Rescued(Rescued),
    /// This worker dropped an old week, or found that it must be kept.
    Rotated {
        /// The week.
        week: Week,
        /// What it came to.
        rotated: Rotated,
    },
    /// This worker deleted jobs that were over for long, and that no rotation reaches.
    Swept {
        /// How many.
        jobs: u64,
    },
    /// A call of the storage failed; it is repeated.
    StoreTrouble {
        /// What was to be done: `claim`, `finish`, `heartbeat` …
        call: &'static str,
        /// The kind of its error.
        kind: ErrorKind,
        /// The error.
        message: String,
    },
    /// Nothing that is due is left, and nothing runs. Only posted when somebody waits for it.
    Drained,
    /// The worker claims no more and comes to its end.
    Stopping,
    /// The worker is gone.
    Stopped,
    /// The listener was too slow and missed so many events.
    Missed(u64),
}

/// An outcome that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// The job.
    pub id: JobId,
    /// Its kind.
    pub kind: Arc<str>,
    /// Its queue.
    pub queue: Arc<str>,
    /// The attempt that was closed.
    pub attempt: u32,
    /// Where the job stands now.
    pub state: State,
    /// Why.
    pub reason: Reason,
    /// For a job that waits again: due so long after the write.
    pub due_in: Option<Duration>,
    /// What went wrong.
    pub error: Option<Failure>,
    /// How long the handler ran; zero if it never started.
    pub ran: Duration,
}

/// A stream of events, from the moment when it was asked for.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event; `None` when the worker is gone and everything was read.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(missed)) => Some(Event::Missed(missed)),
            Err(RecvError::Closed) => None,
        }
    }

    /// Reads on until an event answers; `None` when the worker is gone before.
    ///
    /// ```
    /// # use longshore_worker::{Event, Events};
    /// async fn rescues(mut events: Events) {
    ///     let rescued = |event| match event {
    ///         Event::Rescued(rescued) => Some(rescued),
    ///         _ => None,
    ///     };
    ///     while let Some(rescued) = events.find(rescued).await {
    ///         println!("took back {}", rescued.job);
    ///     }
    /// }
    /// ```
    pub async fn find<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> Option<T> {
        loop {
            if let Some(found) = wanted(self.next().await?) {
                return Some(found);
            }
        }
    }
}

/// The sending side.
#[derive(Debug)]
pub(crate) struct EventBoard(broadcast::Sender<Event>);

impl EventBoard {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(8192))
    }

    pub(crate) fn listen(&self) -> Events {
        Events(self.0.subscribe())
    }

    /// Whether anybody listens: an event per job is only made then.
    pub(crate) fn is_heard(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub(crate) fn post(&self, event: Event) {
        let _ = self.0.send(event);
    }

    /// Tells listeners, the log and whoever measures of a failed call.
    pub(crate) fn trouble(&self, call: &'static str, error: &longshore_store::Error) {
        metrics::counter!("longshore_worker_calls_repeated_total", "call" => call).increment(1);
        tracing::warn!(call, error = ?error, "the storage failed; the call is repeated");
        self.post(Event::StoreTrouble { call, kind: error.kind(), message: error.to_string() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listener_that_was_too_slow_is_told_how_much_it_missed() {
        let board = EventBoard::new();
        let mut slow = board.listen();
        (0..10_000).for_each(|jobs| board.post(Event::Claimed { jobs }));
        assert_eq!(slow.next().await, Some(Event::Missed(10_000 - 8192)));
        assert_eq!(slow.next().await, Some(Event::Claimed { jobs: 10_000 - 8192 }));
        drop(board);
        let rest = std::iter::from_fn(|| slow.0.try_recv().ok());
        assert_eq!(rest.last(), Some(Event::Claimed { jobs: 9_999 }));
        assert_eq!(slow.next().await, None, "the worker is gone");
    }
}
