//! Deleting what may go where no rotation reaches it: among what was carried, and among ids that lie far ahead
//! or in the past.

use std::sync::Arc;

use longshore_core::Timestamp;
use longshore_store::{ErrorKind, Result};
use uuid::Uuid;

use crate::{
    alone::Alone,
    aside,
    bind::{at, bind},
    document::Document,
    rights,
    row::get,
    store::{Inner, MysqlStore},
    unit::Unit,
    weeks::{self, Part, Place},
    wire::Wire,
};

/// Jobs that one transaction looks at.
const STEP: u32 = 500;

impl MysqlStore {
    /// Walks through those ids and deletes up to `limit` jobs that ended before the cut-off.
    pub(crate) async fn sweep_until(&self, cutoff: Timestamp, limit: u32) -> Result<u64> {
        let parts = self.repeat(move |inner| look_round(inner, cutoff)).await?;
        let mut gone = 0;
        for (mut from, to) in outside(&parts) {
            while gone < u64::from(limit) {
                let left = u64::from(limit) - gone;
                let most = left.min(u64::from(STEP)).try_into().unwrap_or(STEP);
                let step = self.repeat(move |inner| step(inner, (from, to), most, cutoff)).await?;
                let (went, Some(upto)) = step else { break };
                gone += went;
                from = Uuid::from_u128(upto.as_u128().saturating_add(1));
            }
        }
        Ok(gone)
    }
}

/// The partitions of the jobs; and if a rotation was broken off, its end.
async fn look_round(inner: Arc<Inner>, cutoff: Timestamp) -> Result<Vec<Part>> {
    let mut unit = Unit::reading(&inner.questions).await?;
    let answer = look(&mut unit.wire(), &inner).await;
    let (parts, is_broken_off) = unit.close(answer).await?;
    if is_broken_off {
        let mut alone = Alone::not_yet(&inner.changes).await?;
        let answer = clear(&mut alone, &inner, cutoff).await;
        match alone.close(answer).await {
            Err(error) if error.kind() == ErrorKind::Denied || error.is_transient() => {
                tracing::debug!(%error, "a rotation that was broken off is not ended yet");
            }
            Err(error) if error.kind() == ErrorKind::Conflict => tracing::warn!("{error}"),
            answer => answer?,
        }
    }
    Ok(parts)
}

async fn look(wire: &mut Wire<'_>, inner: &Inner) -> Result<(Vec<Part>, bool)> {
    let parts = weeks::parts(wire, &inner.sql, &inner.home, "jobs").await?;
    Ok((parts, aside::is_there(wire, &inner.home).await?))
}

async fn clear(alone: &mut Alone, inner: &Inner, cutoff: Timestamp) -> Result<()> {
    // Else the rotation is at work.
    if alone.takes_schema(&inner.home, 0).await? {
        aside::clear(&mut alone.wire(), &inner.home, cutoff).await?;
    }
    Ok(())
}

/// The ids that belong to no week which a partition is there for.
fn outside(parts: &[Part]) -> Vec<(Uuid, Uuid)> {
    let of = |part: &Part| match part.place {
        Place::Week(week) => (part.ids.0, week.ids().0),
        Place::Carried(_) | Place::CatchAll => part.ids,
    };
    parts.iter().map(of).filter(|(from, to)| from < to).collect()
}

/// One step: how many went, and the last id that was looked at.
async fn step(
    inner: Arc<Inner>,
    ids: (Uuid, Uuid),
    most: u32,
    cutoff: Timestamp,
) -> Result<(u64, Option<Uuid>)> {
    let mut unit = Unit::begin(&inner.work).await?;
    let answer = let_go(&mut unit.wire(), &inner, ids, most, cutoff).await;
    unit.close(answer)
        .await
        .map_err(|error| rights::owners_affair(error, "delete old jobs", "longshore weeks rotate"))
}

async fn let_go(
    wire: &mut Wire<'_>,
    inner: &Inner,
    (from, to): (Uuid, Uuid),
    most: u32,
    cutoff: Timestamp,
) -> Result<(u64, Option<Uuid>)> {
    let sql = &inner.sql;
    let (mut last, mut going) = (None, Vec::new());
    for row in wire.rows(&sql.passing, bind![at(cutoff), from, to, i64::from(most)]?).await? {
        let id: Uuid = get(&row, "id")?;
        last = last.max(Some(id));
        if get::<i64>(&row, "goes")? == 1 {
            going.push(id);
        }
    }
    if going.is_empty() {
        return Ok((0, last));
    }
    let going = Document::of_ids(going);
    wire.change(&sql.let_go_results, bind![&going]?).await?;
    wire.change(&sql.let_go_labels, bind![&going]?).await?;
    wire.change(&sql.let_go_ledger, bind![&going]?).await?;
    Ok((wire.change(&sql.let_go, bind![&going]?).await?, last))
}

#[cfg(test)]
mod tests {
    use longshore_core::Week;

    use super::*;

    #[test]
    fn what_is_older_than_the_week_of_its_partition_lies_outside() {
        let week: Week = "2026w40".parse().unwrap();
        let bound = |week: Week| week.ids().1;
        let part = |place, ids| Part { place, ids, about: 0 };
        let parts = [
            part(Place::Carried(week), (Uuid::nil(), bound(week))),
            part(Place::Week(week.plus(1)), (bound(week), bound(week.plus(1)))),
            part(Place::Week(week.plus(3)), (bound(week.plus(1)), bound(week.plus(3)))),
            part(Place::CatchAll, (bound(week.plus(3)), Uuid::max())),
        ];
        assert_eq!(
            outside(&parts),
            [
                (Uuid::nil(), bound(week)),
                (bound(week.plus(1)), bound(week.plus(2))),
                (bound(week.plus(3)), Uuid::max()),
            ]
        );
    }
}
