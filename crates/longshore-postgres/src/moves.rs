//! Moving jobs by hand.
//!
//! Jobs move while somebody looks at them, so a verb looks, decides with the state machine, applies
//! what still holds, and looks again at what moved meanwhile.

use std::collections::{BTreeSet, HashMap, HashSet};

use longshore_core::{Command, JobId, Lane, State, Step, Timestamp, step};
use longshore_store::{Error, ErrorKind, Result};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::{
    bind::{bind, int},
    keys,
    row::get,
    sql::Sql,
    standing::{Seen, look},
    store::PostgresStore,
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

impl PostgresStore {
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
                let mut unit = Unit::transaction(&inner.work, inner.manner).await?;
                let mut moving =
                    Moving { verb, pending, verdicts: HashMap::new(), due: BTreeSet::new() };
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
    pending: Vec<JobId>,
    verdicts: HashMap<JobId, Verdict>,
    /// Lanes that got work which is due.
    due: BTreeSet<Lane>,
}

impl Moving {
    async fn go(&mut self, wire: &mut Wire<'_>, sql: &Sql) -> Result<()> {
        for _ in 0..ROUNDS {
            if self.verb == Verb::Retry {
                let ids: Vec<Uuid> = self.pending.iter().map(|id| id.0).collect();
                wire.rows(&sql.lock_dead, bind![ids]?).await?;
            }
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
                dead.push((id.0, job.lane.tenant.to_string(), key.clone()));
            }
        }
        for (id, holder) in keys::retake(wire, sql, dead).await? {
            self.decided(JobId(id), Verdict::KeyTaken(holder));
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
            for id in ids(&wire.rows(&sql.request_cancel, bind![asks]?).await?)? {
                self.decided(id, Verdict::Asked);
            }
        }
        if !applies.is_empty() {
            for id in ids(&apply(wire, sql, &applies).await?)? {
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
pub(crate) async fn apply(wire: &mut Wire<'_>, sql: &Sql, moves: &[Move]) -> Result<Vec<PgRow>> {
    let of = |value: fn(&Step) -> i32| {
        moves.iter().map(|(_, step, _)| value(step)).collect::<Vec<i32>>()
    };
    let codes = |value: fn(&Step) -> i16| {
        moves.iter().map(|(_, step, _)| value(step)).collect::<Vec<i16>>()
    };
    let parameters = bind![
        moves.iter().map(|(id, ..)| id.0).collect::<Vec<Uuid>>(),
        of(|step| int(step.seq())),
        of(|step| int(step.standing.attempt)),
        codes(|step| step.before.code()),
        codes(|step| step.standing.state.code()),
        codes(|step| step.reason.code()),
        moves.iter().map(|(_, _, due_at)| *due_at).collect::<Vec<Option<Timestamp>>>(),
        of(|step| int(step.standing.last_attempt)),
        of(|step| int(step.standing.crashes)),
    ]?;
    wire.rows(&sql.apply, parameters).await
}

fn ids(rows: &[PgRow]) -> Result<HashSet<JobId>> {
    rows.iter().map(|row| Ok(JobId(get(row, "id")?))).collect()
}
