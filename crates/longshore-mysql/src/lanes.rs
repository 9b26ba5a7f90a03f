//! Lanes: registered before their first job, hinted after a commit.

use std::{collections::HashSet, sync::PoisonError};

use longshore_core::{Lane, NewJob, State, Timestamp};
use longshore_store::{Hint, Result};

use crate::{
    bind::bind,
    document::Document,
    store::{Inner, MysqlStore},
    unit::Unit,
};

/// The lanes of these jobs, each once.
pub(crate) fn distinct<'j>(jobs: impl IntoIterator<Item = &'j NewJob>) -> HashSet<Lane> {
    let mut lanes = HashSet::new();
    let mut last: Option<Lane> = None;
    for job in jobs {
        let again = last.as_ref().is_some_and(|lane| {
            lane.priority == job.priority && lane.queue == job.queue && lane.tenant == job.tenant
        });
        if !again {
            let lane = job.lane();
            last = Some(lane.clone());
            lanes.insert(lane);
        }
    }
    lanes
}

/// Those of the jobs that may start at once, as far as this machine's clock can tell.
pub(crate) fn ready(jobs: &[NewJob]) -> HashSet<Lane> {
    let now = Timestamp::from(std::time::SystemTime::now());
    distinct(jobs.iter().filter(|job| job.first_state(now) == State::Available))
}

impl Inner {
    /// Makes sure that claimers can learn of these lanes. Committed on its own, on our own connection.
    pub(crate) async fn register(&self, lanes: &HashSet<Lane>) -> Result<()> {
        let mut new: Vec<Lane> = {
            let known = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            lanes.difference(&known).cloned().collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        // In one order for all, so that two processes never wait for each other.
        new.sort_unstable();
        let mut rows = Document::with_room(new.len() * 64);
        for lane in &new {
            rows.open();
            rows.text(&lane.queue);
            rows.text(&lane.tenant);
            rows.number(lane.priority.rank());
            rows.shut();
        }
        let mut unit = Unit::begin(&self.work).await?;
        let done = unit.wire().change(&self.sql.register_lanes, bind![rows.finish()]?).await;
        unit.close(done).await?;
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
        Ok(())
    }
}

impl MysqlStore {
    /// Tells this process that these lanes may have work; others find it by polling.
    pub(crate) fn wake(&self, lanes: impl IntoIterator<Item = Lane>) {
        for lane in lanes {
            self.inner.board.post(Hint::Lane(lane));
        }
    }
}
