//! The role of whoever asks.

use std::{collections::HashMap, hash::Hash};

use async_trait::async_trait;
use longshore_core::{
    Circumstances, Cursor, JobFilter, JobId, Listing, Page, State, Timestamp, Transition,
    TransitionFilter, TransitionId,
};
use longshore_query::{Ask, Values, listing};
use longshore_store::{
    AttemptLog, Depth, Inspect, JobDetail, JobRow, LogsOf, QueueRow, Result, Settled, WorkerRow,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, SqlSafeStr, SqlStr,
    mysql::{MySqlArguments, MySqlRow},
};

use crate::{
    bind::{at, bind, int},
    clock::now,
    document::Document,
    row::{self, get, number, priority, reason, state},
    sql::Sql,
    store::MysqlStore,
    unit::Unit,
};

#[async_trait]
impl Inspect for MysqlStore {
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Option<JobDetail>>> {
        let rows = self.question(|sql| &sql.jobs, bind![uuids(ids)]?).await?;
        in_order(ids, &rows, row::detail, |job| job.row.id)
    }

    async fn list_jobs(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        let (f, g, p) = (filter.clone(), filter.clone(), within_reach(*page));
        self.list(
            page,
            move |ask| ask.list_jobs(&f, &p),
            move |ask| ask.count_jobs(&g),
            row::job,
            of_job,
        )
        .await
    }

    async fn list_dead(&self, filter: &JobFilter, page: &Page) -> Result<Listing<JobRow>> {
        let (f, g, p) = (filter.clone(), filter.clone(), within_reach(*page));
        self.list(
            page,
            move |ask| ask.list_dead(&f, &p),
            move |ask| ask.count_dead(&g),
            row::job,
            of_job,
        )
        .await
    }

    async fn list_transitions(
        &self,
        filter: &TransitionFilter,
        page: &Page,
    ) -> Result<Listing<Transition>> {
        let (f, g, p) = (filter.clone(), filter.clone(), within_reach(*page));
        let list = move |ask: Ask<'_>| ask.list_transitions(&f, &p);
        let count = move |ask: Ask<'_>| ask.count_transitions(&g);
        self.list(page, list, count, row::transition, of_transition).await
    }

    async fn transition(&self, id: TransitionId) -> Result<Option<Transition>> {
        // No due time takes part in this question.
        let (text, values) = self.inner.ask(Timestamp::default()).transition(id);
        let rows = self.ask_once(text, values).await?;
        rows.first().map(row::transition).transpose()
    }

    async fn logs(&self, of: &LogsOf) -> Result<Vec<AttemptLog>> {
        let asked = bind![of.job.0, of.before.map_or(i32::MAX, int), i64::from(of.limit())]?;
        self.question(|sql| &sql.logs, asked).await?.iter().map(row::log).collect()
    }

    async fn settled(&self, ids: &[JobId]) -> Result<Vec<Option<Settled>>> {
        let rows = self.question(|sql| &sql.settled, bind![uuids(ids)]?).await?;
        in_order(ids, &rows, row::settled, |job| job.id)
    }

    async fn holder(&self, tenant: &str, key: &str) -> Result<Option<JobId>> {
        let rows = self.question(|sql| &sql.holder, bind![tenant, key]?).await?;
        rows.first().map(|row| Ok(JobId(get(row, "job_id")?))).transpose()
    }

    async fn depths(&self) -> Result<Vec<Depth>> {
        self.question(|sql| &sql.depths, bind![]?).await?.iter().map(row::depth).collect()
    }

    async fn queues(&self) -> Result<Vec<QueueRow>> {
        let queue = |row: &MySqlRow| {
            let sampled: Option<Timestamp> = get(row, "sampled_at")?;
            Ok(QueueRow {
                queue: get(row, "queue")?,
                paused_since: get(row, "paused_since")?,
                depth: sampled.map(|_| row::depth(row)).transpose()?,
            })
        };
        self.question(|sql| &sql.queues, bind![]?).await?.iter().map(queue).collect()
    }

    async fn workers(&self) -> Result<Vec<WorkerRow>> {
        self.question(|sql| &sql.workers, bind![]?).await?.iter().map(row::worker).collect()
    }

    async fn circumstances(&self, id: JobId) -> Result<Option<Circumstances>> {
        let rows = self.question(|sql| &sql.circumstances, bind![id.0]?).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let workers = self.workers().await?;
        let ahead = self.ahead(id, row).await?;
        circumstances(row, &workers, ahead).map(Some)
    }
}

impl MysqlStore {
    /// Asks one of the fixed questions.
    pub(crate) async fn question(
        &self,
        sql: impl Fn(&Sql) -> &SqlStr,
        parameters: MySqlArguments,
    ) -> Result<Vec<MySqlRow>> {
        self.read(sql(&self.inner.sql).clone(), parameters).await
    }

    /// Runs one of the fixed statements that change something; how many rows met its conditions.
    pub(crate) async fn change(
        &self,
        sql: impl Fn(&Sql) -> &SqlStr,
        parameters: MySqlArguments,
    ) -> Result<u64> {
        let sql = sql(&self.inner.sql).clone();
        let rows = self.repeat(move |inner| {
            let (sql, parameters) = (sql.clone(), parameters.clone());
            async move {
                let mut unit = Unit::begin(&inner.work).await?;
                let rows = unit.wire().change(&sql, parameters).await;
                unit.close(rows).await
            }
        });
        rows.await
    }

