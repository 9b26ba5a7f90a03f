//! The role of whoever does the work: claims, leases, reports.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_core::{Lane, State, Timestamp, WorkerId};
use longshore_store::{
    Claim, Claimed, Consume, Finish, Finished, Heartbeat, Hints, Lanes, Renewed, Result,
};

use crate::{Metered, ops::Op, tally::Tally};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Consume for Metered {
    async fn lanes(&self, queues: &[Arc<str>]) -> Result<Lanes> {
        self.timed(Op::Lanes, self.inner.lanes(queues)).await
    }

    fn hints(&self) -> Hints {
        self.inner.hints()
    }

    async fn hint(&self, lanes: &[Lane]) {
        self.inner.hint(lanes).await;
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Claimed>> {
        let (seconds, claimed) = self.clocked(Op::Claim, self.inner.claim(claim)).await;
        let claimed = claimed?;
        self.plain.claim_seconds.record(seconds);
        self.plain.claim_batch_size.record(claimed.len() as f64);
        let mut finder = self.places.finder();
        for job in &claimed {
            let waited = (job.claimed_at - job.due_at).to_std().unwrap_or_default();
            let place = finder.number(&job.lane.queue, &job.kind);
            self.places.at(place).waited().record(waited);
        }
        Ok(claimed)
    }

    async fn next_due(&self, lanes: &[Lane], kinds: &[Arc<str>]) -> Result<Option<Timestamp>> {
        self.timed(Op::NextDue, self.inner.next_due(lanes, kinds)).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Vec<Renewed>> {
        let renewed = self.timed(Op::Heartbeat, self.inner.heartbeat(heartbeat)).await?;
        let lost = renewed.iter().filter(|renewed| **renewed == Renewed::Lost).count();
        self.plain.leases_lost.increment(lost as u64);
        Ok(renewed)
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Finished>> {
        let finished = self.timed(Op::Finish, self.inner.finish(finishes)).await?;
        self.count_finished(finishes, &finished);
        Ok(finished)
    }

    async fn leave(&self, worker: WorkerId) -> Result<()> {
        self.timed(Op::Leave, self.inner.leave(worker)).await
    }
}

impl Metered {
    fn count_finished(&self, finishes: &[Finish], finished: &[Finished]) {
        let (mut stale, mut finder) = (0, self.places.finder());
        let noted = finishes.iter().zip(finished).filter_map(|(finish, finished)| {
            let Some(outcome) = outcome(finish, *finished) else {
                stale += 1;
                return None;
            };
            let number = finder.number(&finish.lane.queue, &finish.kind);
            // Zero: the handler never started.
            if !finish.ran.is_zero() {
                self.places.at(number).ran().record(finish.ran);
            }
            Some((number, outcome))
        });
        Tally::of(noted).each(|(place, outcome), attempts| self.closed(place, outcome, attempts));
        self.plain.stale_finishes.increment(stale);
    }

    /// So many attempts of jobs of this place came to this state.
    pub(crate) fn closed(&self, place: usize, outcome: State, attempts: u64) {
        let place = self.places.at(place);
        place.closed(outcome, attempts);
        if outcome.is_terminal() {
            place.finished(outcome, attempts);
        }
    }
}

/// The state that an attempt came to; none if the report was too late and nobody knows.
fn outcome(finish: &Finish, finished: Finished) -> Option<State> {
    match finished {
        Finished::Recorded => Some(finish.step.standing.state),
        Finished::Cancelled => Some(State::Cancelled),
        // The handler completed the job itself, and this report is stale because that was committed.
        Finished::Stale if finish.unless_committed => Some(State::Completed),
        Finished::Stale => None,
    }
}
