//! Dropping an old week without losing a job: one transaction, which looks without locking anybody out, and
//! then changes everything behind a lock that is held for milliseconds.
//!
//! Nothing that the first part finds to be over can live again before the second: new jobs of that week wait
//! meanwhile (nobody makes such ids but imports), and only a dead letter, which survives, comes back to life.

use std::{collections::HashSet, sync::Arc, time::Duration};

use longshore_core::{Retention, Timestamp, Week};
use longshore_store::{Error, ErrorKind, Result, RetryPolicy, Rotated};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use uuid::Uuid;

use crate::{
    bind::bind,
    migrate::{self, lock_number},
    row::{count, get},
    store::Inner,
    unit::Unit,
    weeks::{self, TABLES},
    wire::Wire,
};

/// A look at five million jobs takes seconds; what takes longer than this is not worth the wait.
const LONGEST: Duration = Duration::from_secs(600);
/// How often the tables are asked for. Each try keeps others waiting for 200 ms at most.
const TRIES: u32 = 5;
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
    let mut unit = Unit::transaction(&inner.questions, inner.manner).await?;
    let wire =
        Wire { patience: Some(LONGEST + Duration::from_secs(60)), prepared: false, ..unit.wire() };
    let answer = Turn { wire, inner: &inner, rotation }.run().await;
    match unit.close(answer).await {
        Err(error) if error.kind() == ErrorKind::Busy => {
            tracing::debug!(week = %rotation.week, %error, "a week was not rotated");
            Ok(Rotated::Busy)
        }
        answer => answer,
    }
}

/// One rotation inside its transaction.
struct Turn<'a> {
    wire: Wire<'a>,
    inner: &'a Inner,
    rotation: Rotation,
}

impl Turn<'_> {
    async fn run(mut self) -> Result<Rotated> {
        // Each statement must see what was committed before it, whatever the database's default is.
        self.wire.raw("SET TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
        let Rotation { week, retention, now } = self.rotation;
        let now = match now {
            Some(now) => now,
            None => migrate::now(&mut self.wire).await?,
        };
        if week > retention.last_week(now) {
            return Ok(Rotated::TooYoung { until: retention.due(week) });
        }
        if !self.is_alone().await? {
            return Ok(Rotated::Busy);
        }
        // Not before: another one may just be dropping it.
        if !weeks::names(&mut self.wire, self.inner).await?.contains(&weeks::name(week)) {
            return Ok(Rotated::Absent);
        }
        self.require_ownership().await?;
        self.hold_still().await?;
        // Most weeks that are kept are told by this look alone.
        let most = retention.most_survivors;
        let many = self.placed(&[]).await?.len() as u64;
        if many > u64::from(most) {
            return Ok(Rotated::Kept { survivors: many, most });
        }
        let mut survivors = self.survivors(retention.cutoff(now)).await?;
        let (all, are_accounted_for) = self.account().await?;
        if !are_accounted_for {
            survivors.extend(self.bare().await?);
        }
        let many = survivors.len() as u64;
        if many > u64::from(most) {
            return Ok(Rotated::Kept { survivors: many, most });
        }
        let survivors: Vec<Uuid> = survivors.into_iter().collect();
        self.take_the_tables().await?;
        let newcomers = self.placed(&survivors).await?;
        let survivors = [survivors, newcomers].concat();
        self.carry(&survivors).await?;
        let survivors = survivors.len() as u64;
        Ok(Rotated::Dropped { survivors, rows: all.saturating_sub(survivors) })
    }

    async fn require_ownership(&mut self) -> Result<()> {
        if weeks::are_ours(&mut self.wire, self.inner).await? {
            return Ok(());
        }
        let advice = "this user may not drop weeks, which is the right of the tables' owner: run `longshore weeks \
                      rotate` as the owner, for instance once a week";
        Err(Error::new(ErrorKind::Denied, advice))
    }

    /// One at a time changes partitions: whoever migrates, makes weeks or drops them.
    async fn is_alone(&mut self) -> Result<bool> {
        let lock = SqlStr::from_static("SELECT pg_try_advisory_xact_lock($1::int8) AS ours");
        let number = lock_number("migrate", &self.inner.options.schema);
        let row = self.wire.row(&lock, bind![number]?).await?;
        row.map_or(Ok(false), |row| get(&row, "ours"))
    }

    /// No new jobs come into the week, and no vacuum begins that would stand in the way later.
    async fn hold_still(&mut self) -> Result<()> {
        for statement in holding_still(&self.inner.options.schema, self.rotation.week) {
            self.wire.raw(AssertSqlSafe(statement)).await?;
        }
        Ok(())
    }

    /// Jobs of the week that wait, run or are dead letters, without those known.
    async fn placed(&mut self, known: &[Uuid]) -> Result<Vec<Uuid>> {
        let ((from, to), most) = (self.rotation.week.ids(), self.most());
        let rows = self.wire.rows(&self.inner.sql.placed, bind![from, to, known, most]?).await?;
        rows.iter().map(|row| get(row, "id")).collect()
    }

    /// Of the jobs that have a place or a ledger, those that must stay.
    async fn survivors(&mut self, cutoff: Timestamp) -> Result<HashSet<Uuid>> {
        let ((from, to), most) = (self.rotation.week.ids(), self.most());
        let asked = bind![from, to, cutoff, most]?;
        let rows = self.wire.rows(&self.inner.sql.survivors, asked).await?;
        rows.iter().map(|row| get(row, "id")).collect()
    }

    /// How many jobs the week has, and whether each of them has a place or a ledger.
    async fn account(&mut self) -> Result<(u64, bool)> {
        let (from, to) = self.rotation.week.ids();
        let row = self.wire.row(&self.inner.sql.accounted, bind![from, to]?).await?;
        row.map_or(Ok((0, false)), |row| Ok((count(&row, "jobs")?, get(&row, "agree")?)))
    }

    /// Jobs without a ledger.
    async fn bare(&mut self) -> Result<Vec<Uuid>> {
        let ((from, to), most) = (self.rotation.week.ids(), self.most());
        let rows = self.wire.rows(&self.inner.sql.bare, bind![from, to, most]?).await?;
        rows.iter().map(|row| get(row, "id")).collect()
    }

    /// One more than may be carried.
    fn most(&self) -> i64 {
        i64::from(self.rotation.retention.most_survivors) + 1
    }

    /// Gets the tables for itself, or gives up: whoever uses them meanwhile is waited for, and everybody who
    /// comes later waits behind us.
    async fn take_the_tables(&mut self) -> Result<()> {
        let week = Some(self.rotation.week);
        let mut tried = 0;
        self.wire.raw("SAVEPOINT outside").await?;
        while let Err(error) = weeks::take(&mut self.wire, &self.inner.options.schema, week).await {
            tried += 1;
            if error.kind() != ErrorKind::Busy || tried == TRIES {
                return Err(error);
            }
            self.wire.raw("ROLLBACK TO SAVEPOINT outside").await?;
            tokio::time::sleep(PAUSES.pause(tried, 1.0)).await;
        }
        Ok(())
    }

    /// Takes the week out, puts the survivors back, which now belong to the catch-all, and drops the rest.
    async fn carry(&mut self, survivors: &[Uuid]) -> Result<()> {
        let (schema, week) = (&self.inner.options.schema, self.rotation.week);
        self.wire.raw(AssertSqlSafe(detaching(schema, week).join("; "))).await?;
        if !survivors.is_empty() {
            // By their keys, whatever statistics say: the week may be a thousand times larger.
            let by_key = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; \
                          SET LOCAL enable_mergejoin = off";
            self.wire.raw(by_key).await?;
            for statement in carrying(schema, week) {
                self.wire.rows(&AssertSqlSafe(statement).into_sql_str(), bind![survivors]?).await?;
            }
        }
        self.wire.raw(AssertSqlSafe(dropping(schema, week).join("; "))).await
    }
}

