//! Dropping an old week without losing a job: a look without locking anybody out; then, table by table behind
//! a lock that is held for milliseconds, what must stay is copied aside and changes places with the week.
//!
//! Nothing that the look finds to be over can live again afterwards: only a dead letter, which survives, comes
//! back to life. Changes of tables are no transactions here, so each step leaves a state in which every survivor
//! is found, and from which the next rotation goes on.

use std::{sync::Arc, time::Duration};

use longshore_core::{Retention, Timestamp, Week};
use longshore_store::{ErrorKind, Result, RetryPolicy, Rotated};
use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::{
    alone::Alone,
    aside,
    bind::bind,
    clock::now,
    guard::{self, Guard},
    rights,
    row::count,
    sql::Home,
    store::Inner,
    survivors::{self, Look},
    weeks::{self, Part, Place, TABLES},
    wire::Wire,
};

/// How long somebody else may take who changes tables.
const ASK_FOR: u32 = 1;
/// How often the tables are asked for. Each try keeps others waiting for a second at most.
const TRIES: u32 = 3;
/// Between two tries, whoever waited behind us gets through.
const PAUSES: RetryPolicy = RetryPolicy {
    retries: TRIES,
    base: Duration::from_millis(50),
    cap: Duration::from_millis(400),
};

/// What is to be done.
#[derive(Clone, Copy)]
pub(crate) struct Rotation {
    pub(crate) week: Week,
    pub(crate) retention: Retention,
    pub(crate) now: Option<Timestamp>,
}

/// Drops a week, or says why not.
pub(crate) async fn rotate(inner: Arc<Inner>, rotation: Rotation) -> Result<Rotated> {
    let mut alone = Alone::not_yet(&inner.changes).await?;
    let answer = run(&mut alone, &inner, rotation).await;
    match alone.close(answer).await {
        Err(error) if error.kind() == ErrorKind::Busy => {
            tracing::debug!(week = %rotation.week, %error, "a week was not rotated");
            Ok(Rotated::Busy)
        }
        answer => answer
            .map_err(|error| rights::owners_affair(error, "drop weeks", "longshore weeks rotate")),
    }
}

async fn run(alone: &mut Alone, inner: &Inner, rotation: Rotation) -> Result<Rotated> {
    let Rotation { week, retention, .. } = rotation;
    let now = match rotation.now {
        Some(now) => now,
        None => now(&mut alone.wire()).await?,
    };
    if week > retention.last_week(now) {
        return Ok(Rotated::TooYoung { until: retention.due(week) });
    }
    if !alone.takes_schema(&inner.home, ASK_FOR).await? {
        return Ok(Rotated::Busy);
    }
    let cutoff = retention.cutoff(now);
    Turn { wire: alone.wire(), inner, retention, week, cutoff, has_begun: false }.run().await
}

/// One rotation, on a connection that holds the lock on the schema.
struct Turn<'a> {
    wire: Wire<'a>,
    inner: &'a Inner,
    retention: Retention,
    week: Week,
    cutoff: Timestamp,
    /// Whether any table has changed places.
    has_begun: bool,
}

