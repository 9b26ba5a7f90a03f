//! The role of whoever does the work.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use longshore_core::{Lane, Priority, State, Timestamp, WorkerId};
use longshore_store::{
    Boxed, Claim, Claimed, Consume, Finish, Finished, Heartbeat, Hints, Lanes, Renewed, Result,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    bind::{bind, int, micros},
    claim,
    finish::{Closing, Report},
    row::get,
    store::PostgresStore,
    unit::Unit,
};

#[async_trait]
impl Consume for PostgresStore {
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes> {
        let names: Vec<&str> = queues.iter().map(|queue| &**queue).collect();
        let mut lanes = Lanes::default();
        for row in self.question(|sql| &sql.lanes, bind![names]?).await? {
            let queue: &str = get(&row, "queue")?;
            let queue = queues
                .iter()
                .find(|name| &***name == queue)
                .map_or_else(|| queue.into(), Arc::clone);
            match get::<Option<&str>>(&row, "tenant")? {
                None => lanes.paused.push(queue),
                Some(tenant) => {
                    let priority = Priority::from_rank(get(&row, "rank")?).unwrap_or_default();
                    lanes.lanes.push(Lane { queue, tenant: tenant.into(), priority });
                }
            }
        }
        Ok(lanes)
    }

    fn hints(&self) -> Hints {
        self.inner.listener.start(&self.thread, &self.inner.board, self.inner.notifier.tag());
        self.inner.board.listen()
    }

    async fn hint(&self, lanes: &[Lane]) {
        self.wake(lanes.iter().cloned());
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>> {
        if claim.cursors.is_empty() || claim.kinds.is_empty() || claim.limit == 0 {
            return Ok(Vec::new());
        }
        let parameters = claim::parameters(claim)?;
        let claim = Arc::new(claim.clone());
        let taken = self.repeat(move |inner| {
            let (claim, parameters) = (claim.clone(), parameters.clone());
            async move {
                let mut unit = Unit::single(&inner.work, inner.manner).await?;
                let sql = &inner.sql.claim;
                let taken = claim::take(&claim, &mut unit.wire(), sql, parameters).await;
                unit.close(taken).await
            }
        });
        taken.await?
    }

    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>> {
        let parameters = bind![
            lanes.iter().map(|lane| &*lane.queue).collect::<Vec<&str>>(),
            lanes.iter().map(|lane| &*lane.tenant).collect::<Vec<&str>>(),
            lanes.iter().map(|lane| lane.priority.rank()).collect::<Vec<i16>>(),
            kinds.iter().map(|kind| &**kind).collect::<Vec<&str>>(),
        ]?;
        let rows = self.question(|sql| &sql.next_due, parameters).await?;
        rows.first().map_or(Ok(None), |row| get(row, "due_at"))
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>> {
        let mut leases: Vec<_> = heartbeat.leases.iter().collect();
        leases.sort_unstable_by_key(|(fence, _)| (fence.job, fence.attempt));
        // By job: of two attempts of one job only the later can be current.
        let mut progress = HashMap::new();
        for (fence, told) in &leases {
            match told {
                Some(told) => progress.insert(fence.job.0, written(told)?),
                None => progress.remove(&fence.job.0),
            };
        }
        let parameters = bind![
            heartbeat.worker.id.0,
            written(&*heartbeat.worker)?,
            heartbeat.now,
            micros(heartbeat.lease),
            leases.iter().map(|(fence, _)| fence.job.0).collect::<Vec<Uuid>>(),
            leases.iter().map(|(fence, _)| int(fence.attempt)).collect::<Vec<i32>>(),
            written(&progress)?,
        ]?;
        let rows = self.repeat(move |inner| {
            let parameters = parameters.clone();
            async move {
                let mut unit = Unit::single(&inner.heart, inner.manner).await?;
                let rows = unit.wire().rows(&inner.sql.heartbeat, parameters).await;
                unit.close(rows).await
            }
        });
        let mut renewed = HashMap::new();
        for row in rows.await? {
            let attempt: i32 = get(&row, "attempt")?;
            renewed.insert(
                (get::<Uuid>(&row, "id")?, attempt),
                get::<bool>(&row, "cancel_requested")?,
            );
        }
        let answer = |fence: &longshore_store::Fence| match renewed
            .get(&(fence.job.0, int(fence.attempt)))
        {
            None => Renewed::Lost,
            Some(true) => Renewed::CancelRequested,
            Some(false) => Renewed::Held,
        };
        Ok(heartbeat.leases.iter().map(|(fence, _)| answer(fence)).collect())
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Finished>> {
        if finishes.is_empty() {
            return Ok(Vec::new());
        }
        finishes.iter().try_for_each(Finish::check)?;
        let report = Arc::new(Report::new(finishes.iter().map(Closing::from)));
        let finished = self.repeat(move |inner| {
            let report = report.clone();
            async move {
                let mut unit = match report.is_one_statement() {
                    true => Unit::single(&inner.work, inner.manner).await?,
                    false => Unit::transaction(&inner.work, inner.manner).await?,
                };
                let answer = report.write(&mut unit.wire(), &inner.sql, None).await;
                unit.close(answer).await
            }
        });
        let finished = finished.await?;
        let back: std::collections::BTreeSet<Lane> = finishes
            .iter()
            .zip(&finished)
            .filter(|(finish, answer)| is_due_again(finish) && **answer == Finished::Recorded)
            .map(|(finish, _)| finish.lane.clone())
            .collect();
        self.wake(back);
        Ok(finished)
    }

    async fn leave(&self, worker: WorkerId) -> Result<()> {
        self.change(|sql| &sql.leave, bind![worker.0]?).await.map(|_| ())
    }
}

impl PostgresStore {
    /// Closes attempts inside the caller's open transaction, and never commits it: the handler's own
    /// writes and its completion become true together, or neither.
    ///
    /// A [`Finished::Stale`] means that somebody else has the job now: roll back.
    ///
    /// # Errors
    /// As [`Consume::finish`].
    pub async fn finish_in(
        &self,
        connection: &mut PgConnection,
        finishes: &[Finish],
    ) -> Result<Vec<Finished>> {
        if finishes.is_empty() {
            return Ok(Vec::new());
        }
        finishes.iter().try_for_each(Finish::check)?;
        self.close_in(connection, Report::new(finishes.iter().map(Closing::from))).await
    }

    fn close_in<'w>(
        &'w self,
        connection: &'w mut PgConnection,
        report: Report,
    ) -> Boxed<'w, Vec<Finished>> {
        Box::pin(async move {
            report.write(&mut self.callers_wire(connection), &self.inner.sql, None).await
        })
    }
}

fn is_due_again(finish: &Finish) -> bool {
    finish.step.standing.state == State::Available
}

fn written(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| crate::bind::unencodable(error.into()))
}
