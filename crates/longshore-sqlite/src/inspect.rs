//! The role of whoever asks. Everything goes through the connections that only read.

use std::time::Duration;

use async_trait::async_trait;
use longshore_core::{
    Circumstances, Cursor, JobFilter, JobId, Listing, Page, Transition, TransitionFilter,
    TransitionId,
};
use longshore_query::{Ask, Dialect, Values, listing};
use longshore_store::{
    AttemptLog, Depth, Inspect, JobDetail, JobRow, LogsOf, QueueRow, Result, Settled, WorkerRow,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    SqliteStore, clock, detail, fault,
    row::{self, Row},
    store::Read,
};

const JOBS: &str = include_str!("../sql/inspect/jobs.sql");
const LOGS: &str = include_str!("../sql/inspect/logs.sql");
const SETTLED: &str = include_str!("../sql/inspect/settled.sql");
const HOLDER: &str = include_str!("../sql/inspect/holder.sql");
const DEPTHS: &str = include_str!("../sql/inspect/depths.sql");
const QUEUES: &str = include_str!("../sql/inspect/queues.sql");
const WORKERS: &str = include_str!("../sql/inspect/workers.sql");
const CIRCUMSTANCES: &str = include_str!("../sql/inspect/circumstances.sql");

/// How long after its last sign of life a worker counts as alive.
const ALIVE: Duration = Duration::from_secs(60);

#[async_trait]
impl Inspect for SqliteStore {
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<JobDetail>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.read(Jobs(ids.to_vec())).await
    }

    async fn list_jobs(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        let (rows, count) = (ask().list_jobs(filter, page), of(page, || ask().count_jobs(filter)));
        let (rows, count) = self.read(Listed { rows, count, read: detail::job }).await?;
        Ok(listing(rows, page, count, |job| Cursor { id: job.id.0, ordinal: 0 }))
    }

    async fn list_dead(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        let (rows, count) = (ask().list_dead(filter, page), of(page, || ask().count_dead(filter)));
        let (rows, count) = self.read(Listed { rows, count, read: detail::job }).await?;
        Ok(listing(rows, page, count, |job| Cursor { id: job.id.0, ordinal: 0 }))
    }

    async fn list_transitions(
        &self,
        filter: &TransitionFilter,
        page: &Page,
    ) -> Result<Listing<Transition>> {
        let rows = ask().list_transitions(filter, page);
        let count = of(page, || ask().count_transitions(filter));
        let (rows, count) = self.read(Listed { rows, count, read: detail::transition }).await?;
        Ok(listing(rows, page, count, |one| Cursor { id: one.job_id.0, ordinal: one.id.ordinal }))
    }

    async fn transition(&self, id: TransitionId) -> Result<Option<Transition>> {
        let rows = ask().transition(id);
        let (rows, _) = self.read(Listed { rows, count: None, read: detail::transition }).await?;
        Ok(rows.into_iter().next())
    }

    async fn logs(&self, of: &LogsOf) -> Result<Vec<AttemptLog>> {
        self.read(Logs(*of)).await
    }

    async fn settled(&self, ids: &[JobId]) -> Result<Vec<Option<Settled>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.read(SettledJobs(ids.to_vec())).await
    }

    async fn holder(&self, tenant: &str, key: &str) -> Result<Option<JobId>> {
        self.read(Holder { tenant: tenant.to_owned(), key: key.to_owned() }).await
    }

    async fn depths(&self) -> Result<Vec<Depth>> {
        self.read(All { sql: DEPTHS, since: None, read: detail::depth }).await
    }

    async fn queues(&self) -> Result<Vec<QueueRow>> {
        self.read(All { sql: QUEUES, since: None, read: detail::queue }).await
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.read(live_workers(clock::now())).await
    }

    async fn circumstances(&self, id: JobId) -> Result<Option<Circumstances>> {
        self.read(CircumstancesOf(id)).await
    }
}

fn ask() -> Ask<'static> {
    Ask {
        dialect: Dialect::Sqlite,
        schema: None,
        prefix: "longshore_",
        now: clock::timestamp(clock::now()),
    }
}

type Question = (String, Values);

/// The question for the number of all matches, where a page shows it.
fn of(page: &Page, count: impl FnOnce() -> Question) -> Option<Question> {
    matches!(page, Page::At { .. }).then(count)
}

/// Rows of a list, and how many there are in all.
struct Listed<T> {
    rows: Question,
    count: Option<Question>,
    read: fn(&SqliteRow) -> Result<T>,
}

#[async_trait]
impl<T: Send + 'static> Read for Listed<T> {
    type Answer = (Vec<T>, Option<u64>);

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let rows = rows(connection, &self.rows).await?;
        let rows = rows.iter().map(self.read).collect::<Result<_>>()?;
        let count = match &self.count {
            None => None,
            Some(question) => {
                let counted = self::rows(connection, question).await?;
                counted
                    .first()
                    .map(|row| row::at::<i64>(row, 0))
                    .transpose()?
                    .map(i64::unsigned_abs)
            }
        };
        Ok((rows, count))
    }
}