/// What a rotation runs, for people.
pub(crate) fn statements(schema: &str, week: Week) -> Vec<String> {
    let parts = [
        holding_still(schema, week),
        vec![weeks::taking(schema, Some(week))],
        detaching(schema, week),
        carrying(schema, week),
        dropping(schema, week),
    ];
    let all = std::iter::once("BEGIN".to_owned()).chain(parts.into_iter().flatten());
    all.chain(["COMMIT".to_owned()]).map(|statement| format!("{statement};")).collect()
}

// All texts are safe: a checked schema, our own names, a week that prints as plain text.

fn settings() -> String {
    format!("SET LOCAL statement_timeout = '{}s'", LONGEST.as_secs())
}

fn holding_still(schema: &str, week: Week) -> Vec<String> {
    vec![
        settings(),
        "SET LOCAL work_mem = '64MB'".into(),
        "SET LOCAL lock_timeout = '3s'".into(),
        format!("LOCK TABLE ONLY \"{schema}\".jobs_{week} IN SHARE MODE"),
        format!(
            "LOCK TABLE ONLY \"{schema}\".labels_{week}, ONLY \"{schema}\".attempts_{week}, \
             ONLY \"{schema}\".results_{week} IN SHARE UPDATE EXCLUSIVE MODE"
        ),
    ]
}

fn detaching(schema: &str, week: Week) -> Vec<String> {
    let detach = |(table, _)| {
        format!("ALTER TABLE \"{schema}\".{table} DETACH PARTITION \"{schema}\".{table}_{week}")
    };
    TABLES.map(detach).into()
}

fn carrying(schema: &str, week: Week) -> Vec<String> {
    let carry = |(table, column)| {
        format!(
            "INSERT INTO \"{schema}\".{table} SELECT w.* FROM unnest($1::uuid[]) AS survivor (id) \
             JOIN \"{schema}\".{table}_{week} AS w ON w.{column} = survivor.id"
        )
    };
    TABLES.map(carry).into()
}

fn dropping(schema: &str, week: Week) -> Vec<String> {
    TABLES.map(|(table, _)| format!("DROP TABLE \"{schema}\".{table}_{week}")).into()
}
