//! Counting the queues: by one node at a time, and only when the last count is old.

use std::{sync::Arc, time::Duration};

use longshore_store::Result;

use crate::{
    bind::{bind, micros},
    row::get,
    store::Inner,
    unit::Unit,
    wire::Wire,
};

/// Whether it counted.
pub(crate) async fn sample(inner: Arc<Inner>, max_age: Duration) -> Result<bool> {
    let mut unit = Unit::begin(&inner.questions).await?;
    let answer = count(&mut unit.wire(), &inner, max_age).await;
    unit.close(answer).await
}

async fn count(wire: &mut Wire<'_>, inner: &Inner, max_age: Duration) -> Result<bool> {
    if wire.row(&inner.sql.lock_sample, bind![]?).await?.is_none() {
        return Ok(false);
    }
    let recent = wire.row(&inner.sql.sampled_within, bind![micros(max_age)]?).await?;
    if recent.map_or(Ok(false), |row| get(&row, "recent"))? {
        return Ok(false);
    }
    wire.change(&inner.sql.sample, bind![]?).await?;
    Ok(true)
}
