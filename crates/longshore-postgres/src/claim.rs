//! Taking jobs: the request as parameters, and the rows back in the order of the cursors.

use std::{collections::HashMap, sync::Arc};

use chrono::DateTime;
use longshore_core::{Lane, Priority, Timestamp};
use longshore_store::{Claim, Claimed, Result};
use sqlx::{
    SqlStr,
    postgres::{PgArguments, PgRow},
};
use uuid::Uuid;

use crate::{
    bind::{bind, micros},
    row,
    wire::Wire,
};

/// The parameters of a claim.
pub(crate) fn parameters(claim: &Claim) -> Result<PgArguments> {
    let cursors = &claim.cursors;
    // Before all times that a job may have.
    let beginning: Timestamp = DateTime::UNIX_EPOCH - chrono::Duration::days(1);
    bind![
        cursors.iter().map(|at| &*at.lane.queue).collect::<Vec<&str>>(),
        cursors.iter().map(|at| &*at.lane.tenant).collect::<Vec<&str>>(),
        cursors.iter().map(|at| at.lane.priority.rank()).collect::<Vec<i16>>(),
        cursors
            .iter()
            .map(|at| at.floor.map_or(beginning, |floor| floor.due_at))
            .collect::<Vec<_>>(),
        cursors
            .iter()
            .map(|at| at.floor.map_or(Uuid::nil(), |floor| floor.id.0))
            .collect::<Vec<_>>(),
        cursors.iter().map(|at| i64::from(at.quota)).collect::<Vec<i64>>(),
        claim.kinds.iter().map(|kind| &**kind).collect::<Vec<&str>>(),
        i64::from(claim.limit),
        claim.worker.0,
        micros(claim.lease),
        claim.now,
    ]
}

/// Takes the jobs, in the order that was asked for. They are read as they come in: meanwhile the server
/// writes leases and commits. What cannot be read is the inner error, and its jobs are taken all the same.
pub(crate) async fn take(
    claim: &Claim,
    wire: &mut Wire<'_>,
    sql: &SqlStr,
    parameters: PgArguments,
) -> Result<Result<Vec<Claimed>>> {
    let mut names = Names::of(claim);
    let mut taken = Vec::with_capacity(claim.limit.min(1000) as usize);
    let mut unreadable = None;
    let see = |row: &PgRow| match row::claimed(row, &mut names) {
        Ok(job) => taken.push(job),
        Err(error) => unreadable = Some(error),
    };
    wire.each(sql, parameters, see).await?;
    if let Some(error) = unreadable {
        return Ok(Err(error));
    }
    taken.sort_unstable_by_key(|(place, job)| (*place, job.due_at, job.id));
    Ok(Ok(taken.into_iter().map(|(_, job)| job).collect()))
}

/// The lanes and kinds of a claim, so that a thousand jobs share their names. Neighbours mostly have the same
/// ones: the last answer is tried before the maps.
pub(crate) struct Names<'c> {
    lanes: HashMap<(&'c str, &'c str, i16), (usize, &'c Lane)>,
    kinds: HashMap<&'c str, &'c Arc<str>>,
    last_lane: Option<(usize, Lane)>,
    last_kind: Arc<str>,
}

impl<'c> Names<'c> {
    fn of(claim: &'c Claim) -> Self {
        let mut lanes = HashMap::with_capacity(claim.cursors.len());
        for (place, at) in claim.cursors.iter().enumerate() {
            let lane = &at.lane;
            lanes
                .entry((&*lane.queue, &*lane.tenant, lane.priority.rank()))
                .or_insert((place, lane));
        }
        let kinds = claim.kinds.iter().map(|kind| (&**kind, kind)).collect();
        Self { lanes, kinds, last_lane: None, last_kind: "".into() }
    }

    /// A lane with its place among the cursors.
    pub(crate) fn lane(&mut self, queue: &str, tenant: &str, rank: i16) -> (usize, Lane) {
        let is_it = |(_, lane): &&(usize, Lane)| {
            &*lane.queue == queue && &*lane.tenant == tenant && lane.priority.rank() == rank
        };
        if let Some(last) = self.last_lane.as_ref().filter(is_it) {
            return last.clone();
        }
        let lane = match self.lanes.get(&(queue, tenant, rank)) {
            Some((place, lane)) => (*place, (*lane).clone()),
            None => {
                let priority = Priority::from_rank(rank).unwrap_or_default();
                (usize::MAX, Lane { queue: queue.into(), tenant: tenant.into(), priority })
            }
        };
        self.last_lane = Some(lane.clone());
        lane
    }

    pub(crate) fn kind(&mut self, kind: &str) -> Arc<str> {
        if &*self.last_kind != kind {
            let known = self.kinds.get(kind);
            self.last_kind = known.map_or_else(|| kind.into(), |known| (*known).clone());
        }
        self.last_kind.clone()
    }
}
