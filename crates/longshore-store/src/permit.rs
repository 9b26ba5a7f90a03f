//! The right to hold one of a storage's connections: waited for so long and no longer, and the wait is
//! measured.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use metrics::histogram;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::{Error, ErrorKind, Result};

/// A permit for one connection, at once or after others gave theirs back, first come, first served. Only a
/// wait is measured, as `longshore_connection_wait_seconds`, also one that was in vain.
///
/// # Errors
/// [`ErrorKind::Busy`] when none came free in time, [`ErrorKind::Unavailable`] when the storage was closed.
pub async fn permit(
    engine: &'static str,
    permits: &Arc<Semaphore>,
    longest: Duration,
) -> Result<OwnedSemaphorePermit> {
    match permits.clone().try_acquire_owned() {
        Ok(permit) => return Ok(permit),
        Err(TryAcquireError::Closed) => return Err(closed()),
        Err(TryAcquireError::NoPermits) => {}
    }
    let begun = Instant::now();
    let permit = tokio::time::timeout(longest, permits.clone().acquire_owned()).await;
    histogram!("longshore_connection_wait_seconds", "engine" => engine).record(begun.elapsed());
    permit.map_err(|_| in_use(longest))?.map_err(|_: AcquireError| closed())
}

fn in_use(waited: Duration) -> Error {
    let advice =
        format!("all connections were in use for {waited:?}: try again, or raise `connections`");
    Error::new(ErrorKind::Busy, advice)
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the storage was closed")
}
