//! The model as [`Maintain`].

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use longshore_core::{Command, Failure, JobId, Outcome, Retention, State, Timestamp, Week, step};
use longshore_store::{
    Depth, Finding, Maintain, Migrated, Rescued, Result, Rotated, SchemaStatus, Severity, WeekRow,
};

use super::{
    MemoryStore,
    ground::{Ground, Place},
};

#[async_trait]
impl Maintain for MemoryStore {
    fn engine_name(&self) -> &'static str {
        "memory"
    }

    async fn migrate(&self) -> Result<Migrated> {
        drop(self.open()?);
        Ok(Migrated { applied: Vec::new(), version: 1 })
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        drop(self.open()?);
        Ok(SchemaStatus::Current { version: 1 })
    }

    fn migration(&self, _: u32, _: Timestamp) -> Vec<String> {
        Vec::new()
    }

    async fn rescue(
        &self,
        limit: u32,
        max_crashes: u32,
        now: Option<Timestamp>,
    ) -> Result<Vec<Rescued>> {
        let mut ground = self.open()?;
        let now = now.unwrap_or_else(|| ground.clock.now());
        let ids: Vec<_> = ground.expired(now).take(limit as usize).collect();
        Ok(ids.into_iter().filter_map(|id| ground.take_back(id, max_crashes, now)).collect())
    }

    async fn sample(&self, max_age: Duration) -> Result<bool> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let max_age = TimeDelta::from_std(max_age).unwrap_or(TimeDelta::MAX);
        if ground.sampled_at.is_some_and(|at| now - at < max_age) {
            return Ok(false);
        }
        ground.count(now);
        Ok(true)
    }

    async fn prepare_weeks(&self, _ahead: u32) -> Result<Vec<String>> {
        let mut ground = self.open()?;
        let now = ground.clock.now();
        ground.workers.retain(|_, worker| now - worker.seen_at < TimeDelta::hours(1));
        Ok(Vec::new())
    }

    async fn weeks(&self, retention: &Retention, now: Option<Timestamp>) -> Result<Vec<WeekRow>> {
        let mut ground = self.open()?;
        let now = now.unwrap_or_else(|| ground.clock.now());
        Ok(ground.weeks(retention, now))
    }

    async fn rotate_week(
        &self,
        week: Week,
        retention: &Retention,
        now: Option<Timestamp>,
    ) -> Result<Rotated> {
        let mut ground = self.open()?;
        let now = now.unwrap_or_else(|| ground.clock.now());
        Ok(ground.rotate(week, retention, now))
    }

    async fn sweep(
        &self,
        retention: &Retention,
        limit: u32,
        now: Option<Timestamp>,
    ) -> Result<u64> {
        let mut ground = self.open()?;
        let now = now.unwrap_or_else(|| ground.clock.now());
        Ok(ground.sweep(retention, limit, now))
    }

    fn rotation(&self, week: Week) -> Vec<String> {
        vec![format!("forget the jobs of {week} that may go")]
    }

    async fn check_up(&self) -> Result<Vec<Finding>> {
        drop(self.open()?);
        Ok(vec![Finding {
            subject: "durability".into(),
            severity: Severity::Bad,
            advice: "this store is for tests: everything is gone when the process ends".into(),
        }])
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}

impl Ground {
    fn expired(&self, now: Timestamp) -> impl Iterator<Item = JobId> {
        self.running.iter().copied().filter(move |id| {
            let place = self.jobs.get(id).map(|entry| &entry.place);
            matches!(place, Some(Place::Lease(lease)) if lease.until <= now)
        })
    }

    fn take_back(&mut self, id: JobId, max_crashes: u32, now: Timestamp) -> Option<Rescued> {
        let entry = self.jobs.get(&id)?;
        let attempt = entry.standing.attempt;
        let (queue, kind) = (entry.asked.queue.clone(), entry.asked.kind.clone());
        let Place::Lease(lease) = &entry.place else { return None };
        let silence = Command::Finish(Outcome::of_silence(lease.cancel_requested));
        let step = step(entry.standing, &silence, &entry.rules(max_crashes)).ok()?;
        self.apply(id, step, now, Some(Failure::of_silence()));
        Some(Rescued { job: id, queue, kind, attempt, state: step.standing.state })
    }

    fn count(&mut self, now: Timestamp) {
        let nothing = |queue: &str| Depth {
            queue: queue.to_owned(),
            available: 0,
            scheduled: 0,
            retryable: 0,
            running: 0,
            dead: 0,
            oldest_due_at: None,
            sampled_at: now,
        };
        let mut samples = BTreeMap::new();
        for lane in self.lanes.keys() {
            samples.entry(lane.queue.clone()).or_insert_with(|| nothing(&lane.queue));
        }
        for entry in self.jobs.values() {
            let queue = &entry.asked.queue;
            let depth = samples.entry(queue.clone()).or_insert_with(|| nothing(queue));
            match (&entry.place, entry.state(now)) {
                (Place::Queue { due_at }, State::Available) => {
                    depth.available += 1;
                    depth.oldest_due_at =
                        Some(depth.oldest_due_at.map_or(*due_at, |oldest| oldest.min(*due_at)));
                }
                (Place::Queue { .. }, State::Retryable) => depth.retryable += 1,
                (Place::Queue { .. }, _) => depth.scheduled += 1,
                (Place::Lease(_), _) => depth.running += 1,
                (Place::Dead, _) => depth.dead += 1,
                (Place::Held | Place::Over, _) => {}
            }
        }
        self.samples = samples;
        self.sampled_at = Some(now);
    }
}
