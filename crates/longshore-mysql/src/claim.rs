//! Taking jobs: lane by lane in the order of the cursors, then all of them at once into leases.

use std::{collections::HashMap, sync::Arc};

use chrono::DateTime;
use longshore_core::{Lane, Timestamp, WorkerId};
use longshore_store::{Claim, Claimed, CursorAt, Error, ErrorKind, Result};
use uuid::Uuid;

use crate::{
    bind::{at, bind},
    document::{Document, after},
    row::{self, get},
    store::Inner,
    unit::Unit,
    wire::Wire,
};

/// Lanes that are asked one by one without a look at which of them hold work.
const FEW_LANES: usize = 3;

/// Takes what is asked for, in one transaction.
pub(crate) async fn claim(inner: Arc<Inner>, claim: Arc<Claim>) -> Result<Vec<Claimed>> {
    let (mut unit, now) = Unit::timed(&inner.work).await?;
    let now = claim.now.unwrap_or(now);
    let claiming = Claiming { inner: &inner, claim: &claim, now, kinds: kinds(&claim.kinds) };
    let answer = claiming.go(&mut unit.wire()).await;
    unit.close(answer).await
}

struct Claiming<'c> {
    inner: &'c Inner,
    claim: &'c Claim,
    now: Timestamp,
    kinds: Vec<u8>,
}

impl Claiming<'_> {
    async fn go(&self, wire: &mut Wire<'_>) -> Result<Vec<Claimed>> {
        let claimed = self.lock(wire).await?;
        // In the order of the ids: neighbours in every table by id.
        let mut ids: Vec<Uuid> = claimed.iter().map(|job| job.id.0).collect();
        ids.sort_unstable();
        if !ids.is_empty() {
            let leased = self.lease(wire, &claimed, &ids).await?;
            let taken = wire.change_of(&self.inner.sql.take, &bind![]?, &ids).await?;
            // What is locked cannot go: but a job that left the queue without a lease would be lost.
            if [leased, taken] != [ids.len() as u64; 2] {
                return Err(half_done(ids.len(), leased, taken));
            }
        }
        Ok(claimed)
    }

    /// Locks jobs of the lanes, in order, until there are enough.
    async fn lock(&self, wire: &mut Wire<'_>) -> Result<Vec<Claimed>> {
        let names: HashMap<&str, &Arc<str>> =
            self.claim.kinds.iter().map(|kind| (&**kind, kind)).collect();
        let kind =
            |kind: &str| names.get(kind).map_or_else(|| kind.into(), |known| (*known).clone());
        let mut room = self.claim.limit;
        let mut all = Vec::new();
        for cursor in self.worth_asking(wire).await? {
            let rows = wire.rows(&self.inner.sql.claim, self.parameters(cursor, room)?).await?;
            room = room.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            all.reserve(rows.len());
            for row in &rows {
                all.push(row::claimed(row, cursor.lane.clone(), kind, self.now)?);
            }
            if room == 0 {
                break;
            }
        }
        Ok(all)
    }

    /// Writes the leases; how many.
    async fn lease(&self, wire: &mut Wire<'_>, claimed: &[Claimed], ids: &[Uuid]) -> Result<u64> {
        let WorkerId(worker) = self.claim.worker;
        let (now, until) = (at(self.now), at(after(self.now, self.claim.lease)));
        let lane = claimed.first().map(|job| &job.lane);
        let lane = lane.filter(|lane| claimed.iter().all(|job| job.lane == **lane));
        let dues = || claimed.iter().map(|job| job.due_at);
        let (Some(lane), Some(from), Some(to)) = (lane, dues().min(), dues().max()) else {
            let parameters = bind![worker, now, until]?;
            return wire.change_of(&self.inner.sql.lease, &parameters, ids).await;
        };
        let (queue, tenant, rank) = (&*lane.queue, &*lane.tenant, lane.priority.rank());
        let parameters = bind![worker, now, until, queue, tenant, rank, at(from), at(to)]?;
        wire.change_of(&self.inner.sql.lease_lane, &parameters, ids).await
    }

    /// The cursors whose lanes hold work. Of many lanes most are empty: one question finds the others.
    async fn worth_asking(&self, wire: &mut Wire<'_>) -> Result<Vec<&CursorAt>> {
        let cursors = &self.claim.cursors;
        if cursors.len() <= FEW_LANES {
            return Ok(cursors.iter().collect());
        }
        let lanes = lanes(cursors.iter().map(|cursor| &cursor.lane));
        let rows = wire.rows(&self.inner.sql.probe, bind![lanes, at(self.now)]?).await?;
        let mut places = rows.iter().map(|row| get::<i64>(row, 0)).collect::<Result<Vec<i64>>>()?;
        places.sort_unstable();
        let cursor = |place: i64| cursors.get(usize::try_from(place - 1).ok()?);
        Ok(places.into_iter().filter_map(cursor).collect())
    }

    fn parameters(&self, cursor: &CursorAt, room: u32) -> Result<sqlx::mysql::MySqlArguments> {
        // Before all times that a job may have.
        let beginning: Timestamp = DateTime::UNIX_EPOCH - chrono::Duration::days(1);
        let (due, id) =
            cursor.floor.map_or((beginning, Uuid::nil()), |floor| (floor.due_at, floor.id.0));
        let lane = &cursor.lane;
        bind![
            &*lane.queue,
            &*lane.tenant,
            lane.priority.rank(),
            at(due),
            at(self.now),
            at(due),
            id,
            &*self.kinds,
            i64::from(cursor.quota.min(room)),
        ]
    }
}

fn half_done(jobs: usize, leased: u64, taken: u64) -> Error {
    let message = format!(
        "a claim of {jobs} jobs wrote {leased} leases and took {taken} rows out of the queue: nothing of it was kept; \
         is somebody else writing to these tables?"
    );
    Error::new(ErrorKind::Internal, message)
}

/// `[queue, tenant, rank]`.
pub(crate) fn lanes<'l>(lanes: impl ExactSizeIterator<Item = &'l Lane>) -> String {
    let mut rows = Document::with_room(lanes.len() * 40);
    for lane in lanes {
        rows.open();
        rows.text(&lane.queue);
        rows.text(&lane.tenant);
        rows.number(lane.priority.rank());
        rows.shut();
    }
    rows.finish()
}

/// All kinds in one text, each between two zero bytes, which no kind holds.
pub(crate) fn kinds(kinds: &[Arc<str>]) -> Vec<u8> {
    let mut text = vec![0];
    for kind in kinds {
        text.extend_from_slice(kind.as_bytes());
        text.push(0);
    }
    text
}
