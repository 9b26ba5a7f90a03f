//! The model as [`Operate`].

use std::time::Duration;

use async_trait::async_trait;
use longshore_core::{Command, JobId, JobUpdate, Limits, Scope, State, Timestamp, step};
use longshore_store::{Cancelled, Deleted, Hint, Operate, Released, Result, Retried, Updated};

use super::{
    MemoryStore,
    ground::{Ground, Place},
};

#[async_trait]
impl Operate for MemoryStore {
    async fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        Ok(ids.iter().map(|id| ground.call_off(*id, now)).collect())
    }

    async fn retry(&self, ids: &[JobId]) -> Result<Vec<Retried>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let outcomes: Vec<_> = ids.iter().map(|id| ground.retry(*id, now)).collect();
        let done = ids.iter().zip(&outcomes).filter(|(_, it)| **it == Retried::Done);
        self.hint_at(&ground, done.map(|(id, _)| *id));
        Ok(outcomes)
    }

    async fn release(&self, ids: &[JobId]) -> Result<Vec<Released>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let outcomes: Vec<_> = ids.iter().map(|id| ground.release(*id, now)).collect();
        let done = ids.iter().zip(&outcomes).filter(|(_, it)| **it == Released::Done);
        self.hint_at(&ground, done.map(|(id, _)| *id));
        Ok(outcomes)
    }

    async fn update(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        self.limits.check_update(update)?;
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let Some(entry) = ground.jobs.get_mut(&id) else { return Ok(Updated::NotFound) };
        if matches!(entry.place, Place::Lease(_) | Place::Over) {
            return Ok(Updated::Refused(entry.state(now)));
        }
        let labels = update.labels_after(entry.asked.labels.clone());
        Limits::check_labels(&labels)?;
        entry.asked.labels = labels;
        entry.asked.payload = update.payload.clone().unwrap_or(entry.asked.payload.clone());
        Ok(Updated::Done)
    }

    async fn delete_dead(&self, ids: &[JobId]) -> Result<Vec<Deleted>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let mut delete = |id: &JobId| match ground.jobs.get_mut(id) {
            None => Deleted::NotFound,
            Some(entry) if matches!(entry.place, Place::Dead) => {
                entry.place = Place::Over;
                Deleted::Done
            }
            Some(entry) => Deleted::Refused(entry.state(now)),
        };
        Ok(ids.iter().map(&mut delete).collect())
    }

    async fn pause(&self, queue: &str) -> Result<bool> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let ran = !ground.paused.contains_key(queue);
        ground.paused.entry(queue.into()).or_insert(now);
        Ok(ran)
    }

    async fn resume(&self, queue: &str) -> Result<bool> {
        let mut ground = self.open()?;
        let was_paused = ground.paused.remove(queue).is_some();
        let lanes: Vec<_> = ground.lanes.keys().filter(|lane| &*lane.queue == queue).collect();
        lanes.into_iter().for_each(|lane| self.hints.post(Hint::Lane(lane.clone())));
        Ok(was_paused)
    }

    fn limits(&self) -> Limits {
        self.limits
    }
}

impl MemoryStore {
    fn hint_at(&self, ground: &Ground, ids: impl Iterator<Item = JobId>) {
        for entry in ids.filter_map(|id| ground.jobs.get(&id)) {
            self.hints.post(Hint::Lane(entry.asked.lane()));
        }
    }
}

impl Ground {
    fn call_off(&mut self, id: JobId, now: Timestamp) -> Cancelled {
        let Some(entry) = self.jobs.get_mut(&id) else { return Cancelled::NotFound };
        if let Place::Lease(lease) = &mut entry.place {
            lease.cancel_requested = true;
            return Cancelled::Requested;
        }
        match step(entry.standing, &Command::Cancel, &entry.rules(u32::MAX)) {
            Ok(step) => {
                self.apply(id, step, now, None);
                Cancelled::Done
            }
            Err(illegal) => Cancelled::AlreadyOver(illegal.state),
        }
    }

    fn retry(&mut self, id: JobId, now: Timestamp) -> Retried {
        let Some(entry) = self.jobs.get(&id) else { return Retried::NotFound };
        let state = entry.state(now);
        let deleted = state == State::Discarded && !matches!(entry.place, Place::Dead);
        let asked = entry.asked.clone();
        let step = match step(entry.standing, &Command::RetryByHand, &entry.rules(u32::MAX)) {
            Ok(step) if !deleted && state != State::Available => step,
            _ => return Retried::Refused(state),
        };
        if let Some(unique) = asked.unique.as_ref().filter(|it| it.scope == Scope::UntilTerminal) {
            match self.owner(&asked.tenant, &unique.key, now) {
                Some(owner) if owner != id => return Retried::KeyTaken(owner),
                _ => self.take_key(&asked, now),
            }
        }
        self.apply(id, step, now, None);
        Retried::Done
    }

    fn release(&mut self, id: JobId, now: Timestamp) -> Released {
        let Some(entry) = self.jobs.get(&id) else { return Released::NotFound };
        let left = (entry.run_at - now).to_std().unwrap_or(Duration::ZERO);
        match step(entry.standing, &Command::Release(left), &entry.rules(u32::MAX)) {
            Ok(step) => {
                self.apply(id, step, now, None);
                Released::Done
            }
            Err(_) => Released::Refused(entry.state(now)),
        }
    }
}
