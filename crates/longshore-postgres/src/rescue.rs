//! Taking jobs back from workers that went silent.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use longshore_core::{
    Command, Failure, JobId, Lane, Outcome, Rules, Standing, State, Timestamp, step,
};
use longshore_store::{Error, ErrorKind, Fence, Rescued, Result};
use sqlx::postgres::PgRow;

use crate::{
    bind::bind,
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
    let mut unit = Unit::transaction(&inner.work, inner.manner).await?;
    let answer = take_back(&mut unit.wire(), &inner, what).await;
    unit.close(answer).await
}

/// The jobs that such a rescue would take.
pub(crate) async fn expired(inner: Arc<Inner>, what: Rescue) -> Result<Vec<JobId>> {
    let mut unit = Unit::transaction(&inner.work, inner.manner).await?;
    let rows = rows(&mut unit.wire(), &inner, what).await;
    let ids = rows.and_then(|rows| rows.iter().map(|row| Ok(JobId(get(row, "id")?))).collect());
    unit.close(ids).await
}

async fn rows(wire: &mut Wire<'_>, inner: &Inner, what: Rescue) -> Result<Vec<PgRow>> {
    let only = what.only.map(|job| job.0);
    wire.rows(&inner.sql.expired, bind![i64::from(what.limit), what.now, only]?).await
}

async fn take_back(wire: &mut Wire<'_>, inner: &Inner, what: Rescue) -> Result<Recovered> {
    let Rescue { max_crashes, now, .. } = what;
    let rows = rows(wire, inner, what).await?;
    let (mut rescued, mut due, mut closings) = (Vec::new(), BTreeSet::new(), Vec::new());
    for row in &rows {
        let (job, standing) = (JobId(get(row, "id")?), standing(row)?);
        let silence = Command::Finish(Outcome::of_silence(get(row, "cancel_requested")?));
        let step =
            step(standing, &silence, &rules(row, standing, max_crashes)?).map_err(|error| {
                Error::new(ErrorKind::Internal, "a lease that does not run").caused_by(error)
            })?;
        let fence = Fence { job, attempt: standing.attempt };
        let failure = Failure::of_silence();
        closings.push(Closing::new(fence, step, Some(&failure)));
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
        Report::new(closings.into_iter()).write(wire, &inner.sql, now).await?;
    }
    Ok((rescued, due))
}

fn standing(row: &PgRow) -> Result<Standing> {
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

fn rules(row: &PgRow, standing: Standing, max_crashes: u32) -> Result<Rules> {
    let max_attempts: Option<i32> = get(row, "max_attempts")?;
    let max_attempts = max_attempts.and_then(|most| u32::try_from(most).ok());
    Ok(Rules {
        max_attempts: max_attempts.unwrap_or(standing.last_attempt),
        // A policy that cannot be read is no reason to keep the job from coming back.
        backoff: json(row, "backoff").ok().flatten().unwrap_or_default(),
        max_crashes,
        roll: (RandomState::new().hash_one(standing.seq) >> 11) as f64 / (1u64 << 53) as f64,
    })
}

fn lane(row: &PgRow) -> Result<Lane> {
    let (queue, tenant): (&str, &str) = (get(row, "queue")?, get(row, "tenant")?);
    Ok(Lane { queue: queue.into(), tenant: tenant.into(), priority: priority(row)? })
}
