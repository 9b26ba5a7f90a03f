//! Closing attempts: a constant number of statements for any mix of outcomes.

use std::collections::HashMap;

use longshore_core::{Failure, JobId, State, Step, Timestamp};
use longshore_store::{Fence, Finish, Finished, Result};
use uuid::Uuid;

use crate::{
    bind::{at, bind, int},
    document::{Document, after},
    row::get,
    sql::Sql,
    wire::Wire,
};

/// What is written about one attempt.
pub(crate) struct Closing {
    fence: Fence,
    step: Step,
    error: Option<String>,
    result: Option<String>,
}

impl Closing {
    pub(crate) fn new(fence: Fence, step: Step, error: Option<&Failure>) -> Self {
        Self { fence, step, error: error.map(Failure::to_json), result: None }
    }

    fn state(&self) -> State {
        self.step.standing.state
    }
}

impl From<&Finish> for Closing {
    fn from(finish: &Finish) -> Self {
        let completed = finish.step.standing.state == State::Completed;
        let result =
            finish.result.as_ref().filter(|_| completed).map(|result| result.as_str().to_owned());
        Self { result, ..Self::new(finish.fence, finish.step, finish.error.as_ref()) }
    }
}

/// Reports in the order in which every statement locks leases, with the way back to their places.
pub(crate) struct Report {
    closings: Vec<Closing>,
    fences: Vec<Fence>,
}

impl Report {
    pub(crate) fn new(closings: impl Iterator<Item = Closing>) -> Self {
        let mut closings: Vec<Closing> = closings.collect();
        let fences = closings.iter().map(|closing| closing.fence).collect();
        // Stable, so that of two reports with one fence the first stays first.
        closings.sort_by_key(|closing| (closing.fence.job, closing.fence.attempt));
        closings.dedup_by_key(|closing| closing.fence);
        Self { closings, fences }
    }

    /// Writes them; answers in the order of the reports. Statements with nothing to do are not sent.
    pub(crate) async fn write(
        &self,
        wire: &mut Wire<'_>,
        sql: &Sql,
        now: Timestamp,
    ) -> Result<Vec<Finished>> {
        let mut flags = HashMap::with_capacity(self.closings.len());
        for row in wire.rows(&sql.fences, bind![self.fences_in_order()]?).await? {
            let attempt: i32 = get(&row, 1)?;
            let fence = Fence { job: JobId(get(&row, 0)?), attempt: attempt.unsigned_abs() };
            flags.insert(fence, get::<i16>(&row, 2)?);
        }
        let current: Vec<&Closing> =
            self.closings.iter().filter(|closing| flags.contains_key(&closing.fence)).collect();
        if !current.is_empty() {
            let rows = rows(&current, now);
            let comes_to = |state: State| current.iter().any(|one| one.state() == state);
            wire.change(&sql.ledger, bind![at(now), &rows]?).await?;
            if current.iter().any(|closing| closing.state().is_waiting()) {
                wire.change(&sql.again, bind![&rows]?).await?;
            }
            if comes_to(State::Discarded) {
                wire.change(&sql.bury, bind![at(now), &rows]?).await?;
            }
            if current.iter().any(|closing| closing.result.is_some()) {
                wire.change(&sql.keep_results, bind![&rows]?).await?;
            }
            let ids = current.iter().map(|closing| closing.fence.job.0);
            wire.change(&sql.close, bind![Document::of_ids(ids)]?).await?;
            let freed = current.iter().filter(|closing| {
                closing.state().is_terminal()
                    && flags.get(&closing.fence).is_some_and(|it| it & 1 == 1)
            });
            let freed: Vec<Uuid> = freed.map(|closing| closing.fence.job.0).collect();
            if !freed.is_empty() {
                wire.change(&sql.free_keys, bind![Document::of_ids(freed)]?).await?;
            }
        }
        // The second of two reports with one fence finds it gone.
        let answer = |fence| match flags.remove(fence) {
            Some(_) => Finished::Recorded,
            None => Finished::Stale,
        };
        Ok(self.fences.iter().map(answer).collect())
    }

    fn fences_in_order(&self) -> String {
        let mut all = Document::with_room(self.closings.len() * 40);
        for closing in &self.closings {
            all.open();
            all.id(closing.fence.job.0);
            all.number(int(closing.fence.attempt));
            all.shut();
        }
        all.finish()
    }
}

/// `[id, state after, reason, due, last attempt, crashes, error, result]`, cut after the reason where
/// the rest is not needed.
fn rows(closings: &[&Closing], now: Timestamp) -> String {
    let mut all = Document::with_room(closings.len() * 48);
    for closing in closings {
        let standing = closing.step.standing;
        all.open();
        all.id(closing.fence.job.0);
        all.number(standing.state.code());
        all.number(closing.step.reason.code());
        let is_plain = standing.state == State::Completed && closing.error.is_none();
        if !is_plain || closing.result.is_some() {
            all.some(closing.step.due_in.map(|delay| after(now, delay)), Document::time);
            all.number(int(standing.last_attempt));
            all.number(int(standing.crashes));
            all.some(closing.error.as_deref(), Document::text);
            all.some(closing.result.as_deref(), Document::text);
        }
        all.shut();
    }
    all.finish()
}
