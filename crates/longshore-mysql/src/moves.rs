//! Moving jobs by hand.
//!
//! The rows of the jobs are locked first, so that operators never meet. Workers lock other rows: so a verb
//! looks, decides with the state machine, locks and moves what still stands where it was seen, and looks
//! again at what moved meanwhile.

use std::collections::{BTreeSet, HashMap};

use longshore_core::{Command, JobId, Lane, State, Step, Timestamp, step};
use longshore_store::{Error, ErrorKind, Result};
use sqlx::{SqlStr, mysql::MySqlRow};
use uuid::Uuid;

use crate::{
    bind::{at, bind, int},
    document::Document,
    keys,
    row::get,
    sql::Sql,
    standing::{Seen, look},
    store::MysqlStore,
    unit::Unit,
    wire::Wire,
};

/// Looks at a job that keeps moving before we give up.
const ROUNDS: u32 = 20;

/// What an operator wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Cancel,
    Retry,
    Release,
}

/// What became of it; a job without a verdict does not exist.
pub(crate) enum Verdict {
    Moved,
    /// It runs, and its handler will be told.
    Asked,
    Refused(State),
    KeyTaken(JobId),
}

/// What to do with one job, as it was seen.
enum Decision {
    Apply(Step, Option<Timestamp>),
    Ask,
    Refuse,
}

impl MysqlStore {
    /// Steps in for all these jobs in one transaction.
    pub(crate) async fn step_in(
        &self,
        verb: Verb,
        ids: &[JobId],
    ) -> Result<HashMap<JobId, Verdict>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        // In one order for all, so that two operators never wait for each other.
        let ids: BTreeSet<JobId> = ids.iter().copied().collect();
        let moving = self.repeat(move |inner| {
            let pending: Vec<JobId> = ids.iter().copied().collect();
            async move {
                let (mut unit, now) = Unit::timed(&inner.work).await?;
                let (verdicts, due) = (HashMap::new(), BTreeSet::new());
                let mut moving = Moving { verb, now, pending, verdicts, due };
                let answer = moving.go(&mut unit.wire(), &inner.sql).await;
                unit.close(answer.map(|()| moving)).await
            }
        });
        let moving = moving.await?;
        self.wake(moving.due);
        Ok(moving.verdicts)
    }
}

struct Moving {
    verb: Verb,
    now: Timestamp,
    pending: Vec<JobId>,
    verdicts: HashMap<JobId, Verdict>,
    /// Lanes that got work which is due.
    due: BTreeSet<Lane>,
}

impl Moving {
    async fn go(&mut self, wire: &mut Wire<'_>, sql: &Sql) -> Result<()> {
        let ids = Document::of_ids(self.pending.iter().map(|id| id.0));
        wire.rows(&sql.lock_jobs, bind![ids]?).await?;
        for _ in 0..ROUNDS {
            let seen = look(wire, sql, &self.pending).await?;
            self.pending.retain(|id| seen.contains_key(id));
            self.keys_back(wire, sql, &seen).await?;
            self.act(wire, sql, &seen).await?;
            if self.pending.is_empty() {
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::Busy, "the jobs keep moving: try again"))
    }

    /// Dead letters take the keys again that they gave up when they ended.
    async fn keys_back(
        &mut self,
        wire: &mut Wire<'_>,
        sql: &Sql,
        seen: &HashMap<JobId, Seen>,
    ) -> Result<()> {
        if self.verb != Verb::Retry {
            return Ok(());
        }
        let mut dead = Vec::new();
        for id in &self.pending {
            let Some(job) = seen.get(id) else { continue };
            if let (State::Discarded, Some(key)) = (job.state, &job.lost_key) {
                dead.push((*id, job.lane.tenant.to_string(), key.clone()));
            }
        }
        for (id, holder) in keys::retake(wire, sql, dead, self.now).await? {
            self.decided(id, Verdict::KeyTaken(holder));
        }
        Ok(())
    }

    async fn act(
        &mut self,
        wire: &mut Wire<'_>,
        sql: &Sql,
        seen: &HashMap<JobId, Seen>,
    ) -> Result<()> {
        let mut applies = Vec::new();
        let mut asks = Vec::new();
        for id in self.pending.clone() {
            let Some(job) = seen.get(&id) else { continue };
            match decide(self.verb, job) {
                Decision::Apply(step, due_at) => applies.push((id, step, due_at)),
                Decision::Ask => asks.push(id.0),
                Decision::Refuse => self.decided(id, Verdict::Refused(job.state)),
            }
        }
        if !asks.is_empty() {
            let running = locked(wire, &sql.lock_leases, &Document::of_ids(asks)).await?;
            let ids = running.iter().map(|id| id.0);
            wire.change(&sql.request_cancel, bind![Document::of_ids(ids)]?).await?;
            for id in running {
                self.decided(id, Verdict::Asked);
            }
        }
        if !applies.is_empty() {
            for id in apply(wire, sql, &applies, self.now).await? {
                self.decided(id, Verdict::Moved);
            }
            for (id, step, _) in applies {
                let moved = matches!(self.verdicts.get(&id), Some(Verdict::Moved));
                if let (true, State::Available, Some(job)) =
                    (moved, step.standing.state, seen.get(&id))
                {
                    self.due.insert(job.lane.clone());
                }
            }
        }
        Ok(())
    }

