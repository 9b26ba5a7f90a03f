//! The role of whoever keeps the house.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use longshore_core::{Retention, Timestamp, Week};
use longshore_store::{
    Error, ErrorKind, Finding, Maintain, Migrated, Rescued, Result, Rotated, SchemaStatus, Vitals,
    WeekRow, rescue_each,
};

use crate::{
    bind::bind,
    check_up,
    error::owners_affair,
    migrate,
    rescue::{self, Rescue},
    rotate::{self, Rotation},
    row::get,
    sample,
    store::{Inner, PostgresStore},
    unit::Unit,
    week_rows, weeks,
    wire::Wire,
};

#[async_trait]
impl Maintain for PostgresStore {
    fn engine_name(&self) -> &'static str {
        "postgres"
    }

    async fn migrate(&self) -> Result<Migrated> {
        let migrated = self.repeat(|inner| async move {
            let mut unit = Unit::transaction(&inner.questions, inner.manner).await?;
            let mut wire = Wire { patience: None, ..unit.wire() };
            let answer = migrate::migrate(&mut wire, &inner.options.schema).await;
            unit.close(answer).await.map_err(not_allowed)
        });
        let migrated = migrated.await?;
        if migrated.applied.is_empty() {
            self.make_weeks(migrate::WEEKS_AHEAD).await?;
        }
        Ok(migrated)
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        self.status().await
    }

    fn migration(&self, version: u32, now: Timestamp) -> Vec<String> {
        migrate::statements(&self.inner.options.schema, version, now)
    }

    async fn rescue(
        &self,
        limit: u32,
        max_crashes: u32,
        now: Option<Timestamp>,
    ) -> Result<Vec<Rescued>> {
        let all = Rescue { limit, max_crashes, now, only: None };
        let rescue = |what| self.repeat(move |inner| rescue::rescue(inner, what));
        match rescue(all).await {
            Ok((rescued, due)) => {
                self.wake(due);
                Ok(rescued)
            }
            Err(failure) => {
                let one = async |id| {
                    let (rescued, due) = rescue(Rescue { only: Some(id), ..all }).await?;
                    self.wake(due);
                    Ok(rescued)
                };
                let expired = self.repeat(move |inner| rescue::expired(inner, all));
                rescue_each(failure, expired, one).await
            }
        }
    }

    async fn sample(&self, max_age: Duration) -> Result<bool> {
        self.repeat(move |inner| sample::sample(inner, max_age)).await
    }

    async fn prepare_weeks(&self, ahead: u32) -> Result<Vec<String>> {
        self.change(|sql| &sql.forget_workers, bind![]?).await?;
        self.make_weeks(ahead).await
    }

    async fn weeks(&self, retention: &Retention, now: Option<Timestamp>) -> Result<Vec<WeekRow>> {
        let retention = *retention;
        self.repeat(move |inner| week_rows::week_rows(inner, retention, now)).await
    }

    async fn rotate_week(
        &self,
        week: Week,
        retention: &Retention,
        now: Option<Timestamp>,
    ) -> Result<Rotated> {
        let rotation = Rotation { week, retention: *retention, now };
        self.thread.run(rotate::rotate(self.inner.clone(), rotation)).await
    }

    async fn sweep(
        &self,
        retention: &Retention,
        limit: u32,
        now: Option<Timestamp>,
    ) -> Result<u64> {
        let now = match now {
            Some(now) => now,
            None => self.repeat(now_of).await?,
        };
        // No stored time is older; what is kept for ever is not looked for.
        let cutoff = retention.cutoff(now);
        if cutoff < Timestamp::UNIX_EPOCH { Ok(0) } else { self.sweep_until(cutoff, limit).await }
    }

    fn rotation(&self, week: Week) -> Vec<String> {
        rotate::statements(&self.inner.options.schema, week)
    }

    async fn check_up(&self) -> Result<Vec<Finding>> {
        check_up::findings(self).await
    }

    async fn vitals(&self) -> Result<Vitals> {
        let schema = self.inner.options.schema.as_str();
        let rows = self.question(|sql| &sql.vitals, bind![schema]?).await?;
        let Some(row) = rows.first() else { return Ok(Vitals::default()) };
        let figure = |name| get::<Option<i64>>(row, name).map(|it| it.map(i64::unsigned_abs));
        Ok(Vitals { log_bytes: figure("log_bytes")?, dead_rows: figure("dead_rows")? })
    }

    async fn close(&self) {
        let inner = self.inner.clone();
        let closed = self.thread.run(async move {
            for connections in [&inner.work, &inner.questions, &inner.heart] {
                connections.close().await;
            }
            inner.notifier.stop();
            inner.listener.stop();
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::debug!(%error, "connections were not closed in order");
        }
    }
}

impl PostgresStore {
    async fn make_weeks(&self, ahead: u32) -> Result<Vec<String>> {
        let missing = self.repeat(move |inner| missing_weeks(inner, ahead)).await?;
        let mut made = Vec::new();
        for week in missing {
            // Each week alone: one that must wait for a lock does not hold up the others.
            match self.repeat(move |inner| make_week(inner, week)).await {
                Ok(true) => made.push(week.to_string()),
                Ok(false) => {}
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    tracing::warn!(%week, "a week was not made: {error}");
                }
                // A worker need not be allowed to make tables: whoever migrates makes the weeks too.
                Err(error) if error.is_transient() || error.kind() == ErrorKind::Denied => {
                    tracing::warn!(%week, %error, "a week was not made; its rows go to the catch-all for now");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }
}

/// The weeks from the last one to so many ahead that have no partition.
pub(crate) async fn missing_weeks(inner: Arc<Inner>, ahead: u32) -> Result<Vec<Week>> {
    let mut unit = Unit::reading(&inner.questions, inner.manner).await?;
    let answer = look(&mut unit.wire(), &inner, ahead).await;
    unit.close(answer).await
}

async fn look(wire: &mut Wire<'_>, inner: &Inner, ahead: u32) -> Result<Vec<Week>> {
    let now = migrate::now(wire).await?;
    let names = weeks::names(wire, inner).await?;
    Ok(weeks::around(now, ahead).filter(|week| !names.contains(&weeks::name(*week))).collect())
}

/// The database's clock.
async fn now_of(inner: Arc<Inner>) -> Result<Timestamp> {
    let mut unit = Unit::reading(&inner.questions, inner.manner).await?;
    let now = migrate::now(&mut unit.wire()).await;
    unit.close(now).await
}

/// Makes a week unless somebody was faster.
async fn make_week(inner: Arc<Inner>, week: Week) -> Result<bool> {
    let mut unit = Unit::transaction(&inner.questions, inner.manner).await?;
    let answer = weeks::make_once(&mut unit.wire(), &inner.options.schema, week).await;
    unit.close(answer).await.map_err(not_allowed)
}

fn not_allowed(error: Error) -> Error {
    owners_affair(error, "make or change tables", "longshore migrate")
}
