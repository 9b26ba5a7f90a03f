//! The role of whoever keeps the house.

use std::time::Duration;

use async_trait::async_trait;
use longshore_core::{Retention, Timestamp, Week};
use longshore_store::{
    Finding, Hint, Maintain, Migrated, Rescued, Result, Rotated, SchemaStatus, WeekRow, rescue_each,
};
use sqlx::SqliteConnection;

use crate::{
    SqliteStore, check_up, clock, fault, migrate,
    rescue::{Expired, Rescuing},
    row::Row,
    schema,
    store::Read,
    weeks::{self, Walked, Weeks},
    writer::Write,
};

const LAST_SAMPLE: &str = include_str!("../sql/maintain/last_sample.sql");
const COUNT: &str = include_str!("../sql/maintain/count.sql");
const KEEP_SAMPLE: &str = include_str!("../sql/maintain/keep_sample.sql");
const FORGET_WORKERS: &str = include_str!("../sql/maintain/forget_workers.sql");

/// How long a silent worker is remembered.
const REMEMBERED: Duration = Duration::from_secs(3600);

#[async_trait]
impl Maintain for SqliteStore {
    fn engine_name(&self) -> &'static str {
        "sqlite"
    }

    async fn migrate(&self) -> Result<Migrated> {
        let migrated = self.write_anyway(migrate::Migrating).await?;
        self.set_ready();
        Ok(migrated)
    }

    async fn schema_status(&self) -> Result<SchemaStatus> {
        self.read_anyway(schema::Status).await
    }

    fn migration(&self, version: u32, now: Timestamp) -> Vec<String> {
        migrate::statements(version, now)
    }

    async fn rescue(
        &self,
        limit: u32,
        max_crashes: u32,
        now: Option<Timestamp>,
    ) -> Result<Vec<Rescued>> {
        let all = Rescuing { limit, max_crashes, now: clock::at(now), only: None };
        let rescued = match self.write(all).await {
            Ok(rescued) => rescued,
            Err(failure) => {
                let one = |id| self.write(Rescuing { only: Some(id), ..all });
                rescue_each(failure, self.read(Expired(all)), one).await?
            }
        };
        for (_, lane, _) in rescued.iter().filter(|(_, _, due)| *due) {
            self.board().post(Hint::Lane(lane.clone()));
        }
        Ok(rescued.into_iter().map(|(rescued, _, _)| rescued).collect())
    }

    async fn sample(&self, max_age: Duration) -> Result<bool> {
        let now = clock::now();
        // Counting goes through a reader: it may take long, and nobody needs to wait for it.
        let Some(counts) = self.read(Counting { now, max_age }).await? else { return Ok(false) };
        self.write(Sample { now, counts }).await?;
        Ok(true)
    }

    async fn prepare_weeks(&self, _ahead: u32) -> Result<Vec<String>> {
        self.write(Forgetting).await?;
        Ok(Vec::new())
    }

    async fn weeks(&self, retention: &Retention, now: Option<Timestamp>) -> Result<Vec<WeekRow>> {
        let now = clock::timestamp(clock::at(now));
        self.read(Weeks { retention: *retention, now }).await
    }

    async fn rotate_week(
        &self,
        week: Week,
        retention: &Retention,
        now: Option<Timestamp>,
    ) -> Result<Rotated> {
        let now = clock::timestamp(clock::at(now));
        if week > retention.last_week(now) {
            return Ok(Rotated::TooYoung { until: retention.due(week) });
        }
        let cutoff = retention.cutoff(now).timestamp_micros();
        let Walked { gone, stayed } = self.walk(week.ids(), cutoff, u64::MAX).await?;
        Ok(match gone + stayed {
            0 => Rotated::Absent,
            _ => Rotated::Dropped { survivors: stayed, rows: gone },
        })
    }

    async fn sweep(
        &self,
        retention: &Retention,
        limit: u32,
        now: Option<Timestamp>,
    ) -> Result<u64> {
        let now = clock::timestamp(clock::at(now));
        let cutoff = retention.cutoff(now);
        let (mut gone, limit) = (0, u64::from(limit));
        for range in weeks::ranges(cutoff, now) {
            gone += self.walk(range, cutoff.timestamp_micros(), limit - gone).await?.gone;
        }
        Ok(gone)
    }

    fn rotation(&self, week: Week) -> Vec<String> {
        weeks::statements(week)
    }

    async fn check_up(&self) -> Result<Vec<Finding>> {
        let mut findings = self.write_anyway(check_up::OfWriter).await?;
        findings.push(self.schema_status().await?.finding());
        Ok(findings)
    }

    async fn close(&self) {
        self.end().await;
    }
}

/// Counts all queues, unless there is a young sample.
struct Counting {
    now: i64,
    max_age: Duration,
}

#[async_trait]
impl Read for Counting {
    type Answer = Option<String>;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Option<String>> {
        let last =
            sqlx::query(LAST_SAMPLE).fetch_one(&mut *connection).await.map_err(fault::error)?;
        let last: Option<i64> = last.take("sampled_at")?;
        if last.is_some_and(|last| self.now.saturating_sub(last) < clock::micros(self.max_age)) {
            return Ok(None);
        }
        let counts =
            sqlx::query(COUNT).bind(self.now).fetch_one(connection).await.map_err(fault::error)?;
        counts.take("counts").map(Some)
    }
}

struct Sample {
    now: i64,
    counts: String,
}

#[async_trait]
impl Write for Sample {
    type Answer = ();

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<()> {
        let keeping = sqlx::query(KEEP_SAMPLE).bind(&self.counts).bind(self.now);
        keeping.execute(connection).await.map_err(fault::error)?;
        Ok(())
    }
}

struct Forgetting;

#[async_trait]
impl Write for Forgetting {
    type Answer = ();

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<()> {
        let since = clock::now() - clock::micros(REMEMBERED);
        sqlx::query(FORGET_WORKERS).bind(since).execute(connection).await.map_err(fault::error)?;
        Ok(())
    }
}