impl Turn<'_> {
    async fn run(mut self) -> Result<Rotated> {
        let home = &self.inner.home;
        if aside::is_there(&mut self.wire, home).await? {
            // Broken off before.
            aside::clear(&mut self.wire, home, self.cutoff).await?;
        }
        let Some(part) = self.part("jobs").await? else { return Ok(Rotated::Absent) };
        for (table, _) in &TABLES[1..] {
            if self.part(table).await?.is_none() {
                return self.settle().await;
            }
        }
        // Most weeks that are kept are told by this look alone.
        let many = placed(&mut self.wire, self.inner, &part, &self.retention).await?;
        if let Some(kept) = self.kept_for(many) {
            return Ok(kept);
        }
        let mut guard = Guard::hold(self.inner).await?;
        let looked = self.look_and_swap(&part, &mut guard).await;
        guard.release().await;
        let answer = looked?;
        if let Rotated::Dropped { .. } = answer {
            self.run_all([aside::dropping()]).await?;
            self.tidy().await;
        }
        Ok(answer)
    }

    /// Lets what must stay change places with the week, while nobody brings jobs with ids of it.
    async fn look_and_swap(&mut self, part: &Part, guard: &mut Guard) -> Result<Rotated> {
        let home = &self.inner.home;
        let most = i64::from(self.retention.most_survivors) + 1;
        let look = Look { ids: part.ids, cutoff: self.cutoff, most };
        let jobs = look.list(&mut self.wire, self.inner, part.place).await?;
        let survivors = survivors::listed(&mut self.wire, home).await?;
        if let Some(kept) = self.kept_for(survivors) {
            return Ok(kept);
        }
        self.run_all(aside::making()).await?;
        match self.swap(guard).await {
            Ok(survivors) => {
                Ok(Rotated::Dropped { survivors, rows: jobs.saturating_sub(survivors) })
            }
            Err(error) if error.kind() == ErrorKind::Busy && !self.has_begun => {
                // They hold copies at most.
                self.run_all(["UNLOCK TABLES".to_owned(), aside::dropping()]).await?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// The partition of the week in a table.
    async fn part(&mut self, table: &str) -> Result<Option<Part>> {
        let Inner { sql, home, .. } = self.inner;
        let parts = weeks::parts(&mut self.wire, sql, home, table).await?;
        Ok(parts.into_iter().find(|part| part.place == Place::Week(self.week)))
    }

    /// What to answer if so many survivors are too many.
    fn kept_for(&self, survivors: u64) -> Option<Rotated> {
        let most = self.retention.most_survivors;
        (survivors > u64::from(most)).then_some(Rotated::Kept { survivors, most })
    }

    /// Lets what must stay change places with the week, table by table; how many jobs stay. (MariaDB exchanges
    /// no partition while other tables than these two are locked.)
    async fn swap(&mut self, guard: &mut Guard) -> Result<u64> {
        let mut many = 0;
        self.wire.raw("SET SESSION lock_wait_timeout = 1").await?;
        for (table, column) in TABLES {
            self.take(table).await?;
            // From here on the lock keeps newcomers out; the guard must have done so until now.
            guard.is_held().await?;
            let copy = self.inner.home.render(&copying(table, column));
            let copied = self.wire.change(&copy, bind![]?).await?;
            if table == "jobs" {
                many = copied;
            }
            self.run_all([exchanging(table, self.week), "UNLOCK TABLES".to_owned()]).await?;
            self.has_begun = true;
        }
        self.run_all(settling(self.week)).await?;
        Ok(many)
    }

    /// Gets a table for itself, or gives up: whoever uses it meanwhile is waited for, and everybody who comes
    /// later waits behind us.
    async fn take(&mut self, table: &str) -> Result<()> {
        let mut tried = 0;
        while let Err(error) = self.wire.raw(self.inner.home.render(&taking(table))).await {
            tried += 1;
            if error.kind() != ErrorKind::Busy || tried == TRIES {
                return Err(error);
            }
            tokio::time::sleep(PAUSES.pause(tried, 1.0)).await;
        }
        Ok(())
    }

    /// Ends a rotation that was broken off when the week had changed places, and not all its partitions had
    /// their new name.
    async fn settle(&mut self) -> Result<Rotated> {
        let count_them =
            format!("SELECT COUNT(*) AS jobs FROM longshore_jobs PARTITION (`{}`)", self.week);
        let row = self.wire.row(&self.inner.home.render(&count_them), bind![]?).await?;
        let survivors = row.map_or(Ok(0), |row| count(&row, "jobs"))?;
        for (table, _) in TABLES.into_iter().rev() {
            if self.part(table).await?.is_some() {
                self.run_all([weeks::settling(table, self.week)]).await?;
            }
        }
        self.tidy().await;
        Ok(Rotated::Dropped { survivors, rows: 0 })
    }

    /// What is left of many weeks need not be many partitions; there is always another time for that.
    async fn tidy(&mut self) {
        let Inner { sql, home, .. } = self.inner;
        if let Err(error) = weeks::join_carried(&mut self.wire, sql, home).await {
            tracing::debug!(%error, "what is left of old weeks was not put together");
        }
    }

    async fn run_all(&mut self, statements: impl IntoIterator<Item = String>) -> Result<()> {
        for statement in statements {
            self.wire.raw(self.inner.home.render(&statement)).await?;
        }
        Ok(())
    }
}

/// How many jobs of a partition wait, run or are dead letters, up to one more than may be carried.
pub(crate) async fn placed(
    wire: &mut Wire<'_>,
    inner: &Inner,
    part: &Part,
    retention: &Retention,
) -> Result<u64> {
    let (from, to) = part.ids;
    // Safe: a statement of ours.
    let ask = format!("SELECT COUNT(*) AS jobs FROM (\n{}) AS placed", inner.sql.placed.as_str());
    let most = i64::from(retention.most_survivors) + 1;
    let asked = bind![from, to, from, to, from, to, most]?;
    let row = wire.row(&AssertSqlSafe(ask).into_sql_str(), asked).await?;
    row.map_or(Ok(0), |row| count(&row, "jobs"))
}

/// What a rotation runs, for people.
pub(crate) fn statements(home: &Home, week: Week) -> Vec<String> {
    let parts = [
        vec![guard::HOLDING.to_owned()],
        survivors::statements(week).into(),
        aside::making(),
        TABLES.into_iter().flat_map(|(table, column)| swapping(table, column, week)).collect(),
        settling(week),
        vec![aside::dropping()],
    ];
    let all = parts.into_iter().flatten();
    all.map(|statement| format!("{};", home.render(&statement).as_str())).collect()
}

fn taking(table: &str) -> String {
    format!("LOCK TABLES longshore_{table} WRITE, longshore_{table}_aside WRITE")
}

/// Copies what must stay; by the full names of the tables, which are locked by these.
fn copying(table: &str, column: &str) -> String {
    format!(
        "INSERT INTO longshore_{table}_aside SELECT longshore_{table}.* FROM longshore_staying \
         STRAIGHT_JOIN longshore_{table} FORCE INDEX (PRIMARY) ON longshore_{table}.{column} = longshore_staying.id"
    )
}

fn swapping(table: &str, column: &str, week: Week) -> [String; 4] {
    let free = "UNLOCK TABLES".to_owned();
    [taking(table), copying(table, column), exchanging(table, week), free]
}

fn exchanging(table: &str, week: Week) -> String {
    format!(
        "ALTER TABLE longshore_{table} EXCHANGE PARTITION `{week}` WITH TABLE longshore_{table}_aside"
    )
}

/// The jobs change places first, and get their new name last, which says that all is done.
fn settling(week: Week) -> Vec<String> {
    TABLES.into_iter().rev().map(|(table, _)| weeks::settling(table, week)).collect()
}
