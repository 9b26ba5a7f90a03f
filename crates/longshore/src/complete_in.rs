//! Completing a job inside the handler's own transaction: both, or neither.

use std::future::Future;

use longshore_store::{Error, ErrorKind, Finished, Result};
use longshore_worker::Ctx;
use serde::Serialize;

use crate::{Transactional, client::one};

/// Completes the running job inside an open transaction of the same database.
///
/// The handler's own writes and the completion commit together or not at all: what is written is written
/// exactly once, however often the job had to be started.
///
#[cfg_attr(feature = "sqlite", doc = "```no_run")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use longshore::{CompleteIn, Ctx, Job, Result, State, sqlx::{self, SqlitePool}};
/// # use serde::{Serialize, Deserialize};
/// # #[derive(Serialize, Deserialize)] struct Transfer { cents: i64 }
/// # impl Job for Transfer { const KIND: &'static str = "transfer"; }
/// async fn transfer(job: Transfer, ctx: Ctx, State(pool): State<SqlitePool>) -> Result {
///     let mut tx = pool.begin().await?;
///     sqlx::query("UPDATE accounts SET cents = cents - ? WHERE id = 1")
///         .bind(job.cents)
///         .execute(&mut *tx)
///         .await?;
///     ctx.complete_in(&mut tx, &()).await?;
///     tx.commit().await?;
///     Ok(())
/// }
/// ```
///
/// Call it last, and commit at once: until then the row of the lease is locked. After the commit the handler
/// returns `Ok`. If it returns `Ok` without having committed, the attempt
/// counts as failed and the job is tried again.
pub trait CompleteIn {
    /// Completes the job with a result (`&()`: none) when the transaction commits.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the lease was lost meanwhile: another worker has the job, roll back.
    /// [`ErrorKind::Invalid`] for a transaction of another engine than the worker's.
    fn complete_in<C, T>(&self, tx: &mut C, result: &T) -> impl Future<Output = Result<()>> + Send
    where
        C: Transactional + ?Sized,
        T: Serialize + Sync + ?Sized;
}

impl CompleteIn for Ctx {
    async fn complete_in<C, T>(&self, tx: &mut C, result: &T) -> Result<()>
    where
        C: Transactional + ?Sized,
        T: Serialize + Sync + ?Sized,
    {
        let finish = self.completion(result)?;
        match one(tx.finish_in(&*self.store(), &[finish]).await?)? {
            // A completion is no way back to the queue: no wish to cancel changes it.
            Finished::Recorded | Finished::Cancelled => Ok(()),
            Finished::Stale => {
                let advice =
                    "the lease on this job was lost, and another worker may have it: roll back";
                Err(Error::new(ErrorKind::Conflict, advice))
            }
        }
    }
}