    /// How many due jobs of its queue are claimed before a job that waits.
    async fn ahead(&self, id: JobId, row: &MySqlRow) -> Result<u32> {
        let Some(due_at) = get::<Option<Timestamp>>(row, "due_at")? else { return Ok(0) };
        let rank = priority(row)?.rank();
        let (queue, tenant): (&str, &str) = (get(row, "queue")?, get(row, "tenant")?);
        let place = bind![queue, rank, rank, tenant, at(due_at), at(due_at), id.0]?;
        let rows = self.question(|sql| &sql.ahead, place).await?;
        let ahead = rows.first().map(|row| row::count(row, "ahead")).transpose()?;
        Ok(u32::try_from(ahead.unwrap_or_default()).unwrap_or(u32::MAX))
    }

    /// The states that these jobs are in, same order.
    pub(crate) async fn states(&self, ids: &[JobId]) -> Result<Vec<Option<State>>> {
        let settled = longshore_store::Inspect::settled(self, ids).await?;
        Ok(settled.into_iter().map(|job| job.map(|job| job.state)).collect())
    }

    /// A page of one of the dynamic lists.
    async fn list<T>(
        &self,
        page: &Page,
        rows: impl FnOnce(Ask<'_>) -> (String, Values),
        count: impl FnOnce(Ask<'_>) -> (String, Values),
        item: impl Fn(&MySqlRow) -> Result<T>,
        cursor_of: impl Fn(&T) -> Cursor,
    ) -> Result<Listing<T>> {
        let now = self.now().await?;
        let (text, values) = rows(self.inner.ask(now));
        let items =
            self.ask_once(text, values).await?.iter().map(item).collect::<Result<Vec<T>>>()?;
        let total = match page {
            Page::After { .. } => None,
            Page::At { .. } => {
                let (text, values) = count(self.inner.ask(now));
                let counted = self.ask_once(text, values).await?;
                let total: Option<i64> = counted.first().map(|row| get(row, 0)).transpose()?;
                total.and_then(|total| u64::try_from(total).ok())
            }
        };
        Ok(listing(items, page, total, cursor_of))
    }

    /// Asks a question that was built for this one time.
    async fn ask_once(&self, text: String, values: Values) -> Result<Vec<MySqlRow>> {
        let arguments = sqlx::IntoArguments::<sqlx::MySql>::into_arguments(SqlxValues(values));
        // Safe: sea-query writes our own names and places for values; what people gave travels apart.
        self.read(AssertSqlSafe(text).into_sql_str(), arguments).await
    }

    pub(crate) async fn read(
        &self,
        sql: SqlStr,
        parameters: MySqlArguments,
    ) -> Result<Vec<MySqlRow>> {
        let rows = self.repeat(move |inner| {
            let (sql, parameters) = (sql.clone(), parameters.clone());
            async move {
                let mut unit = Unit::reading(&inner.questions).await?;
                let rows = unit.wire().rows(&sql, parameters).await;
                unit.close(rows).await
            }
        });
        rows.await
    }

    /// The server's clock.
    pub(crate) async fn now(&self) -> Result<Timestamp> {
        let asked = self.repeat(|inner| async move {
            let mut unit = Unit::reading(&inner.questions).await?;
            let answer = now(&mut unit.wire()).await;
            unit.close(answer).await
        });
        asked.await
    }
}

/// No row lies beyond what a server can count, and the binder of values would stumble over it.
fn within_reach(page: Page) -> Page {
    match page {
        Page::At { offset, limit } => {
            Page::At { offset: offset.min(i64::MAX.unsigned_abs()), limit }
        }
        page @ Page::After { .. } => page,
    }
}

fn uuids(ids: &[JobId]) -> String {
    Document::of_ids(ids.iter().map(|id| id.0))
}

fn of_job(row: &JobRow) -> Cursor {
    Cursor { id: row.id.0, ordinal: 0 }
}

fn of_transition(transition: &Transition) -> Cursor {
    Cursor { id: transition.job_id.0, ordinal: transition.id.ordinal }
}

/// Puts what was found at the places of what was asked for.
fn in_order<K: Copy + Eq + Hash, T: Clone>(
    keys: &[K],
    rows: &[MySqlRow],
    item: impl Fn(&MySqlRow) -> Result<T>,
    key_of: impl Fn(&T) -> K,
) -> Result<Vec<Option<T>>> {
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let item = item(row)?;
        found.insert(key_of(&item), item);
    }
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

fn circumstances(row: &MySqlRow, workers: &[WorkerRow], ahead: u32) -> Result<Circumstances> {
    let queue: String = get(row, "queue")?;
    let kind: String = get(row, "kind")?;
    // One that drains takes no more jobs.
    let listens = |worker: &&WorkerRow| {
        !worker.facts.stopping && worker.facts.queues.iter().any(|(name, _)| *name == queue)
    };
    let listening: Vec<&WorkerRow> = workers.iter().filter(listens).collect();
    let able = listening.iter().filter(|worker| worker.facts.kinds.contains(&kind)).count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Circumstances {
        now: get(row, "now")?,
        state: state(row, "state")?,
        reason: Some(reason(row, "reason")?),
        due_at: get(row, "due_at")?,
        attempt: number(row, "attempt")?,
        last_attempt: number(row, "last_attempt")?,
        lease_until: get(row, "lease_until")?,
        cancel_requested: get(row, "cancel_requested")?,
        paused_since: get(row, "paused_since")?,
        workers: count(workers.len()),
        listening: count(listening.len()),
        able: count(able),
        ahead,
        queue,
        kind,
    })
}
