//! The model as [`Inspect`].

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::TimeDelta;
use longshore_core::{
    Circumstances, Cursor, JobFilter, JobId, Listing, Page, Timestamp, Transition,
    TransitionFilter, TransitionId,
};
use longshore_store::{
    AttemptLog, Depth, Inspect, JobDetail, JobRow, LogsOf, QueueRow, Result, Settled, WorkerRow,
};

use super::{
    MemoryStore,
    ground::{Entry, Ground, Place, Row, Worker},
    matching::{cut, matches},
};

/// Jobs ahead of another are counted up to here.
const MOST_AHEAD: usize = 10_000;

#[async_trait]
impl Inspect for MemoryStore {
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<JobDetail>>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        Ok(ids.iter().map(|id| ground.jobs.get(id).map(|entry| entry.detail(now))).collect())
    }

    async fn list_jobs(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        Ok(cut(ground.rows(filter, now, |_| true), page, place_of_row))
    }

    async fn list_dead(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let filter =
            JobFilter { states_in: Vec::new(), states_notin: Vec::new(), ..filter.clone() };
        let dead = |entry: &Entry| matches!(entry.place, Place::Dead);
        Ok(cut(ground.rows(&filter, now, dead), page, place_of_row))
    }

    async fn list_transitions(
        &self,
        filter: &TransitionFilter,
        page: &Page,
    ) -> Result<Listing<Transition>> {
        let ground = self.open()?;
        let newest_first = ground.jobs.values().rev();
        let all = newest_first.flat_map(|entry| entry.transitions().into_iter().rev());
        let rows = all.filter(|transition| matches(transition, filter)).collect();
        Ok(cut(rows, page, |it| Cursor { id: it.job_id.0, ordinal: it.id.ordinal }))
    }

    async fn transition(&self, id: TransitionId) -> Result<Option<Transition>> {
        let ground = self.open()?;
        let all = ground.jobs.get(&id.job).map(Entry::transitions).unwrap_or_default();
        Ok(all.into_iter().find(|transition| transition.id == id))
    }

    async fn logs(&self, of: &LogsOf) -> Result<Vec<AttemptLog>> {
        let ground = self.open()?;
        let newest_first =
            ground.jobs.get(&of.job).into_iter().flat_map(|it| it.ledger.iter().rev());
        let asked = newest_first.filter(|row| of.before.is_none_or(|before| row.attempt < before));
        Ok(asked.filter_map(Row::spoken).take(of.limit() as usize).collect())
    }

    async fn settled(&self, ids: &[JobId]) -> Result<Vec<Option<Settled>>> {
        let details = self.jobs(ids).await?.into_iter();
        let settled = |job: JobDetail| Settled {
            id: job.row.id,
            state: job.row.state,
            progress: job.progress,
            result: job.result,
            error: job.row.error,
        };
        Ok(details.map(|job| job.map(settled)).collect())
    }

    async fn holder(&self, tenant: &str, key: &str) -> Result<Option<JobId>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let owner = ground.owner(&tenant.into(), key, now);
        let live = |id: &JobId| {
            ground.jobs.get(id).is_some_and(|entry| !entry.standing.state.is_terminal())
        };
        Ok(owner.filter(live))
    }

    async fn depths(&self) -> Result<Vec<Depth>> {
        Ok(self.open()?.samples.values().cloned().collect())
    }

    async fn queues(&self) -> Result<Vec<QueueRow>> {
        let ground = self.open()?;
        let named = ground.lanes.keys().map(|lane| &lane.queue).chain(ground.paused.keys());
        let row = |queue: &std::sync::Arc<str>| QueueRow {
            queue: queue.to_string(),
            paused_since: ground.paused.get(queue).copied(),
            depth: ground.samples.get(queue).cloned(),
        };
        Ok(named.collect::<BTreeSet<_>>().into_iter().map(row).collect())
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let row = |worker: &Worker| WorkerRow {
            facts: (*worker.facts).clone(),
            started_at: worker.started_at,
            seen_at: worker.seen_at,
            running: ground.running_on(worker.facts.id),
        };
        Ok(ground.live_workers(now).map(row).collect())
    }

    async fn circumstances(&self, id: JobId) -> Result<Option<Circumstances>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        Ok(ground.jobs.get(&id).map(|entry| ground.circumstances(entry, now)))
    }
}

fn place_of_row(row: &JobRow) -> Cursor {
    Cursor { id: row.id.0, ordinal: 0 }
}

impl Ground {
    fn rows(
        &self,
        filter: &JobFilter,
        now: Timestamp,
        keep: impl Fn(&Entry) -> bool,
    ) -> Vec<JobRow> {
        let newest_first = self.jobs.values().rev();
        let kept = newest_first.filter(|entry| keep(entry) && entry.matches(filter, now));
        kept.map(|entry| entry.row(now)).collect()
    }

    fn live_workers(&self, now: Timestamp) -> impl Iterator<Item = &Worker> {
        self.workers.values().filter(move |worker| now - worker.seen_at < TimeDelta::minutes(1))
    }

    fn running_on(&self, worker: longshore_core::WorkerId) -> u32 {
        let leased = self.running.iter().filter_map(|id| self.jobs.get(id));
        let here = |entry: &&Entry| matches!(&entry.place, Place::Lease(it) if it.worker == worker);
        leased.filter(here).count() as u32
    }

    fn circumstances(&self, entry: &Entry, now: Timestamp) -> Circumstances {
        let asked = &entry.asked;
        let lease = if let Place::Lease(lease) = &entry.place { Some(lease) } else { None };
        // One that is stopping takes no more jobs.
        let listens = |worker: &&Worker| {
            !worker.facts.stopping
                && worker.facts.queues.iter().any(|(queue, _)| **queue == *asked.queue)
        };
        let able = |worker: &&Worker| worker.facts.kinds.iter().any(|kind| **kind == *asked.kind);
        Circumstances {
            now,
            state: entry.state(now),
            reason: Some(entry.reason()),
            queue: asked.queue.to_string(),
            kind: asked.kind.to_string(),
            due_at: entry.due_at(),
            attempt: entry.standing.attempt,
            last_attempt: entry.standing.last_attempt,
            lease_until: lease.map(|lease| lease.until),
            cancel_requested: lease.is_some_and(|lease| lease.cancel_requested),
            paused_since: self.paused.get(&asked.queue).copied(),
            workers: self.live_workers(now).count() as u32,
            listening: self.live_workers(now).filter(listens).count() as u32,
            able: self.live_workers(now).filter(listens).filter(able).count() as u32,
            ahead: self.ahead_of(entry, now),
        }
    }

    /// Due jobs of its queue with a higher priority, or before it in its lane.
    fn ahead_of(&self, entry: &Entry, now: Timestamp) -> u32 {
        let Some(due_at) = entry.due_at() else { return 0 };
        let lane = entry.asked.lane();
        let others = self.lanes.iter().filter(|(other, _)| other.queue == lane.queue);
        let due = others.flat_map(|(other, line)| line.keys().map(move |place| (other, place)));
        let before = due.filter(|(other, place)| {
            let first = other.priority > lane.priority
                || (**other == lane && **place < (due_at, entry.asked.id));
            place.0 <= now && first
        });
        before.take(MOST_AHEAD).count() as u32
    }
}
