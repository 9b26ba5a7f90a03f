//! Deleting from the catch-all what may go: carried jobs that are over by now, and those whose ids lie far
//! ahead or in the past.

use std::sync::Arc;

use longshore_core::Timestamp;
use longshore_store::Result;
use uuid::Uuid;

use crate::{
    bind::bind,
    error::owners_affair,
    row::{count, id},
    store::{Inner, PostgresStore},
    unit::Unit,
};

/// Jobs that one transaction looks at.
const STEP: u32 = 1000;

impl PostgresStore {
    /// Walks through the catch-all and deletes up to `limit` jobs that ended before the cut-off.
    pub(crate) async fn sweep_until(&self, cutoff: Timestamp, limit: u32) -> Result<u64> {
        let (mut gone, mut after) = (0, Uuid::nil());
        while gone < u64::from(limit) {
            let left = u64::from(limit) - gone;
            let most = left.min(u64::from(STEP)).try_into().unwrap_or(STEP);
            let step = self.repeat(move |inner| step(inner, after, most, cutoff)).await?;
            let (went, Some(upto)) = step else { break };
            (gone, after) = (gone + went, upto);
        }
        Ok(gone)
    }
}

/// One step: how many went, and the last id that was looked at.
async fn step(
    inner: Arc<Inner>,
    after: Uuid,
    most: u32,
    cutoff: Timestamp,
) -> Result<(u64, Option<Uuid>)> {
    // Pinned to the keys: the tables that are looked into may be a thousand times as large as a step.
    let mut unit = Unit::single(&inner.work, inner.manner).await?;
    let asked = bind![after, i64::from(most), cutoff];
    let row = match asked {
        Ok(asked) => unit.wire().row(&inner.sql.sweep, asked).await,
        Err(error) => Err(error),
    };
    let answer = row.and_then(|row| {
        row.map_or(Ok((0, None)), |row| Ok((count(&row, "gone")?, id::<Uuid>(&row, "upto")?)))
    });
    unit.close(answer)
        .await
        .map_err(|error| owners_affair(error, "delete old jobs", "longshore weeks rotate"))
}
