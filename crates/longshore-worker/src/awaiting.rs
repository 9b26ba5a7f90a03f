//! Waiting for a job to be over: polls with growing pauses, woken at once by workers of this process.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longshore_core::JobId;
use longshore_store::{Result, Settled, Store};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Waits until a job is over, or for so long, and says where it then stands; `None`: there is no such job.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use longshore_core::JobId;
/// use longshore_store::{Result, Store};
///
/// async fn is_over(store: &Arc<dyn Store>, id: JobId) -> Result<bool> {
///     let settled = longshore_worker::wait(store, id, Duration::from_secs(10)).await?;
///     Ok(settled.is_some_and(|settled| settled.state.is_terminal()))
/// }
/// ```
///
/// # Errors
/// The storage's error; a passing one only when the time is up.
pub async fn wait(store: &Arc<dyn Store>, id: JobId, longest: Duration) -> Result<Option<Settled>> {
    let (waiting, end) = (Waiting::for_job(id), Instant::now() + longest);
    let mut pause = FIRST_PAUSE;
    loop {
        // In line before the question, so that an end in between is not missed.
        let mut told = pin!(waiting.over.notified());
        told.as_mut().enable();
        let answer = store.settled(&[id]).await.map(|settled| settled.into_iter().next().flatten());
        let time_is_up = Instant::now() >= end;
        match answer {
            Ok(Some(settled)) if !settled.state.is_terminal() && !time_is_up => {}
            Err(error) if error.is_transient() && !time_is_up => {}
            answer => return answer,
        }
        tokio::select! {
            () = told => {}
            () = sleep_until(end.min(Instant::now() + pause)) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// A place in the table of those who wait.
struct Waiting {
    id: JobId,
    over: Arc<Notify>,
}

impl Waiting {
    fn for_job(id: JobId) -> Self {
        let mut awaited = awaited();
        let entry = awaited.entry(id).or_default();
        entry.waiting += 1;
        COUNT.fetch_add(1, Ordering::AcqRel);
        Self { id, over: entry.over.clone() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::AcqRel);
        let mut awaited = awaited();
        if let Some(entry) = awaited.get_mut(&self.id) {
            entry.waiting -= 1;
            if entry.waiting == 0 {
                awaited.remove(&self.id);
            }
        }
    }
}

/// A worker of this process tells those who wait that a job may be over.
pub(crate) fn tell(id: JobId) {
    if COUNT.load(Ordering::Acquire) > 0
        && let Some(entry) = awaited().get(&id)
    {
        entry.over.notify_waiters();
    }
}

#[derive(Default)]
struct Entry {
    waiting: usize,
    over: Arc<Notify>,
}

/// Job ids are unique everywhere, so one table serves all storages of the process.
static AWAITED: LazyLock<Mutex<HashMap<JobId, Entry>>> = LazyLock::new(Mutex::default);
/// Spares workers the table while nobody waits.
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn awaited() -> MutexGuard<'static, HashMap<JobId, Entry>> {
    AWAITED.lock().unwrap_or_else(PoisonError::into_inner)
}
