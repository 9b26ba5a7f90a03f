//! Waiting for a job to be over.

use std::{sync::Arc, time::Duration};

use longshore_core::JobId;
use longshore_store::{Error, ErrorKind, Result, Store};

use crate::Answer;

/// Longer than anybody waits, and short enough for every clock.
const FOR_EVER: Duration = Duration::from_secs(10 * 366 * 24 * 3600);

/// Asks until the job is over or the time is up; then says where it stands.
pub(crate) async fn wait(store: &Arc<dyn Store>, id: JobId, timeout: Duration) -> Result<Answer> {
    let settled = longshore_worker::wait(store, id, timeout.min(FOR_EVER)).await?;
    let missing = || Error::new(ErrorKind::NotFound, format!("there is no job {id}"));
    settled.map(Answer::from).ok_or_else(missing)
}
