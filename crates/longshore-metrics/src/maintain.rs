//! The role of whoever keeps the house: rescues and weeks are counted, all else is only timed.

use std::time::Duration;

use async_trait::async_trait;
use longshore_core::{NewJob, Retention, Timestamp, Week};
use longshore_store::{
    Decorator, Enqueued, ErrorKind, Finding, Maintain, Migrated, Rescued, Result, Rotated,
    SchemaStatus, Store, Vitals, WeekRow,
};
use metrics::counter;

use crate::{Metered, names, ops::Op, tally::Tally};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Maintain for Metered {
    fn engine_name(&self) -> &'static str {
        self.inner.engine()
    }

    fn as_decorator(&self) -> Option<&dyn Decorator> {
        Some(self)
    }

    async fn migrate(&self) -> Result<Migrated> {
        self.timed(Op::Migrate, self.inner.migrate()).await
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        self.timed(Op::SchemaStatus, self.inner.schema_status()).await
    }

    fn migration(&self, version: u32, now: Timestamp) -> Vec<String> {
        self.inner.migration(version, now)
    }

    async fn rescue(
        &self,
        limit: u32,
        max_crashes: u32,
        now: Option<Timestamp>,
    ) -> Result<Vec<Rescued>> {
        let call = self.inner.rescue(limit, max_crashes, now);
        let rescued = self.timed(Op::Rescue, call).await?;
        self.plain.leases_expired.increment(rescued.len() as u64);
        let mut finder = self.places.finder();
        let places = rescued.iter().map(|it| (finder.number(&it.queue, &it.kind), it.state));
        Tally::of(places).each(|(place, state), attempts| self.closed(place, state, attempts));
        Ok(rescued)
    }

    async fn sample(&self, max_age: Duration) -> Result<bool> {
        self.timed(Op::Sample, self.inner.sample(max_age)).await
    }

    async fn prepare_weeks(&self, ahead: u32) -> Result<Vec<String>> {
        self.timed(Op::PrepareWeeks, self.inner.prepare_weeks(ahead)).await
    }

    async fn weeks(&self, retention: &Retention, now: Option<Timestamp>) -> Result<Vec<WeekRow>> {
        self.timed(Op::Weeks, self.inner.weeks(retention, now)).await
    }

    async fn rotate_week(
        &self,
        week: Week,
        retention: &Retention,
        now: Option<Timestamp>,
    ) -> Result<Rotated> {
        let call = self.inner.rotate_week(week, retention, now);
        let rotated = self.timed(Op::RotateWeek, call).await;
        match &rotated {
            Ok(Rotated::Dropped { rows, .. }) => {
                self.plain.weeks_dropped.increment(1);
                self.plain.week_rows_dropped.increment(*rows);
            }
            Ok(Rotated::Kept { .. }) => kept("survivors"),
            Ok(Rotated::Busy) => kept("busy"),
            Err(error) if error.kind() == ErrorKind::Denied => kept("denied"),
            Ok(Rotated::Absent | Rotated::TooYoung { .. }) | Err(_) => {}
        }
        rotated
    }

    async fn sweep(
        &self,
        retention: &Retention,
        limit: u32,
        now: Option<Timestamp>,
    ) -> Result<u64> {
        let swept = self.timed(Op::Sweep, self.inner.sweep(retention, limit, now)).await?;
        self.plain.jobs_swept.increment(swept);
        Ok(swept)
    }

    fn rotation(&self, week: Week) -> Vec<String> {
        self.inner.rotation(week)
    }

    async fn check_up(&self) -> Result<Vec<Finding>> {
        self.timed(Op::CheckUp, self.inner.check_up()).await
    }

    async fn vitals(&self) -> Result<Vitals> {
        self.timed(Op::Vitals, self.inner.vitals()).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

/// Rare enough to look its counter up.
fn kept(why: &'static str) {
    counter!(names::WEEKS_KEPT, "why" => why).increment(1);
}

impl Decorator for Metered {
    fn beneath(&self) -> &dyn Store {
        &*self.inner
    }

    /// Nobody tells whether the transaction commits, so they count now.
    fn enqueued_in(&self, jobs: &[NewJob], enqueued: &[Enqueued]) {
        self.count_enqueued(jobs, enqueued);
    }
}
