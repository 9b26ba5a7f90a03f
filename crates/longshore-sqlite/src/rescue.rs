//! Rescue: jobs of workers that went silent go the way of a crash.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_core::{
    Backoff, Command, Failure, JobId, Lane, Outcome, Rules, Standing, State, Step, step,
};
use longshore_store::{Fence, Finished, Rescued, Result};
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    close,
    closings::{Closings, Left},
    connect, fault,
    row::Row,
    store::Read,
    writer::Write,
};

const EXPIRED: &str = include_str!("../sql/maintain/expired.sql");

/// Takes jobs back.
#[derive(Clone, Copy)]
pub(crate) struct Rescuing {
    /// Most jobs.
    pub(crate) limit: u32,
    /// Crashes in a row before a job is poison.
    pub(crate) max_crashes: u32,
    /// The time to go by.
    pub(crate) now: i64,
    /// The only job that is meant.
    pub(crate) only: Option<JobId>,
}

#[async_trait]
impl Write for Rescuing {
    /// Each with its lane, and whether it is due at once.
    type Answer = Vec<(Rescued, Lane, bool)>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer> {
        let rows = self.expired(connection).await?;
        let crashes =
            rows.iter().map(|row| crash(row, self.max_crashes)).collect::<Result<Vec<_>>>()?;
        let left = |failure| Left { error: Some(failure), ..Default::default() };
        let reports = crashes.iter().map(|crash| (crash.fence, crash.step, left(&crash.failure)));
        let closings = Closings::of_steps(reports)?;
        let finished = close::close(connection, &closings, self.now).await?;
        let rescued =
            crashes.into_iter().zip(finished).filter(|(_, done)| *done == Finished::Recorded);
        Ok(rescued.map(|(crash, _)| crash.rescued()).collect())
    }
}

impl Rescuing {
    async fn expired(&self, connection: &mut SqliteConnection) -> Result<Vec<SqliteRow>> {
        let only = self.only.map(|job| job.0);
        let asking = sqlx::query(EXPIRED).bind(self.now).bind(self.limit).bind(only);
        asking.fetch_all(connection).await.map_err(fault::error)
    }
}

/// The jobs that such a rescue would take.
pub(crate) struct Expired(pub(crate) Rescuing);

#[async_trait]
impl Read for Expired {
    type Answer = Vec<JobId>;
    const ONE_STATEMENT: bool = true;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Vec<JobId>> {
        let rows = self.0.expired(connection).await?;
        rows.iter().map(|row| Ok(JobId(row.take::<Uuid>("id")?))).collect()
    }
}

struct Crash {
    fence: Fence,
    step: Step,
    failure: Failure,
    lane: Lane,
    kind: Arc<str>,
}

impl Crash {
    fn rescued(self) -> (Rescued, Lane, bool) {
        let Fence { job, attempt } = self.fence;
        let due = self.step.due_in.is_some_and(|delay| delay.is_zero());
        let (queue, state) = (self.lane.queue.clone(), self.step.standing.state);
        (Rescued { job, queue, kind: self.kind, attempt, state }, self.lane, due)
    }
}

fn crash(row: &SqliteRow, max_crashes: u32) -> Result<Crash> {
    let standing = Standing {
        state: State::Running,
        from: row.state("waiting")?,
        attempt: row.take("attempt")?,
        last_attempt: row.take("last_attempt")?,
        crashes: row.take("crashes")?,
        seq: row.take("seq")?,
    };
    let max_attempts: Option<u32> = row.take("max_attempts")?;
    let rules = Rules {
        max_attempts: max_attempts.unwrap_or(standing.last_attempt),
        // A policy that cannot be read is no reason to keep the job from coming back.
        backoff: row.json::<Backoff>("backoff").ok().flatten().unwrap_or_default(),
        max_crashes,
        roll: connect::roll(),
    };
    let silence = Command::Finish(Outcome::of_silence(row.take("cancel_requested")?));
    let step =
        step(standing, &silence, &rules).map_err(|error| fault::unreadable("lease", error))?;
    Ok(Crash {
        fence: Fence { job: JobId(row.take::<Uuid>("id")?), attempt: standing.attempt },
        step,
        failure: Failure::of_silence(),
        lane: row.lane()?,
        kind: row.take::<String>("kind")?.into(),
    })
}
