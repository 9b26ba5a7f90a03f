//! How an entry of the model shows itself: as a row, in full, and as its transitions.

use longshore_core::{Reason, State, Timestamp, Transition, TransitionId};
use longshore_store::{AttemptLog, JobDetail, JobRow};

use super::ground::{Entry, Lease, Place, Row};

impl Entry {
    fn lease(&self) -> Option<&Lease> {
        if let Place::Lease(lease) = &self.place { Some(lease) } else { None }
    }

    pub(super) fn reason(&self) -> Reason {
        let arrival = || Reason::of_arrival(self.first_state);
        let last = || self.ledger.last().map_or_else(arrival, |row| row.reason);
        self.lease().map_or_else(last, |_| Reason::Claimed)
    }

    pub(super) fn due_at(&self) -> Option<Timestamp> {
        if let Place::Queue { due_at } = self.place { Some(due_at) } else { None }
    }

    pub(super) fn row(&self, now: Timestamp) -> JobRow {
        let asked = &self.asked;
        let last = self.ledger.last();
        let started_at = self.lease().map(|lease| lease.started_at);
        JobRow {
            id: asked.id,
            tenant: asked.tenant.to_string(),
            queue: asked.queue.to_string(),
            kind: asked.kind.to_string(),
            name: asked.name.clone(),
            priority: asked.priority,
            state: self.state(now),
            reason: self.reason(),
            attempt: self.standing.attempt,
            max_attempts: asked.max_attempts,
            created_at: self.created_at,
            due_at: self.due_at(),
            started_at: started_at.or_else(|| last?.started_at),
            changed_at: started_at.or(last.map(|row| row.at)).unwrap_or(self.created_at),
            error: last.and_then(|row| row.error.clone()),
        }
    }

    pub(super) fn detail(&self, now: Timestamp) -> JobDetail {
        let asked = &self.asked;
        JobDetail {
            row: self.row(now),
            version: asked.version.clone(),
            payload: asked.payload.clone(),
            context: asked.context.clone(),
            labels: asked.labels.clone(),
            backoff: asked.backoff,
            timeout_ms: asked.timeout.and_then(|it| u64::try_from(it.as_millis()).ok()),
            unique_key: asked.unique.as_ref().map(|unique| unique.key.clone()),
            correlation_id: asked.correlation_id.clone(),
            completes_siblings: asked.completes_siblings,
            event_id: asked.event_id,
            parent_id: asked.parent_id,
            batch_id: asked.batch.map(|(batch, _)| batch),
            line: asked.batch.map(|(_, line)| line),
            last_attempt: self.standing.last_attempt,
            worker_id: self.lease().map(|lease| lease.worker),
            lease_until: self.lease().map(|lease| lease.until),
            progress: self.lease().and_then(|lease| lease.progress.clone()),
            result: self.result.clone(),
        }
    }

    /// All transitions, oldest first.
    pub(super) fn transitions(&self) -> Vec<Transition> {
        let mut all = vec![Transition {
            state_before: None,
            ..self.transition(1, 0, self.first_state, self.reason_of_arrival(), self.created_at)
        }];
        for row in &self.ledger {
            all.extend(
                row.started_at
                    .map(|at| self.claim(row.seq, row.attempt, row.before, at, row.worker)),
            );
            all.push(self.change(row));
        }
        if let Some(lease) = self.lease() {
            let standing = self.standing;
            let worker = Some(lease.worker);
            all.push(self.claim(
                standing.seq,
                standing.attempt,
                standing.from,
                lease.started_at,
                worker,
            ));
        }
        all
    }

    fn reason_of_arrival(&self) -> Reason {
        Reason::of_arrival(self.first_state)
    }

    fn claim(
        &self,
        seq: u32,
        attempt: u32,
        before: State,
        at: Timestamp,
        worker_id: Option<longshore_core::WorkerId>,
    ) -> Transition {
        let bare = self.transition(2 * seq, attempt, State::Running, Reason::Claimed, at);
        Transition { state_before: Some(before), worker_id, ..bare }
    }

    fn change(&self, row: &Row) -> Transition {
        let before = if row.started_at.is_some() { State::Running } else { row.before };
        Transition {
            state_before: Some(before),
            worker_id: row.worker,
            error: row.error.clone(),
            ..self.transition(2 * row.seq + 1, row.attempt, row.after, row.reason, row.at)
        }
    }

    fn transition(
        &self,
        ordinal: u32,
        attempt: u32,
        after: State,
        reason: Reason,
        at: Timestamp,
    ) -> Transition {
        let id = TransitionId { job: self.asked.id, ordinal };
        Transition {
            id,
            job_id: self.asked.id,
            event_id: self.asked.event_id,
            seq: id.seq(),
            attempt,
            state_before: None,
            state_after: after,
            reason,
            worker_id: None,
            error: None,
            at,
        }
    }
}

impl Row {
    /// What the attempt said, if it said anything.
    pub(super) fn spoken(&self) -> Option<AttemptLog> {
        let (log, started_at) = (self.log.clone()?, self.started_at?);
        Some(AttemptLog { attempt: self.attempt, started_at, at: self.at, log })
    }
}
