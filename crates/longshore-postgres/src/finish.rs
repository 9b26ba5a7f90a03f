//! Closing attempts: one statement for any mix of outcomes, and one for those that only completed.

use std::{
    collections::{BTreeSet, HashMap},
    iter,
};

use longshore_core::{Failure, JobId, LONGEST_WAIT, Log, Reason, State, Step, Timestamp};
use longshore_store::{Fence, Finish, Finished, Result};
use sqlx::postgres::{PgArguments, PgRow};
use uuid::Uuid;

use crate::{
    bind::{bind, int, micros},
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

impl Closing {
    pub(crate) fn new(fence: Fence, step: Step, error: Option<&Failure>) -> Self {
        let error = error.map(Failure::to_json);
        Self { fence, step, error, result: None, log: None, closes: None }
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

impl Report {
    pub(crate) fn new(closings: impl Iterator<Item = Closing>) -> Self {
        let mut closings: Vec<Option<Closing>> = closings.map(Some).collect();
        let fences: Vec<Fence> = closings.iter().flatten().map(|closing| closing.fence).collect();
        // The places are sorted, and each closing is moved once. Of two reports with one fence the first stays.
        let mut places: Vec<usize> = (0..fences.len()).collect();
        places.sort_unstable_by_key(|place| (fences[*place].job, fences[*place].attempt, *place));
        places.dedup_by_key(|place| fences[*place]);
        let closings = places.into_iter().filter_map(|place| closings[place].take()).collect();
        Self { closings, fences }
    }

    /// Whether one statement, which commits itself, is enough.
    pub(crate) fn is_one_statement(&self) -> bool {
        self.closings.iter().all(|closing| closing.closes.is_none())
    }

    /// Writes them; answers in the order of the reports.
    pub(crate) async fn write(
        &self,
        wire: &mut Wire<'_>,
        sql: &Sql,
        now: Option<Timestamp>,
    ) -> Result<Vec<Finished>> {
        let row = match self.is_plain() {
            true => wire.row(&sql.finish_plain, self.plain_parameters(now)?).await?,
            false => wire.row(&sql.finish, self.parameters(now)?).await?,
        };
        let closed = row.as_ref().map_or(Ok(Vec::new()), closed)?;
        if self.is_one_statement() && self.is_all_of(&closed) {
            return Ok(vec![Finished::Recorded; self.fences.len()]);
        }
        let mut closed: HashMap<Fence, Finished> = closed.into_iter().collect();
        if !self.is_one_statement() {
            let recorded =
                self.closings.iter().filter(|closing| closed.contains_key(&closing.fence));
            let all: BTreeSet<Siblings> = recorded.filter_map(|it| it.closes.clone()).collect();
            siblings::close(wire, sql, &all).await?;
        }
        // The second of two reports with one fence finds it gone.
        let answer = |fence| closed.remove(fence).unwrap_or(Finished::Stale);
        Ok(self.fences.iter().map(answer).collect())
    }

    /// Whether each report was written as it stands, as nearly always: then nobody needs to be looked up.
    fn is_all_of(&self, closed: &[(Fence, Finished)]) -> bool {
        closed.len() == self.fences.len()
            && closed.iter().all(|(_, written)| *written == Finished::Recorded)
    }

    /// Whether all completed and left nothing but their ledger rows.
    fn is_plain(&self) -> bool {
        self.closings.iter().all(|closing| {
            closing.step.standing.state == State::Completed
                && closing.step.reason == Reason::Ok
                && closing.error.is_none()
                && closing.result.is_none()
                && closing.log.is_none()
        })
    }

    fn plain_parameters(&self, now: Option<Timestamp>) -> Result<PgArguments> {
        let fences = || self.closings.iter().map(|closing| closing.fence);
        bind![
            fences().map(|fence| fence.job.0).collect::<Vec<Uuid>>(),
            fences().map(|fence| int(fence.attempt)).collect::<Vec<i32>>(),
            Reason::Ok.code(),
            now,
        ]
    }

    fn parameters(&self, now: Option<Timestamp>) -> Result<PgArguments> {
        let all = &self.closings;
        let each = |value: fn(&Closing) -> i32| all.iter().map(value).collect::<Vec<i32>>();
        // Columns that only some outcomes use stay empty while there are none of them.
        let again = all.iter().any(|closing| closing.step.standing.state != State::Completed);
        let only_again = |value: fn(&Closing) -> i32| if again { each(value) } else { Vec::new() };
        let text = |value: fn(&Closing) -> Option<&str>| {
            let column: Vec<Option<&str>> = all.iter().map(value).collect();
            if column.iter().all(Option::is_none) { Vec::new() } else { column }
        };
        let due_in: Vec<Option<i64>> = match again {
            true => all
                .iter()
                .map(|closing| closing.step.due_in.map(|wait| micros(wait.min(LONGEST_WAIT))))
                .collect(),
            false => Vec::new(),
        };
        bind![
            all.iter().map(|closing| closing.fence.job.0).collect::<Vec<Uuid>>(),
            each(|closing| int(closing.fence.attempt)),
            all.iter().map(|closing| closing.step.standing.state.code()).collect::<Vec<i16>>(),
            all.iter().map(|closing| closing.step.reason.code()).collect::<Vec<i16>>(),
            due_in,
            only_again(|closing| int(closing.step.standing.last_attempt)),
            only_again(|closing| int(closing.step.standing.crashes)),
            text(|closing| closing.error.as_deref()),
            text(|closing| closing.result.as_deref()),
            text(|closing| closing.log.as_deref()),
            now,
        ]
    }
}

/// The fences that were current, with what was written.
fn closed(row: &PgRow) -> Result<Vec<(Fence, Finished)>> {
    let ids: Option<Vec<Uuid>> = get(row, "ids")?;
    let attempts: Option<Vec<i32>> = get(row, "attempts")?;
    let cancelled: Option<Vec<bool>> = get(row, "cancelled")?;
    let fences = ids.unwrap_or_default().into_iter().zip(attempts.unwrap_or_default());
    // Plain closings are never cancelled, and do not say so.
    let written = fences.zip(cancelled.into_iter().flatten().chain(iter::repeat(false)));
    let answer = |((job, attempt), cancelled): ((Uuid, i32), bool)| {
        let fence = Fence { job: JobId(job), attempt: attempt.unsigned_abs() };
        (fence, if cancelled { Finished::Cancelled } else { Finished::Recorded })
    };
    Ok(written.map(answer).collect())
}
