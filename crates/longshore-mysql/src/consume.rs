//! The role of whoever does the work.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use longshore_core::{Lane, Priority, State, Timestamp, WorkerId};
use longshore_store::{
    Boxed, Claim, Claimed, Consume, Fence, Finish, Finished, Heartbeat, Hints, Lanes, Renewed,
    Result,
};
use sqlx::MySqlConnection;
use uuid::Uuid;

use crate::{
    bind::{at, bind, int},
    claim,
    clock::now,
    document::{Document, after},
    finish::{Closing, Report},
    row::get,
    store::{Inner, MysqlStore},
    unit::Unit,
    unseen,
    wire::Wire,
};

#[async_trait]
impl Consume for MysqlStore {
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes> {
        let names = Document::of_texts(queues.iter().map(|queue| &**queue));
        let mut lanes = Lanes::default();
        for row in self.question(|sql| &sql.lanes, bind![&names, &names]?).await? {
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
        self.inner.board.listen()
    }

    async fn hint(&self, lanes: &[Lane]) {
        self.wake(lanes.iter().cloned());
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>> {
        if claim.cursors.is_empty() || claim.kinds.is_empty() || claim.limit == 0 {
            return Ok(Vec::new());
        }
        let claim = Arc::new(claim.clone());
        self.repeat(move |inner| claim::claim(inner, claim.clone())).await
    }

    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>> {
        let parameters = bind![claim::kinds(kinds), claim::lanes(lanes.iter())]?;
        let rows = self.question(|sql| &sql.next_due, parameters).await?;
        let due = rows.iter().map(|row| get::<Option<Timestamp>>(row, "due_at"));
        Ok(due.collect::<Result<Vec<_>>>()?.into_iter().flatten().min())
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>> {
        let beat = Arc::new(heartbeat.clone());
        let renewed = self.repeat(move |inner| renew(inner, beat.clone())).await?;
        let answer = |fence: &Fence| match renewed.get(&(fence.job.0, int(fence.attempt))) {
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
        if let Some(alike) = report.alike().filter(|_| self.inner.unseen.is_worth_a_try()) {
            let alike = Arc::new(alike);
            if self.repeat(move |inner| unseen::close(inner, alike.clone())).await? {
                return Ok(vec![Finished::Recorded; finishes.len()]);
            }
        }
        let finished = self.repeat(move |inner| {
            let report = report.clone();
            async move {
                let (mut unit, now) = Unit::timed(&inner.work).await?;
                let answer = report.write(&mut unit.wire(), &inner.sql, now).await;
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

impl MysqlStore {
    /// Closes attempts inside the caller's open transaction, and never commits it: the handler's own
    /// writes and its completion become true together, or neither.
    ///
    /// A [`Finished::Stale`] means that somebody else has the job now: roll back.
    ///
    /// # Errors
    /// As [`Consume::finish`].
    pub async fn finish_in(
        &self,
        connection: &mut MySqlConnection,
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
        connection: &'w mut MySqlConnection,
        report: Report,
    ) -> Boxed<'w, Vec<Finished>> {
        Box::pin(async move {
            let mut wire = Wire { connection, patience: None };
            let now = now(&mut wire).await?;
            report.write(&mut wire, &self.inner.sql, now).await
        })
    }
}

/// Renews leases, in the order of their ids, as every other statement locks them. Returns those that are
/// current, each with the wish to cancel its job.
async fn renew(inner: Arc<Inner>, beat: Arc<Heartbeat>) -> Result<HashMap<(Uuid, i32), bool>> {
    let (mut unit, now) = Unit::timed(&inner.heart).await?;
    let answer = renewed(&mut unit.wire(), &inner, &beat, beat.now.unwrap_or(now)).await;
    unit.close(answer).await
}

async fn renewed(
    wire: &mut Wire<'_>,
    inner: &Inner,
    beat: &Heartbeat,
    now: Timestamp,
) -> Result<HashMap<(Uuid, i32), bool>> {
    let facts = written(&*beat.worker)?;
    wire.change(&inner.sql.beat, bind![beat.worker.id.0, at(now), at(now), facts]?).await?;
    let mut current = HashMap::new();
    if beat.leases.is_empty() {
        return Ok(current);
    }
    let mut leases: Vec<_> = beat.leases.iter().collect();
    leases.sort_unstable_by_key(|(fence, _)| (fence.job, fence.attempt));
    let mut ids: Vec<Uuid> = leases.iter().map(|(fence, _)| fence.job.0).collect();
    ids.dedup();
    let mut rows = Document::with_room(leases.len() * 48);
    for (fence, progress) in leases {
        rows.open();
        rows.id(fence.job.0);
        rows.number(int(fence.attempt));
        if let Some(progress) = progress {
            rows.text(&written(progress)?);
        }
        rows.shut();
    }
    let rows = rows.finish();
    for row in wire.rows_of(&inner.sql.fences, &bind![]?, &ids).await? {
        current.insert((get(&row, "id")?, get(&row, "attempt")?), get(&row, "cancel_requested")?);
    }
    if !current.is_empty() {
        wire.change(&inner.sql.renew, bind![rows, at(after(now, beat.lease))]?).await?;
    }
    Ok(current)
}

fn is_due_again(finish: &Finish) -> bool {
    finish.step.standing.state == State::Available
}

fn written(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| crate::bind::unencodable(error.into()))
}
