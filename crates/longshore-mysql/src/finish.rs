//! Closing attempts: a constant number of statements for any mix of outcomes.

use std::collections::{BTreeSet, HashMap};

use longshore_core::{Failure, JobId, LONGEST_WAIT, Log, Reason, State, Step, Timestamp};
use longshore_store::{Fence, Finish, Finished, Result};
use uuid::Uuid;

use crate::{
    bind::{at, bind, int},
    document::{Document, after},
    row::get,
    siblings::{self, Siblings},
    sql::Sql,
    wire::Wire,
};

/// What is written about one attempt.
pub(crate) struct Closing {
    fence: Fence,
    step: Step,
    error: Option<String>,
    result: Option<String>,
    log: Option<String>,
    closes: Option<Siblings>,
}

/// A report whose fence is current, and what it comes to.
struct Current<'r> {
    closing: &'r Closing,
    /// The step of the report, or the cancellation that somebody asked for.
    step: Step,
    holds_key: bool,
}

impl Closing {
    pub(crate) fn new(fence: Fence, step: Step, error: Option<&Failure>) -> Self {
        let error = error.map(Failure::to_json);
        Self { fence, step, error, result: None, log: None, closes: None }
    }

    /// Whether its ledger row says no more than that it completed.
    fn is_plain(&self) -> bool {
        // (A completion is never turned into something else.)
        let ended = (self.step.standing.state, self.step.reason);
        ended == (State::Completed, Reason::Ok) && self.error.is_none() && self.log.is_none()
    }
}

impl Current<'_> {
    fn id(&self) -> Uuid {
        self.closing.fence.job.0
    }

    fn state(&self) -> State {
        self.step.standing.state
    }

    fn is_plain(&self) -> bool {
        self.closing.is_plain()
    }

    fn answer(&self) -> (Fence, Finished) {
        let heeded = self.step != self.closing.step;
        (self.closing.fence, if heeded { Finished::Cancelled } else { Finished::Recorded })
    }
}

impl From<&Finish> for Closing {
    fn from(finish: &Finish) -> Self {
        let completed = finish.step.standing.state == State::Completed;
        let result =
            finish.result.as_ref().filter(|_| completed).map(|result| result.as_str().to_owned());
        Self {
            result,
            log: finish.log.as_ref().map(Log::to_json),
            closes: finish.closes(),
            ..Self::new(finish.fence, finish.step, finish.error.as_ref())
        }
    }
}

/// Reports in the order in which every statement locks leases, with the way back to their places.
pub(crate) struct Report {
    closings: Vec<Closing>,
    fences: Vec<Fence>,
}

/// Reports of plain completions.
pub(crate) struct Alike {
    /// The number that all attempts have.
    pub(crate) attempt: u32,
    /// Their jobs, in order.
    pub(crate) ids: Vec<Uuid>,
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

    /// What they have in common, where all completed and have nothing but that to write.
    pub(crate) fn alike(&self) -> Option<Alike> {
        let attempt = self.fences.first()?.attempt;
        let is_bare = |one: &Closing| {
            one.is_plain()
                && one.result.is_none()
                && one.closes.is_none()
                && one.fence.attempt == attempt
        };
        let all = self.closings.len() == self.fences.len() && self.closings.iter().all(is_bare);
        let ids = || self.closings.iter().map(|one| one.fence.job.0).collect();
        all.then(|| Alike { attempt, ids: ids() })
    }

    /// Writes them; answers in the order of the reports. Statements with nothing to do are not sent.
    pub(crate) async fn write(
        &self,
        wire: &mut Wire<'_>,
        sql: &Sql,
        now: Timestamp,
    ) -> Result<Vec<Finished>> {
        let current = self.current(wire, sql).await?;
        if !current.is_empty() {
            close(&current, wire, sql, now).await?;
        }
        let mut closed: HashMap<Fence, Finished> = current.iter().map(Current::answer).collect();
        // The second of two reports with one fence finds it gone.
        let answer = |fence| closed.remove(fence).unwrap_or(Finished::Stale);
        Ok(self.fences.iter().map(answer).collect())
    }

