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

/// Which jobs to take back.
#[derive(Clone, Copy)]
pub(crate) struct Rescue {
    /// Most of them.
    pub(crate) limit: u32,
    /// Crashes in a row before a job is poison.
    pub(crate) max_crashes: u32,
    /// For tests: the time to go by.
    pub(crate) now: Option<Timestamp>,
    /// The only job that is meant.
    pub(crate) only: Option<JobId>,
}

/// Closes expired attempts, as the state machine decides for a crash.
pub(crate) async fn rescue(inner: Arc<Inner>, what: Rescue) -> Result<Recovered> {
    let (mut unit, at) = Unit::timed(&inner.work).await?;
    let silent = Silent { inner: &inner, what, now: what.now.unwrap_or(at) };
    let answer = silent.take_back(&mut unit.wire()).await;
    unit.close(answer).await
}

/// The jobs that such a rescue would take.
pub(crate) async fn expired(inner: Arc<Inner>, what: Rescue) -> Result<Vec<JobId>> {
    let (mut unit, at) = Unit::timed(&inner.work).await?;
    let silent = Silent { inner: &inner, what, now: what.now.unwrap_or(at) };
    let answer = silent.found(&mut unit.wire()).await;
    unit.close(answer.map(|ids| ids.into_iter().map(JobId).collect())).await
}

struct Silent<'i> {
    inner: &'i Inner,
    what: Rescue,
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
            let rules = Rules { max_attempts, backoff, max_crashes: self.what.max_crashes, roll };
            let silence = Command::Finish(Outcome::of_silence(get(row, "cancel_requested")?));
            let step = step(standing, &silence, &rules).map_err(|error| {
                Error::new(ErrorKind::Internal, "a lease that does not run").caused_by(error)
            })?;
            let fence = Fence { job, attempt: standing.attempt };
            closings.push(Closing::new(fence, step, Some(&Failure::of_silence())));
            let (lane, kind): (_, &str) = (lane(row)?, get(row, "kind")?);
            rescued.push(Rescued {
                job,
                queue: lane.queue.clone(),
                kind: kind.into(),
                attempt: standing.attempt,
                state: step.standing.state,
            });
            if step.due_in.is_some_and(|delay| delay.is_zero()) {
                due.insert(lane);
            }
        }
        if !closings.is_empty() {
            Report::new(closings.into_iter()).write(wire, &self.inner.sql, self.now).await?;
        }
        Ok((rescued, due))
    }

    /// Looks without a lock, as nearly always there is nothing; then locks what was found, by its key.
    async fn lock(&self, wire: &mut Wire<'_>) -> Result<Vec<MySqlRow>> {
        let mut ids = match self.what.only {
            Some(job) => vec![job.0],
            None => self.found(wire).await?,
        };
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        ids.sort_unstable();
        let lock = &self.inner.sql.lock_expired;
        wire.rows(lock, bind![Document::of_ids(ids), at(self.now)]?).await
    }

    /// The jobs whose leases have run out, the oldest first.
    async fn found(&self, wire: &mut Wire<'_>) -> Result<Vec<Uuid>> {
        let most = i64::from(self.what.limit);
        let rows = wire.rows(&self.inner.sql.expired, bind![at(self.now), most]?).await?;
        rows.iter().map(|row| get(row, "id")).collect()
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
            // A policy that cannot be read is no reason to keep the job from coming back.
            let backoff = json(row, "backoff").ok().flatten().unwrap_or_default();
            Ok((JobId(get(row, "id")?), (number(row, "max_attempts")?, backoff)))
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
