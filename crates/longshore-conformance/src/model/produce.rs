//! The model as [`Produce`].

use async_trait::async_trait;
use longshore_core::{Due, NewJob, Scope, Standing, State, Timestamp};
use longshore_store::{Enqueued, Hint, Produce, Result};

use super::{
    MemoryStore,
    clock::{later, micros},
    ground::{Entry, Ground, Key, Place},
};

#[async_trait]
impl Produce for MemoryStore {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        for job in jobs {
            self.limits.check(job)?;
        }
        let mut ground = self.open()?;
        let now = ground.clock.now();
        let outcomes: Vec<_> = jobs.iter().map(|job| ground.store(job, now)).collect();
        for (job, outcome) in jobs.iter().zip(&outcomes) {
            if !outcome.is_duplicate() && job.first_state(now) == State::Available {
                self.hints.post(Hint::Lane(job.lane()));
            }
        }
        Ok(outcomes)
    }
}

impl Ground {
    fn store(&mut self, job: &NewJob, now: Timestamp) -> Enqueued {
        if self.jobs.contains_key(&job.id) {
            return Enqueued::Duplicate(job.id);
        }
        if let Some(unique) = &job.unique {
            if let Some(owner) = self.owner(&job.tenant, &unique.key, now) {
                return Enqueued::Duplicate(owner);
            }
            self.take_key(job, now);
        }
        let run_at = match job.due {
            Due::Now => now,
            Due::In(delay) => later(now, delay),
            Due::At(at) => micros(at),
        };
        let first_state = job.first_state(now);
        let entry = Entry {
            asked: job.clone(),
            created_at: now,
            run_at,
            first_state,
            standing: Standing::new(first_state, job.max_attempts),
            place: Place::Held,
            ledger: Vec::new(),
            result: None,
        };
        self.jobs.insert(job.id, entry);
        self.lanes.entry(job.lane()).or_default();
        if first_state != State::Held {
            self.join_line(job.id, run_at);
        }
        Enqueued::Created(job.id)
    }

    /// Takes the unique key of a job, if it has one.
    pub(super) fn take_key(&mut self, job: &NewJob, now: Timestamp) {
        let Some(unique) = &job.unique else { return };
        let expires_at = match unique.scope {
            Scope::For(window) => Some(later(now, window)),
            Scope::UntilTerminal | Scope::Forever => None,
        };
        let taken = Key { job: job.id, expires_at };
        self.keys.insert((job.tenant.clone(), unique.key.clone()), taken);
    }
}
