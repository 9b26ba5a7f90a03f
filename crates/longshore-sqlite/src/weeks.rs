//! Weeks without partitions: ranges of ids that are counted, and swept in small steps.

use async_trait::async_trait;
use longshore_core::{JobId, Retention, Timestamp, Week};
use longshore_store::{Result, WeekPlan, WeekRow};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    SqliteStore, fault,
    row::{self, Row},
    store::Read,
    writer::Write,
};

const PASSING: &str = include_str!("../sql/maintain/passing.sql");
const LET_GO: &str = include_str!("../sql/maintain/let_go.sql");
const LET_GO_LEDGER: &str = include_str!("../sql/maintain/let_go_ledger.sql");
const LET_GO_RESULTS: &str = include_str!("../sql/maintain/let_go_results.sql");
const LET_GO_LABELS: &str = include_str!("../sql/maintain/let_go_labels.sql");
const FIRST_ID: &str = include_str!("../sql/maintain/first_id.sql");
const WEEK: &str = include_str!("../sql/maintain/week.sql");

/// Jobs that one transaction looks at, so that others wait for the writer only for a moment.
const STEP: u32 = 500;

/// From the first (inclusive) to the second (exclusive).
type Range = (Uuid, Uuid);

/// What a walk over a range of ids came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Walked {
    pub(crate) gone: u64,
    pub(crate) stayed: u64,
}

impl SqliteStore {
    /// Deletes up to `limit` jobs of a range that ended before the cut-off.
    pub(crate) async fn walk(&self, range: Range, cutoff: i64, limit: u64) -> Result<Walked> {
        let (mut from, to) = range;
        let mut walked = Walked::default();
        while walked.gone < limit {
            let step = u32::try_from(limit - walked.gone).unwrap_or(STEP).min(STEP);
            let passing = self.read(Passing { from, to, step, cutoff }).await?;
            let Some((last, _)) = passing.last() else { break };
            let next = last.as_u128().checked_add(1).map(Uuid::from_u128);
            let ids: Vec<_> =
                passing.iter().filter(|(_, may_go)| *may_go).map(|(id, _)| *id).collect();
            let seen = passing.len() as u64;
            let gone =
                if ids.is_empty() { 0 } else { self.write(LettingGo { ids, cutoff }).await? };
            walked.gone += gone;
            walked.stayed += seen - gone;
            let Some(next) = next else { break };
            from = next;
        }
        Ok(walked)
    }
}

/// Looks which of the next jobs may go; through a reader, so nobody waits for it.
struct Passing {
    from: Uuid,
    to: Uuid,
    step: u32,
    cutoff: i64,
}

#[async_trait]
impl Read for Passing {
    type Answer = Vec<(Uuid, bool)>;
    const ONE_STATEMENT: bool = true;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let asking =
            sqlx::query(PASSING).bind(self.from).bind(self.to).bind(self.step).bind(self.cutoff);
        let rows = asking.fetch_all(connection).await.map_err(fault::error)?;
        rows.iter().map(|row| Ok((row.take("id")?, row.take("may_go")?))).collect()
    }
}

/// Deletes jobs with all that belongs to them. Asks again which may go: meanwhile another process may have
/// deleted one and a third have stored it anew.
struct LettingGo {
    ids: Vec<Uuid>,
    cutoff: i64,
}

#[async_trait]
impl Write for LettingGo {
    type Answer = u64;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<u64> {
        let deleting =
            sqlx::query(LET_GO).bind(row::ids(self.ids.iter().copied())).bind(self.cutoff);
        let gone = deleting.fetch_all(&mut *connection).await.map_err(fault::error)?;
        let ids = gone.iter().map(|row| row.take("id")).collect::<Result<Vec<Uuid>>>()?;
        let gone = ids.len() as u64;
        let ids = row::ids(ids);
        for rest in [LET_GO_LEDGER, LET_GO_RESULTS, LET_GO_LABELS] {
            let deleting = sqlx::query(rest).bind(&ids);
            deleting.execute(&mut *connection).await.map_err(fault::error)?;
        }
        Ok(gone)
    }
}

/// Counts the weeks that hold jobs.
pub(crate) struct Weeks {
    pub(crate) retention: Retention,
    pub(crate) now: Timestamp,
}

#[async_trait]
impl Read for Weeks {
    type Answer = Vec<WeekRow>;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Vec<WeekRow>> {
        let (mut rows, mut from) = (Vec::new(), Uuid::nil());
        while let Some(id) = first_id(connection, from).await? {
            let Some(time) = JobId(id).time() else { break };
            let week = Week::of(time);
            rows.push(self.row(connection, week).await?);
            from = week.ids().1;
        }
        Ok(rows)
    }
}

impl Weeks {
    async fn row(&self, connection: &mut SqliteConnection, week: Week) -> Result<WeekRow> {
        let (from, to) = week.ids();
        let counting = sqlx::query(WEEK).bind(from).bind(to);
        let counts = counting.fetch_one(connection).await.map_err(fault::error)?;
        let next = match WeekPlan::of(week, None, &self.retention, self.now) {
            WeekPlan::Drop => WeekPlan::Sweep,
            next => next,
        };
        let placed: i64 = counts.take("placed")?;
        let survivors = (next == WeekPlan::Sweep).then_some(placed.unsigned_abs());
        Ok(WeekRow {
            name: week.to_string(),
            week: Some(week),
            from: Some(week.start()),
            to: Some(week.next().start()),
            rows: Some(counts.take::<i64>("jobs")?.unsigned_abs()),
            estimated: false,
            bytes: None,
            survivors,
            next,
        })
    }
}

async fn first_id(connection: &mut SqliteConnection, from: Uuid) -> Result<Option<Uuid>> {
    let asking = sqlx::query(FIRST_ID).bind(from).fetch_optional(connection);
    asking.await.map_err(fault::error)?.map(|row| row.take("id")).transpose()
}

/// The ids to sweep: those from before the cut-off, and those from the future, which a caller made up. What
/// lies between ended later than the cut-off, but for a clock that goes wrong; it is reached in its time.
pub(crate) fn ranges(cutoff: Timestamp, now: Timestamp) -> [Range; 2] {
    let first = |time: Timestamp| Uuid::from_u128((time.timestamp_millis().max(0) as u128) << 80);
    let tomorrow = now + chrono::TimeDelta::days(1);
    [(Uuid::nil(), first(cutoff)), (first(tomorrow), Uuid::max())]
}

/// The statements of a rotation, for people.
pub(crate) fn statements(week: Week) -> Vec<String> {
    let (from, to) = week.ids();
    let explained = format!(
        "-- No partitions: jobs with ids from {from} to before {to}, {STEP} at a time, as long as there are any"
    );
    [explained.as_str(), PASSING, LET_GO, LET_GO_LEDGER, LET_GO_RESULTS, LET_GO_LABELS]
        .map(|text| text.trim().into())
        .into()
}