async fn rows(
    connection: &mut SqliteConnection,
    (sql, values): &Question,
) -> Result<Vec<SqliteRow>> {
    // Built by sea-query: every value is a parameter.
    let asking = sqlx::query_with(AssertSqlSafe(sql.as_str()), SqlxValues(values.clone()));
    asking.persistent(false).fetch_all(connection).await.map_err(fault::error)
}

/// All rows of a fixed question, with a time as its only parameter.
struct All<T> {
    sql: &'static str,
    since: Option<i64>,
    read: fn(&SqliteRow) -> Result<T>,
}

fn live_workers(now: i64) -> All<WorkerRow> {
    All { sql: WORKERS, since: Some(now - clock::micros(ALIVE)), read: detail::worker }
}

#[async_trait]
impl<T: Send + 'static> Read for All<T> {
    type Answer = Vec<T>;
    const ONE_STATEMENT: bool = true;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Vec<T>> {
        let asking = sqlx::query(self.sql).bind(self.since);
        let rows = asking.fetch_all(connection).await.map_err(fault::error)?;
        rows.iter().map(self.read).collect()
    }
}

struct Jobs(Vec<JobId>);

#[async_trait]
impl Read for Jobs {
    type Answer = Vec<Option<JobDetail>>;
    const ONE_STATEMENT: bool = true;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let asking =
            sqlx::query(JOBS).bind(row::ids(self.0.iter().map(|id| id.0))).bind(clock::now());
        let rows = asking.fetch_all(connection).await.map_err(fault::error)?;
        let found = rows.iter().map(|row| detail::detail(row).map(|job| (job.row.id, job)));
        Ok(detail::in_order(&self.0, found.collect::<Result<Vec<_>>>()?))
    }
}

struct Logs(LogsOf);

#[async_trait]
impl Read for Logs {
    type Answer = Vec<AttemptLog>;
    const ONE_STATEMENT: bool = true;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let id = self.0.job.0.simple().to_string();
        let asking = sqlx::query(LOGS).bind(id).bind(self.0.before).bind(self.0.limit());
        let rows = asking.fetch_all(connection).await.map_err(fault::error)?;
        rows.iter().map(detail::log).collect()
    }
}

struct SettledJobs(Vec<JobId>);

#[async_trait]
impl Read for SettledJobs {
    type Answer = Vec<Option<Settled>>;
    const ONE_STATEMENT: bool = true;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let asking =
            sqlx::query(SETTLED).bind(row::ids(self.0.iter().map(|id| id.0))).bind(clock::now());
        let rows = asking.fetch_all(connection).await.map_err(fault::error)?;
        let found = rows.iter().map(|row| detail::settled(row).map(|job| (job.id, job)));
        Ok(detail::in_order(&self.0, found.collect::<Result<Vec<_>>>()?))
    }
}

struct Holder {
    tenant: String,
    key: String,
}

#[async_trait]
impl Read for Holder {
    type Answer = Option<JobId>;
    const ONE_STATEMENT: bool = true;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Option<JobId>> {
        let asking = sqlx::query(HOLDER).bind(&self.tenant).bind(&self.key).bind(clock::now());
        let row = asking.fetch_optional(connection).await.map_err(fault::error)?;
        row.map(|row| Ok(JobId(row.take::<Uuid>("job_id")?))).transpose()
    }
}

struct CircumstancesOf(JobId);

#[async_trait]
impl Read for CircumstancesOf {
    type Answer = Option<Circumstances>;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Option<Circumstances>> {
        let now = clock::now();
        let asking = sqlx::query(CIRCUMSTANCES).bind(self.0.0.simple().to_string()).bind(now);
        let row = asking.fetch_optional(&mut *connection).await.map_err(fault::error)?;
        let Some(row) = row else { return Ok(None) };
        let workers = live_workers(now).ask(connection).await?;
        let (queue, kind): (String, String) = (row.take("queue")?, row.take("kind")?);
        // One that is stopping takes no more jobs.
        let listens = |worker: &&WorkerRow| {
            !worker.facts.stopping && worker.facts.queues.iter().any(|(name, _)| *name == queue)
        };
        let able = |worker: &&WorkerRow| listens(worker) && worker.facts.kinds.contains(&kind);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Some(Circumstances {
            now: clock::timestamp(now),
            state: row.state("state")?,
            reason: Some(row.reason("reason")?),
            due_at: row.time_if_any("due_at")?,
            attempt: row.take("attempt")?,
            last_attempt: row.take("last_attempt")?,
            lease_until: row.time_if_any("lease_until")?,
            cancel_requested: row.take("cancel_requested")?,
            paused_since: row.time_if_any("paused_since")?,
            workers: count(workers.len()),
            listening: count(workers.iter().filter(listens).count()),
            able: count(workers.iter().filter(able).count()),
            ahead: row.take("ahead")?,
            queue,
            kind,
        }))
    }
}
