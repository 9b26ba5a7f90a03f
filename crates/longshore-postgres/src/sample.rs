//! Counting the queues: by one node at a time, and only when the last count is old.

use std::{sync::Arc, time::Duration};

use longshore_store::Result;
use sqlx::SqlStr;

use crate::{
    bind::{bind, micros},
    migrate::lock_number,
    row::get,
    store::Inner,
    unit::Unit,
    wire::Wire,
};

/// Whether it counted.
pub(crate) async fn sample(inner: Arc<Inner>, max_age: Duration) -> Result<bool> {
    let mut unit = Unit::transaction(&inner.questions, inner.manner).await?;
    let answer = count(&mut unit.wire(), &inner, max_age).await;
    unit.close(answer).await
}

async fn count(wire: &mut Wire<'_>, inner: &Inner, max_age: Duration) -> Result<bool> {
    // Whoever does not get the lock leaves the counting to the one who has it.
    let lock = SqlStr::from_static("SELECT pg_try_advisory_xact_lock($1::int8) AS ours");
    let ours = wire.row(&lock, bind![lock_number("sample", &inner.options.schema)]?).await?;
    if !ours.map_or(Ok(false), |row| get(&row, "ours"))? {
        return Ok(false);
    }
    let recent = wire.row(&inner.sql.sampled_within, bind![micros(max_age)]?).await?;
    if recent.map_or(Ok(false), |row| get(&row, "recent"))? {
        return Ok(false);
    }
    wire.rows(&inner.sql.sample, bind![]?).await?;
    Ok(true)
}
