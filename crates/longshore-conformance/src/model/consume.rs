//! The model as [`Consume`].

use std::{collections::BTreeMap, ops::Bound, sync::Arc, time::Duration};

use async_trait::async_trait;
use longshore_core::{Command, JobId, Lane, State, Timestamp, WorkerId, step};
use longshore_store::{
    Claim, Claimed, Consume, CursorAt, Finish, Finished, Heartbeat, Hint, Hints, Lanes, Renewed,
    Result,
};

use super::{
    MemoryStore,
    clock::later,
    ground::{Ground, Lease, Place, Worker},
};

#[async_trait]
impl Consume for MemoryStore {
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes> {
        let ground = self.open()?;
        let lanes = ground.lanes.keys().filter(|lane| queues.contains(&lane.queue));
        let paused = ground.paused.keys().filter(|queue| queues.contains(queue));
        Ok(Lanes { lanes: lanes.cloned().collect(), paused: paused.cloned().collect() })
    }

    fn hints(&self) -> Hints {
        self.hints.listen()
    }

    async fn hint(&self, lanes: &[Lane]) {
        for lane in lanes {
            self.hints.post(Hint::Lane(lane.clone()));
        }
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>> {
        let mut ground = self.open()?;
        let now = claim.now.unwrap_or_else(|| ground.clock.now());
        let mut claimed = Vec::new();
        for cursor in &claim.cursors {
            let room = (claim.limit as usize).saturating_sub(claimed.len());
            for (due_at, id) in ground.due(cursor, &claim.kinds, now, room) {
                claimed.extend(ground.hand_out(id, due_at, claim, now));
            }
        }
        Ok(claimed)
    }

    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>> {
        let ground = self.open()?;
        let lines = lanes.iter().filter_map(|lane| ground.lanes.get(lane));
        let first = |line: &BTreeMap<(Timestamp, JobId), Arc<str>>| {
            line.iter().find(|(_, kind)| kinds.contains(kind)).map(|((due_at, _), _)| *due_at)
        };
        Ok(lines.filter_map(first).min())
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>> {
        let mut ground = self.open()?;
        let now = heartbeat.now.unwrap_or_else(|| ground.clock.now());
        ground
            .workers
            .entry(heartbeat.worker.id)
            .and_modify(|worker| {
                worker.facts = heartbeat.worker.clone();
                worker.seen_at = now;
            })
            .or_insert_with(|| Worker {
                facts: heartbeat.worker.clone(),
                started_at: now,
                seen_at: now,
            });
        let renew = |(fence, progress): &(_, Option<_>)| {
            let Some(lease) = ground.lease(*fence) else { return Renewed::Lost };
            lease.until = later(now, heartbeat.lease);
            if progress.is_some() {
                lease.progress.clone_from(progress);
            }
            if lease.cancel_requested { Renewed::CancelRequested } else { Renewed::Held }
        };
        Ok(heartbeat.leases.iter().map(renew).collect())
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Finished>> {
        finishes.iter().try_for_each(Finish::check)?;
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let mut outcomes = Vec::with_capacity(finishes.len());
        for finish in finishes {
            outcomes.push(ground.close(finish, now));
            let step = &finish.step;
            if outcomes.last() == Some(&Finished::Recorded) && step.due_in == Some(Duration::ZERO) {
                self.hints.post(Hint::Lane(finish.lane.clone()));
            }
        }
        let recorded = finishes.iter().zip(&outcomes).filter(|(_, it)| **it == Finished::Recorded);
        for (tenant, correlation) in recorded.filter_map(|(finish, _)| finish.closes()) {
            ground.close_siblings(&tenant, &correlation, now);
        }
        Ok(outcomes)
    }

    async fn leave(&self, worker: WorkerId) -> Result<()> {
        self.open()?.workers.remove(&worker);
        Ok(())
    }
}

impl Ground {
    /// Jobs of a lane that are due and of these kinds, in claim order.
    fn due(
        &self,
        cursor: &CursorAt,
        kinds: &[Arc<str>],
        now: Timestamp,
        room: usize,
    ) -> Vec<(Timestamp, JobId)> {
        let start = cursor.floor.map_or(Bound::Unbounded, |it| Bound::Excluded((it.due_at, it.id)));
        let line = self.lanes.get(&cursor.lane).into_iter();
        line.flat_map(|line| line.range((start, Bound::Unbounded)))
            .take_while(|((due_at, _), _)| *due_at <= now)
            .filter(|(_, kind)| kinds.contains(kind))
            .take(room.min(cursor.quota as usize))
            .map(|(place, _)| *place)
            .collect()
    }

    fn hand_out(
        &mut self,
        id: JobId,
        due_at: Timestamp,
        claim: &Claim,
        now: Timestamp,
    ) -> Option<Claimed> {
        self.leave_line(id);
        let entry = self.jobs.get_mut(&id)?;
        let claimed = step(entry.standing, &Command::Claim, &entry.rules(u32::MAX)).ok()?;
        entry.standing = claimed.standing;
        entry.place = Place::Lease(Lease {
            worker: claim.worker,
            started_at: now,
            until: later(now, claim.lease),
            cancel_requested: false,
            progress: None,
        });
        self.running.insert(id);
        let asked = &entry.asked;
        Some(Claimed {
            id,
            lane: asked.lane(),
            kind: asked.kind.clone(),
            standing: entry.standing,
            max_attempts: asked.max_attempts,
            due_at,
            claimed_at: now,
            created_at: entry.created_at,
            payload: asked.payload.clone(),
            context: asked.context.clone(),
            labels: asked.labels.clone(),
            backoff: asked.backoff,
            timeout: asked.timeout,
            event_id: asked.event_id,
            batch: asked.batch,
            siblings: asked.siblings(),
        })
    }

    fn close(&mut self, finish: &Finish, now: Timestamp) -> Finished {
        let Some(lease) = self.lease(finish.fence) else { return Finished::Stale };
        let step = finish.step.heeding(lease.cancel_requested);
        self.apply(finish.fence.job, step, now, finish.error.clone());
        if let Some(entry) = self.jobs.get_mut(&finish.fence.job) {
            if finish.step.standing.state == State::Completed {
                entry.result.clone_from(&finish.result);
            }
            if let Some(row) = entry.ledger.last_mut() {
                row.log.clone_from(&finish.log);
            }
        }
        if step == finish.step { Finished::Recorded } else { Finished::Cancelled }
    }

    /// Completes the jobs of a tenant and a correlation id that wait.
    fn close_siblings(&mut self, tenant: &str, correlation: &str, now: Timestamp) {
        let related = self.jobs.iter().filter(|(_, entry)| {
            let asked = &entry.asked;
            &*asked.tenant == tenant && asked.correlation_id.as_deref() == Some(correlation)
        });
        let closed: Vec<_> = related
            .filter_map(|(id, entry)| {
                let rules = entry.rules(u32::MAX);
                Some((*id, step(entry.standing, &Command::Correlate, &rules).ok()?))
            })
            .collect();
        for (id, step) in closed {
            self.apply(id, step, now, None);
        }
    }
}
