//! The data of the model: entries by id, lanes in claim order, and the one way an entry changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use longshore_core::{
    Failure, JobId, LONGEST_WAIT, Lane, Log, NewJob, Payload, Reason, Rules, Scope, Standing,
    State, Step, Timestamp, WorkerId,
};
use longshore_store::{Depth, Fence, Progress, WorkerFacts};

use super::clock::{Clock, later};

#[derive(Debug)]
pub(super) struct Ground {
    pub(super) clock: Clock,
    pub(super) jobs: BTreeMap<JobId, Entry>,
    /// Waiting jobs in claim order, with their kinds. A lane stays when it is empty.
    pub(super) lanes: BTreeMap<Lane, BTreeMap<(Timestamp, JobId), Arc<str>>>,
    pub(super) running: BTreeSet<JobId>,
    pub(super) keys: BTreeMap<(Arc<str>, String), Key>,
    pub(super) paused: BTreeMap<Arc<str>, Timestamp>,
    pub(super) workers: BTreeMap<WorkerId, Worker>,
    pub(super) samples: BTreeMap<Arc<str>, Depth>,
    pub(super) sampled_at: Option<Timestamp>,
}

/// One job with its whole history.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) asked: NewJob,
    pub(super) created_at: Timestamp,
    pub(super) run_at: Timestamp,
    pub(super) first_state: State,
    /// As it is stored: a scheduled job that has become due still says scheduled here.
    pub(super) standing: Standing,
    pub(super) place: Place,
    pub(super) ledger: Vec<Row>,
    pub(super) result: Option<Payload>,
}

/// The table that a job's row is in.
#[derive(Debug)]
pub(super) enum Place {
    Held,
    Queue { due_at: Timestamp },
    Lease(Lease),
    Dead,
    Over,
}

#[derive(Debug)]
pub(super) struct Lease {
    pub(super) worker: WorkerId,
    pub(super) started_at: Timestamp,
    pub(super) until: Timestamp,
    pub(super) cancel_requested: bool,
    pub(super) progress: Option<Progress>,
}

/// One row of the ledger.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) seq: u32,
    pub(super) attempt: u32,
    pub(super) before: State,
    pub(super) after: State,
    pub(super) reason: Reason,
    pub(super) started_at: Option<Timestamp>,
    pub(super) at: Timestamp,
    pub(super) worker: Option<WorkerId>,
    pub(super) error: Option<Failure>,
    pub(super) log: Option<Log>,
}

/// A taken unique key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) job: JobId,
    pub(super) expires_at: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Worker {
    pub(super) facts: Arc<WorkerFacts>,
    pub(super) started_at: Timestamp,
    pub(super) seen_at: Timestamp,
}

impl Ground {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            jobs: BTreeMap::new(),
            lanes: BTreeMap::new(),
            running: BTreeSet::new(),
            keys: BTreeMap::new(),
            paused: BTreeMap::new(),
            workers: BTreeMap::new(),
            samples: BTreeMap::new(),
            sampled_at: None,
        }
    }

    /// The lease that a fence speaks of, if it is current.
    pub(super) fn lease(&mut self, fence: Fence) -> Option<&mut Lease> {
        let entry = self.jobs.get_mut(&fence.job)?;
        match &mut entry.place {
            Place::Lease(lease) if entry.standing.attempt == fence.attempt => Some(lease),
            _ => None,
        }
    }

    /// The job that a key belongs to now.
    pub(super) fn owner(&self, tenant: &Arc<str>, key: &str, now: Timestamp) -> Option<JobId> {
        let taken = self.keys.get(&(tenant.clone(), key.to_owned()))?;
        taken.expires_at.is_none_or(|end| end > now).then_some(taken.job)
    }

    /// Moves a job to where a step says, and writes its ledger. The only way in which an entry changes
    /// after it was stored and before it is claimed again.
    pub(super) fn apply(&mut self, id: JobId, step: Step, now: Timestamp, error: Option<Failure>) {
        self.leave_line(id);
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        let (started_at, worker) = match &entry.place {
            Place::Lease(lease) => (Some(lease.started_at), Some(lease.worker)),
            _ => (None, None),
        };
        let before = if started_at.is_some() { entry.standing.from } else { step.before };
        entry.ledger.push(Row {
            seq: step.seq(),
            attempt: step.standing.attempt,
            before,
            after: step.standing.state,
            reason: step.reason,
            started_at,
            at: now,
            worker,
            error,
            log: None,
        });
        entry.standing = step.standing;
        self.running.remove(&id);
        match step.standing.state {
            State::Discarded => self.end(id, Place::Dead),
            state if state.is_terminal() => self.end(id, Place::Over),
            _ => {
                let wait = step.due_in.unwrap_or_default();
                // A release waits for its run_at, which may be later.
                let wait = if started_at.is_some() { wait.min(LONGEST_WAIT) } else { wait };
                self.join_line(id, later(now, wait));
            }
        }
    }

    /// Puts a job into its lane.
    pub(super) fn join_line(&mut self, id: JobId, due_at: Timestamp) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        entry.place = Place::Queue { due_at };
        let line = self.lanes.entry(entry.asked.lane()).or_default();
        line.insert((due_at, id), entry.asked.kind.clone());
    }

    /// Takes a waiting job out of its lane.
    pub(super) fn leave_line(&mut self, id: JobId) {
        let Some(entry) = self.jobs.get(&id) else { return };
        if let Place::Queue { due_at } = entry.place
            && let Some(line) = self.lanes.get_mut(&entry.asked.lane())
        {
            line.remove(&(due_at, id));
        }
    }

    /// A terminal job frees the key that it held only for its life.
    fn end(&mut self, id: JobId, place: Place) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        entry.place = place;
        if let Some(unique) =
            entry.asked.unique.as_ref().filter(|it| it.scope == Scope::UntilTerminal)
        {
            let key = (entry.asked.tenant.clone(), unique.key.clone());
            if self.keys.get(&key).is_some_and(|taken| taken.job == id) {
                self.keys.remove(&key);
            }
        }
    }
}

impl Entry {
    /// The policy that decides about this job.
    pub(super) fn rules(&self, max_crashes: u32) -> Rules {
        Rules {
            max_attempts: self.asked.max_attempts,
            backoff: self.asked.backoff.unwrap_or_default(),
            max_crashes,
            // The longest wait: a model has no chance in it.
            roll: 1.0,
        }
    }

    /// The state as of a time: what waits and is due is available.
    pub(super) fn state(&self, now: Timestamp) -> State {
        match self.place {
            Place::Queue { due_at } if due_at <= now => State::Available,
            _ => self.standing.state,
        }
    }
}
