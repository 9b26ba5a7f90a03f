//! The decorator: a storage that passes every call on, and what it measures with.

use std::{fmt, sync::Arc};

use longshore_store::{Result, Store};
use metrics::{Counter, Histogram, counter, histogram};

use crate::{
    names,
    ops::{Op, Ops},
    places::Places,
};

/// A storage that measures another one. It answers as that one does, and keeps nothing of what it sees.
pub struct Metered {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) places: Places,
    pub(crate) plain: Plain,
    ops: Ops,
}

/// Measures without labels. They are there from the start, so that their first change is seen as one.
pub(crate) struct Plain {
    pub(crate) claim_seconds: Histogram,
    pub(crate) claim_batch_size: Histogram,
    pub(crate) stale_finishes: Counter,
    pub(crate) leases_expired: Counter,
    pub(crate) leases_lost: Counter,
    pub(crate) weeks_dropped: Counter,
    pub(crate) week_rows_dropped: Counter,
    pub(crate) jobs_swept: Counter,
}

/// Measures a storage, with labels for these queues and kinds; all others are [`names::OTHER`].
///
/// Install the recorder first: what is measured goes to the one that is there now.
pub fn metered<Q, K>(store: Arc<dyn Store>, queues: Q, kinds: K) -> Arc<dyn Store>
where
    Q: IntoIterator<Item: Into<Arc<str>>>,
    K: IntoIterator<Item: Into<Arc<str>>>,
{
    Arc::new(Metered::new(store, queues, kinds))
}

impl Metered {
    /// The same, as a type of its own.
    pub fn new<Q, K>(store: Arc<dyn Store>, queues: Q, kinds: K) -> Self
    where
        Q: IntoIterator<Item: Into<Arc<str>>>,
        K: IntoIterator<Item: Into<Arc<str>>>,
    {
        names::describe();
        let queues = queues.into_iter().map(Into::into).collect();
        let kinds = kinds.into_iter().map(Into::into).collect();
        let places = Places::new(queues, kinds);
        Self { inner: store, places, plain: Plain::new(), ops: Ops::new() }
    }

    /// Awaits a call of the storage beneath and times it. Dropped before its end, it leaves no trace.
    pub(crate) async fn timed<T>(
        &self,
        op: Op,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.ops.timed(op, call).await.1
    }

    /// The same, and how many seconds it took.
    pub(crate) async fn clocked<T>(
        &self,
        op: Op,
        call: impl Future<Output = Result<T>>,
    ) -> (f64, Result<T>) {
        self.ops.timed(op, call).await
    }
}

impl Plain {
    fn new() -> Self {
        Self {
            claim_seconds: histogram!(names::CLAIM_SECONDS),
            claim_batch_size: histogram!(names::CLAIM_BATCH_SIZE),
            stale_finishes: counter!(names::STALE_FINISHES),
            leases_expired: counter!(names::LEASES_EXPIRED),
            leases_lost: counter!(names::LEASES_LOST),
            weeks_dropped: counter!(names::WEEKS_DROPPED),
            week_rows_dropped: counter!(names::WEEK_ROWS_DROPPED),
            jobs_swept: counter!(names::JOBS_SWEPT),
        }
    }
}

impl fmt::Debug for Metered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metered({})", self.inner.engine())
    }
}
