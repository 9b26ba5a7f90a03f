//! Taking jobs back from workers that went silent.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use longshore_core::{
    Backoff, Command, Failure, JobId, Lane, Outcome, Rules, Standing, State, Timestamp, step,
};
use longshore_store::{Error, ErrorKind, Fence, Rescued, Result};
use sqlx::mysql::MySqlRow;
use uuid::Uuid;

use crate::{
    bind::{at, bind},
    document::Document,
    finish::{Closing, Report},
    row::{get, json, number, priority},
    store::Inner,
    unit::Unit,
    wire::Wire,
};

/// What was rescued, and the lanes that got work which is due.
pub(crate) type Recovered = (Vec<Rescued>, BTreeSet<Lane>);

/// Closes expired attempts, as the state machine decides for a crash.
pub(crate) async fn rescue(
    inner: Arc<Inner>,
    limit: u32,
    max_crashes: u32,
    now: Option<Timestamp>,
) -> Result<Recovered> {
    let (mut unit, at) = Unit::transaction(&inner.work).await?;
    let silent = Silent { inner: &inner, limit, max_crashes, now: now.unwrap_or(at) };
    let answer = silent.take_back(&mut unit.wire()).await;
    unit.close(answer).await
}

struct Silent<'i> {
    inner: &'i Inner,
    limit: u32,
    max_crashes: u32,
    now: Timestamp,
}

impl Silent<'_> {
    async fn take_back(&self, wire: &mut Wire<'_>) -> Result<Recovered> {
        let (mut rescued, mut due, mut closings) = (Vec::new(), BTreeSet::new(), Vec::new());
        let rows = self.lock(wire).await?;
        let policies = self.policies(wire, &rows).await?;
        for row in &rows {
            let (job, standing) = (JobId(get(row, "id")?), standing(row)?);
            let (max_attempts, backoff) =
                policies.get(&job).copied().unwrap_or((standing.last_attempt, Backoff::default()));
            let roll =
                (RandomState::new().hash_one(standing.seq) >> 11) as f64 / (1u64 << 53) as f64;
            let rules = Rules { max_attempts, backoff, max_crashes: self.max_crashes, roll };
            let silence = Command::Finish(Outcome::of_silence(get(row, "cancel_requested")?));
            let step = step(standing, &silence, &rules).map_err(|error| {
                Error::new(ErrorKind::Internal, "a lease that does not run").caused_by(error)
            })?;
            let fence = Fence { job, attempt: standing.attempt };
            closings.push(Closing::new(fence, step, Some(&Failure::of_silence())));
            rescued.push(Rescued { job, attempt: standing.attempt, state: step.standing.state });
            if step.due_in.is_some_and(|delay| delay.is_zero()) {
                due.insert(lane(row)?);
            }
        }
        if !closings.is_empty() {
            Report::new(closings.into_iter()).write(wire, &self.inner.sql, self.now).await?;
        }
        Ok((rescued, due))
    }

    /// Looks without a lock, as nearly always there is nothing; then locks what was found, by its key.
    async fn lock(&self, wire: &mut Wire<'_>) -> Result<Vec<MySqlRow>> {
        let sql = &self.inner.sql;
        let found = wire.rows(&sql.expired, bind![at(self.now), i64::from(self.limit)]?).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids = found.iter().map(|row| get(row, "id")).collect::<Result<Vec<Uuid>>>()?;
        ids.sort_unstable();
        wire.rows(&sql.lock_expired, bind![Document::of_ids(ids), at(self.now)]?).await
    }

    /// Total tries and backoff of these jobs.
    async fn policies(
        &self,
        wire: &mut Wire<'_>,
        rows: &[MySqlRow],
    ) -> Result<HashMap<JobId, (u32, Backoff)>> {
        if rows.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = rows.iter().map(|row| get(row, "id")).collect::<Result<Vec<Uuid>>>()?;
        let rows = wire.rows(&self.inner.sql.policies, bind![Document::of_ids(ids)]?).await?;
        let policy = |row: &MySqlRow| {
            let rules = (number(row, "max_attempts")?, json(row, "backoff")?.unwrap_or_default());
            Ok((JobId(get(row, "id")?), rules))
        };
        rows.iter().map(policy).collect()
    }
}

fn standing(row: &MySqlRow) -> Result<Standing> {
    let from: i16 = get(row, "waiting")?;
    Ok(Standing {
        state: State::Running,
        from: State::try_from(from).unwrap_or(State::Available),
        attempt: number(row, "attempt")?,
        last_attempt: number(row, "last_attempt")?,
        crashes: number(row, "crashes")?,
        seq: number(row, "seq")?,
    })
}

fn lane(row: &MySqlRow) -> Result<Lane> {
    let (queue, tenant): (&str, &str) = (get(row, "queue")?, get(row, "tenant")?);
    Ok(Lane { queue: queue.into(), tenant: tenant.into(), priority: priority(row)? })
}
