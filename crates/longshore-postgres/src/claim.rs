//! Taking jobs: the request as parameters, and the rows back in the order of the cursors.

use std::{collections::HashMap, sync::Arc};

use chrono::DateTime;
use longshore_core::{Lane, Priority, Timestamp};
use longshore_store::{Claim, Claimed, Result};
use sqlx::postgres::{PgArguments, PgRow};
use uuid::Uuid;

use crate::{
    bind::{bind, micros},
    row,
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

/// The jobs that came back, in the order that was asked for.
pub(crate) fn taken(claim: &Claim, rows: &[PgRow]) -> Result<Vec<Claimed>> {
    let names = Names::of(claim);
    let mut taken = rows.iter().map(|row| row::claimed(row, &names)).collect::<Result<Vec<_>>>()?;
    taken.sort_unstable_by_key(|(place, job)| (*place, job.due_at, job.id));
    Ok(taken.into_iter().map(|(_, job)| job).collect())
}

/// The lanes and kinds of a claim, so that a thousand jobs share their names.
pub(crate) struct Names<'c> {
    lanes: HashMap<(&'c str, &'c str, i16), (usize, &'c Lane)>,
    kinds: HashMap<&'c str, &'c Arc<str>>,
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
        Self { lanes, kinds: claim.kinds.iter().map(|kind| (&**kind, kind)).collect() }
    }

    /// A lane with its place among the cursors.
    pub(crate) fn lane(&self, queue: &str, tenant: &str, rank: i16) -> (usize, Lane) {
        match self.lanes.get(&(queue, tenant, rank)) {
            Some((place, lane)) => (*place, (*lane).clone()),
            None => {
                let priority = Priority::from_rank(rank).unwrap_or_default();
                (usize::MAX, Lane { queue: queue.into(), tenant: tenant.into(), priority })
            }
        }
    }

    pub(crate) fn kind(&self, kind: &str) -> Arc<str> {
        self.kinds.get(kind).map_or_else(|| kind.into(), |known| (*known).clone())
    }
}