    fn decided(&mut self, id: JobId, verdict: Verdict) {
        self.pending.retain(|pending| *pending != id);
        self.verdicts.insert(id, verdict);
    }
}

fn decide(verb: Verb, job: &Seen) -> Decision {
    let command = match verb {
        Verb::Cancel if job.state == State::Running => return Decision::Ask,
        Verb::Cancel => Command::Cancel,
        // Due already, whatever the ledger says about why it waits.
        Verb::Retry if job.state == State::Available => return Decision::Refuse,
        Verb::Retry if job.state == State::Discarded && !job.is_dead_letter => {
            return Decision::Refuse;
        }
        Verb::Retry => Command::RetryByHand,
        Verb::Release => Command::Release(job.until_due()),
    };
    match step(job.standing, &command, &job.rules) {
        Ok(step) if step.standing.state == State::Scheduled => {
            Decision::Apply(step, Some(job.run_at))
        }
        Ok(step) => Decision::Apply(step, None),
        Err(_) => Decision::Refuse,
    }
}

/// A job, what becomes of it, and when it is due if that is given.
pub(crate) type Move = (JobId, Step, Option<Timestamp>);

/// Moves those that still stand where they were seen, and says which.
pub(crate) async fn apply(
    wire: &mut Wire<'_>,
    sql: &Sql,
    moves: &[Move],
    now: Timestamp,
) -> Result<BTreeSet<JobId>> {
    let all = rows(moves.iter(), now);
    let waiting = locked(wire, &sql.lock_waiting, &all).await?;
    let dead = locked(wire, &sql.lock_dead, &all).await?;
    let stands = |(id, step, _): &&Move| {
        step.before == State::Held || waiting.contains(id) || dead.contains(id)
    };
    let moved: Vec<&Move> = moves.iter().filter(stands).collect();
    if moved.is_empty() {
        return Ok(BTreeSet::new());
    }
    let all = rows(moved.iter().copied(), now);
    wire.change(&sql.move_ledger, bind![at(now), &all]?).await?;
    if !waiting.is_empty() {
        let ids = waiting.iter().map(|id| id.0);
        wire.change(&sql.leave_queue, bind![Document::of_ids(ids)]?).await?;
    }
    if !dead.is_empty() {
        let ids = dead.iter().map(|id| id.0);
        wire.change(&sql.leave_dead, bind![Document::of_ids(ids)]?).await?;
    }
    if moved.iter().any(|(_, step, _)| step.standing.state.is_waiting()) {
        wire.change(&sql.move_to_queue, bind![&all]?).await?;
    }
    let ended: Vec<Uuid> = moved
        .iter()
        .filter(|(_, step, _)| step.standing.state.is_terminal())
        .map(|(id, ..)| id.0)
        .collect();
    if !ended.is_empty() {
        wire.change(&sql.free_keys, bind![Document::of_ids(ended)]?).await?;
    }
    Ok(moved.into_iter().map(|(id, ..)| *id).collect())
}

/// `[id, ledger row, attempt, state before, state after, reason, due, last attempt, crashes]`.
fn rows<'m>(moves: impl Iterator<Item = &'m Move>, now: Timestamp) -> String {
    let mut all = Document::with_room(moves.size_hint().0 * 96);
    for (id, step, due_at) in moves {
        let standing = step.standing;
        all.open();
        all.id(id.0);
        all.number(int(step.seq()));
        all.number(int(standing.attempt));
        all.number(step.before.code());
        all.number(standing.state.code());
        all.number(step.reason.code());
        let due_at = standing.state.is_waiting().then(|| due_at.unwrap_or(now));
        all.some(due_at, Document::time);
        all.number(int(standing.last_attempt));
        all.number(int(standing.crashes));
        all.shut();
    }
    all.finish()
}

/// Locks those that still stand where they were seen, and says which.
pub(crate) async fn locked(
    wire: &mut Wire<'_>,
    sql: &SqlStr,
    rows: &str,
) -> Result<BTreeSet<JobId>> {
    let rows = wire.rows(sql, bind![rows]?).await?;
    rows.iter().map(|row: &MySqlRow| Ok(JobId(get(row, "id")?))).collect()
}
