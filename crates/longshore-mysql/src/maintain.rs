//! The role of whoever keeps the house.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use longshore_core::{Retention, Timestamp, Week};
use longshore_store::{
    Error, ErrorKind, Finding, Maintain, Migrated, Rescued, Result, Rotated, SchemaStatus, Vitals,
    WeekRow, rescue_each,
};

use crate::{
    alone::Alone,
    bind::bind,
    check_up,
    clock::now,
    migrate,
    rescue::{self, Rescue},
    rights,
    rotate::{self, Rotation},
    row::get,
    sample,
    store::{Inner, MysqlStore},
    unit::Unit,
    week_rows, weeks,
    wire::Wire,
};

#[async_trait]
impl Maintain for MysqlStore {
    fn engine_name(&self) -> &'static str {
        "mysql"
    }

    async fn migrate(&self) -> Result<Migrated> {
        let migrated = self.repeat(migrate).await?;
        if migrated.applied.is_empty() {
            self.make_weeks(migrate::WEEKS_AHEAD).await?;
        }
        Ok(migrated)
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        self.status().await
    }

    fn migration(&self, version: u32, now: Timestamp) -> Vec<String> {
        migrate::statements(&self.inner.home, version, now)
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
            None => self.now().await?,
        };
        // No stored time is older; what is kept for ever is not looked for.
        let cutoff = retention.cutoff(now);
        if cutoff < Timestamp::UNIX_EPOCH { Ok(0) } else { self.sweep_until(cutoff, limit).await }
    }

    fn rotation(&self, week: Week) -> Vec<String> {
        rotate::statements(&self.inner.home, week)
    }

    async fn check_up(&self) -> Result<Vec<Finding>> {
        check_up::findings(self).await
    }

    async fn vitals(&self) -> Result<Vitals> {
        let rows = self.question(|sql| &sql.vitals, bind![]?).await?;
        let value = rows.first().map(|row| get::<String>(row, "Value")).transpose()?;
        Ok(Vitals { log_bytes: value.and_then(|value| value.parse().ok()), dead_rows: None })
    }

    async fn close(&self) {
        let inner = self.inner.clone();
        let closed = self.thread.run(async move {
            for connections in [&inner.work, &inner.questions, &inner.heart] {
                connections.close().await;
            }
            Ok(())
        });
        if let Err(error) = closed.await {
            tracing::debug!(%error, "connections were not closed in order");
        }
    }
}

impl MysqlStore {
    async fn make_weeks(&self, ahead: u32) -> Result<Vec<String>> {
        if self.repeat(move |inner| missing_weeks(inner, ahead)).await?.is_empty() {
            return Ok(Vec::new());
        }
        match self.repeat(move |inner| make_weeks(inner, ahead)).await {
            // A worker need not be allowed to alter tables: whoever migrates makes the weeks too.
            Err(error) if error.is_transient() || error.kind() == ErrorKind::Denied => {
                tracing::warn!(%error, "weeks were not made; their rows go to the catch-all for now");
                Ok(Vec::new())
            }
            made => made,
        }
    }
}

async fn migrate(inner: Arc<Inner>) -> Result<Migrated> {
    let mut alone = Alone::with_schema(&inner.changes, &inner.home).await?;
    let answer = migrate::migrate(&mut alone.wire(), &inner.sql, &inner.home).await;
    alone.close(answer).await.map_err(not_allowed)
}

/// The weeks up to so many ahead that have no partition yet.
pub(crate) async fn missing_weeks(inner: Arc<Inner>, ahead: u32) -> Result<Vec<Week>> {
    let mut unit = Unit::reading(&inner.questions).await?;
    let answer = look(&mut unit.wire(), &inner, ahead).await;
    unit.close(answer).await
}

async fn look(wire: &mut Wire<'_>, inner: &Inner, ahead: u32) -> Result<Vec<Week>> {
    let now = now(wire).await?;
    // The last table that is served: it lacks what any of them lacks.
    let parts = weeks::parts(wire, &inner.sql, &inner.home, weeks::LAST).await?;
    Ok(weeks::missing(&parts, now, ahead))
}

/// Makes them, unless somebody was faster.
async fn make_weeks(inner: Arc<Inner>, ahead: u32) -> Result<Vec<String>> {
    let mut alone = Alone::with_schema(&inner.changes, &inner.home).await?;
    let answer = make(&mut alone.wire(), &inner, ahead).await;
    alone.close(answer).await.map_err(not_allowed)
}

fn not_allowed(error: Error) -> Error {
    rights::owners_affair(error, "make or change tables", "longshore migrate")
}

async fn make(wire: &mut Wire<'_>, inner: &Inner, ahead: u32) -> Result<Vec<String>> {
    let now = now(wire).await?;
    weeks::make(wire, &inner.sql, &inner.home, now, ahead).await
}
