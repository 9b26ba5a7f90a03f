//! A rescue that fails as a whole goes on job by job: one bad row must not keep all others from coming back.

use std::future::Future;

use longshore_core::JobId;

use crate::{Error, ErrorKind, Result};

/// Rescues each of these jobs by itself, after a rescue of all of them at once failed with `failure`.
///
/// Expired leases are taken oldest first, so a row that cannot be closed (a ledger that somebody edited, a
/// value that no engine takes) would stand at the front of every later rescue too. Storages call this with
/// a rescue of one job in a transaction of its own. A job that fails alone is logged and left; what `rescue`
/// answers for the others comes back.
///
/// # Errors
/// `failure` itself where it cannot lie in a row (the database is away, busy, read-only, not migrated), and
/// where no job could be rescued.
pub async fn rescue_each<T, Rescue>(
    failure: Error,
    expired: impl Future<Output = Result<Vec<JobId>>>,
    mut rescue: impl FnMut(JobId) -> Rescue,
) -> Result<Vec<T>>
where
    Rescue: Future<Output = Result<Vec<T>>>,
{
    if !may_lie_in_a_row(&failure) {
        return Err(failure);
    }
    tracing::warn!(error = ?failure, "a rescue failed as a whole: each job is rescued by itself");
    let mut rescued = Vec::new();
    for id in expired.await? {
        match rescue(id).await {
            Ok(job) => rescued.extend(job),
            Err(error) if may_lie_in_a_row(&error) => {
                tracing::error!(%id, ?error, "this job cannot be rescued; look at its rows");
            }
            // What was rescued stays rescued; the next round takes the rest.
            Err(_) if !rescued.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    if rescued.is_empty() { Err(failure) } else { Ok(rescued) }
}

fn may_lie_in_a_row(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Internal | ErrorKind::Invalid | ErrorKind::Conflict)
}