    /// Locks the leases of the reports. What would wait again is cancelled where somebody asked for that.
    async fn current(&self, wire: &mut Wire<'_>, sql: &Sql) -> Result<Vec<Current<'_>>> {
        let mut found: HashMap<Fence, (i16, bool)> = HashMap::with_capacity(self.closings.len());
        // In order; two reports of one job follow each other.
        let mut ids: Vec<Uuid> = self.closings.iter().map(|one| one.fence.job.0).collect();
        ids.dedup();
        for row in wire.rows_of(&sql.fences, &bind![]?, &ids).await? {
            let attempt: i32 = get(&row, 1)?;
            let fence = Fence { job: JobId(get(&row, 0)?), attempt: attempt.unsigned_abs() };
            found.insert(fence, (get(&row, 2)?, get(&row, 3)?));
        }
        let current = self.closings.iter().filter_map(|closing| {
            let (flags, cancel_requested) = found.get(&closing.fence)?;
            let step = closing.step.heeding(*cancel_requested);
            Some(Current { closing, step, holds_key: flags & 1 == 1 })
        });
        Ok(current.collect())
    }
}

/// Writes what attempts came to whose leases are locked. Statements with nothing to do are not sent.
async fn close(
    current: &[Current<'_>],
    wire: &mut Wire<'_>,
    sql: &Sql,
    now: Timestamp,
) -> Result<()> {
    let ids: Vec<Uuid> = current.iter().map(Current::id).collect();
    if current.iter().all(Current::is_plain) {
        let (state, reason) = (State::Completed.code(), Reason::Ok.code());
        wire.change_of(&sql.ledger_alike, &bind![state, reason, at(now)]?, &ids).await?;
    } else {
        let rows = rows(current, now);
        wire.change(&sql.ledger, bind![at(now), &rows]?).await?;
        if current.iter().any(|one| one.state().is_waiting()) {
            wire.change(&sql.again, bind![&rows]?).await?;
        }
        if current.iter().any(|one| one.state() == State::Discarded) {
            wire.change(&sql.bury, bind![at(now), &rows]?).await?;
        }
    }
    if let Some(results) = results(current) {
        wire.change(&sql.keep_results, bind![results]?).await?;
    }
    wire.change_of(&sql.close, &bind![]?, &ids).await?;
    let freed = current.iter().filter(|one| one.holds_key && one.state().is_terminal());
    let freed: Vec<Uuid> = freed.map(Current::id).collect();
    if !freed.is_empty() {
        wire.change(&sql.free_keys, bind![Document::of_ids(freed)]?).await?;
    }
    let all: BTreeSet<Siblings> =
        current.iter().filter_map(|one| one.closing.closes.clone()).collect();
    if !all.is_empty() {
        siblings::close(wire, sql, &all, now).await?;
    }
    Ok(())
}

/// `[id, state after, reason, due, last attempt, crashes, error, log]`, cut after the reason where the rest is
/// not needed, and before the log where there is none.
fn rows(current: &[Current<'_>], now: Timestamp) -> String {
    let mut all = Document::with_room(current.len() * 64);
    for one in current {
        let standing = one.step.standing;
        all.open();
        all.id(one.id());
        all.number(standing.state.code());
        all.number(one.step.reason.code());
        if !one.is_plain() {
            let due_in = one.step.due_in.map(|wait| wait.min(LONGEST_WAIT));
            all.some(due_in.map(|wait| after(now, wait)), Document::time);
            all.number(int(standing.last_attempt));
            all.number(int(standing.crashes));
            all.some(one.closing.error.as_deref(), Document::text);
            if let Some(log) = &one.closing.log {
                all.text(log);
            }
        }
        all.shut();
    }
    all.finish()
}

/// `[id, result]` of those that have one.
fn results(current: &[Current<'_>]) -> Option<String> {
    let results = current.iter().filter_map(|one| Some((one.id(), one.closing.result.as_deref()?)));
    let results: Vec<(Uuid, &str)> = results.collect();
    let bytes: usize = results.iter().map(|(_, result)| result.len() + 48).sum();
    let mut all = Document::with_room(bytes);
    for (id, result) in &results {
        all.open();
        all.id(*id);
        all.text(result);
        all.shut();
    }
    (!results.is_empty()).then(|| all.finish())
}
