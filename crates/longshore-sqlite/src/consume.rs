//! The role of whoever does the work.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use longshore_core::{Lane, Timestamp, WorkerId};
use longshore_store::{
    Claim, Claimed, Consume, Finish, Finished, Heartbeat, Hint, Hints, Lanes, Renewed, Result,
};
use sqlx::SqliteConnection;

use crate::{
    SqliteStore,
    claim::{self, Taking},
    closings::Closings,
    fault,
    heartbeat::Beat,
    row::{self, Row},
    store::Read,
    writer::Write,
};

const LANES: &str = include_str!("../sql/consume/lanes.sql");
const PAUSED: &str = include_str!("../sql/consume/paused.sql");
const NEXT_DUE: &str = include_str!("../sql/consume/next_due.sql");
const LEAVE: &str = include_str!("../sql/consume/leave.sql");

#[async_trait]
impl Consume for SqliteStore {
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes> {
        if queues.is_empty() {
            return Ok(Lanes::default());
        }
        self.read(LanesOf(queues.to_vec())).await
    }

    fn hints(&self) -> Hints {
        self.board().listen()
    }

    async fn hint(&self, lanes: &[Lane]) {
        lanes.iter().for_each(|lane| self.board().post(Hint::Lane(lane.clone())));
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>> {
        if claim.cursors.is_empty() || claim.kinds.is_empty() || claim.limit == 0 {
            return Ok(Vec::new());
        }
        self.write(Taking(claim.clone())).await
    }

    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>> {
        self.read(NextDue(lanes.to_vec(), claim::kinds(kinds))).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>> {
        self.write(Beat(heartbeat.clone())).await
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Finished>> {
        if finishes.is_empty() {
            return Ok(Vec::new());
        }
        let finished = self.write(Closings::of(finishes)?).await?;
        for (finish, finished) in finishes.iter().zip(&finished) {
            if *finished == Finished::Recorded
                && finish.step.due_in.is_some_and(|delay| delay.is_zero())
            {
                self.board().post(Hint::Lane(finish.lane.clone()));
            }
        }
        Ok(finished)
    }

    async fn leave(&self, worker: WorkerId) -> Result<()> {
        self.write(Leaving(worker)).await
    }
}

struct LanesOf(Vec<Arc<str>>);

#[async_trait]
impl Read for LanesOf {
    type Answer = Lanes;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Lanes> {
        let queues = row::json(&self.0);
        let lanes = sqlx::query(LANES)
            .bind(&queues)
            .fetch_all(&mut *connection)
            .await
            .map_err(fault::error)?;
        let mut names: HashMap<String, Arc<str>> = HashMap::new();
        let mut shared =
            |name: String| names.entry(name.clone()).or_insert_with(|| name.into()).clone();
        let lanes = lanes.iter().map(|row| {
            let priority = row.priority()?;
            Ok(Lane {
                queue: shared(row.take("queue")?),
                tenant: shared(row.take("tenant")?),
                priority,
            })
        });
        let lanes = lanes.collect::<Result<_>>()?;
        let paused =
            sqlx::query(PAUSED).bind(&queues).fetch_all(connection).await.map_err(fault::error)?;
        let paused = paused.iter().map(|row| Ok(row.take::<String>("queue")?.into()));
        Ok(Lanes { lanes, paused: paused.collect::<Result<_>>()? })
    }
}

struct NextDue(Vec<Lane>, String);

#[async_trait]
impl Read for NextDue {
    type Answer = Option<Timestamp>;

    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Option<Timestamp>> {
        let Self(lanes, kinds) = self;
        let lanes = lanes.iter().map(|lane| (&*lane.queue, &*lane.tenant, lane.priority.rank()));
        let lanes = row::json(&lanes.collect::<Vec<_>>());
        let asking = sqlx::query(NEXT_DUE).bind(lanes).bind(kinds);
        let row = asking.fetch_one(connection).await.map_err(fault::error)?;
        row.time_if_any("due_at")
    }
}

struct Leaving(WorkerId);

#[async_trait]
impl Write for Leaving {
    type Answer = ();

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<()> {
        sqlx::query(LEAVE).bind(self.0.0).execute(connection).await.map_err(fault::error)?;
        Ok(())
    }
}
