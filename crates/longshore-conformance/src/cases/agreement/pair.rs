//! A storage and the model, to which the same things happen.

use std::{collections::BTreeSet, fmt::Debug, sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use longshore_core::{
    Backoff, Due, JobId, JobUpdate, Label, NewJob, Outcome, Payload, Priority, Reason, Retention,
    Scope, Timestamp, Unique, Week,
};
use longshore_store::{Claim, Claimed, Heartbeat, Rotated, Store};
use proptest::sample::Index;

use super::operation::{End, Kinds, Operation, Wish};
use crate::{Crew, KIND, MemoryStore, failed, failed_for_now, finish};

const HOUR: Duration = Duration::from_secs(3600);
const OTHER_KIND: &str = "load";
/// The label of the jobs that have one.
pub(super) const LABEL: &str = "size";

pub(super) struct Pair {
    pub(super) store: Arc<dyn Store>,
    pub(super) model: MemoryStore,
    pub(super) jobs: Vec<NewJob>,
    calls: Vec<Vec<NewJob>>,
    claimed: Vec<Claimed>,
    crew: Crew,
    /// A queue of its own: the database may hold the jobs of other histories.
    pub(super) queue: String,
    /// Every later due time of this history lies before it.
    later: Timestamp,
}

impl Pair {
    pub(super) fn of(store: Arc<dyn Store>) -> Self {
        let now = Utc::now();
        Self {
            crew: Crew::of(store.clone()),
            store,
            model: MemoryStore::at(now),
            jobs: Vec::new(),
            calls: Vec::new(),
            claimed: Vec::new(),
            queue: JobId::new().to_string(),
            later: now + TimeDelta::hours(100),
        }
    }

    /// Lets one operation happen to both; they must answer alike.
    pub(super) async fn run(&mut self, operation: &Operation) -> Result<(), String> {
        // The model's clock stands still within an operation: so does a transaction's.
        self.model.advance(Duration::from_millis(1));
        match operation {
            Operation::Enqueue(wishes) => {
                let jobs: Vec<_> = wishes.iter().map(|wish| self.job(wish)).collect();
                self.calls.push(jobs.clone());
                self.jobs.extend(jobs.iter().cloned());
                self.enqueue(&jobs).await
            }
            Operation::EnqueueAgain(which) => {
                let Some(jobs) = pick(&self.calls, *which).cloned() else { return Ok(()) };
                self.enqueue(&jobs).await
            }
            Operation::Claim { limit, kinds, later } => self.claim(*limit, *kinds, *later).await,
            Operation::Finish(ends) => self.finish(ends).await,
            Operation::Heartbeat(which) => self.heartbeat(which).await,
            Operation::Rescue { max_crashes } => self.rescue(*max_crashes).await,
            Operation::Cancel(which) => {
                let ids = self.ids(which);
                same(self.store.cancel(&ids).await, roles(&self.model).cancel(&ids).await)
            }
            Operation::Retry(which) => {
                let ids = self.ids(which);
                same(self.store.retry(&ids).await, roles(&self.model).retry(&ids).await)
            }
            Operation::Release(which) => {
                let ids = self.ids(which);
                same(self.store.release(&ids).await, roles(&self.model).release(&ids).await)
            }
            Operation::DeleteDead(which) => {
                let ids = self.ids(which);
                same(self.store.delete_dead(&ids).await, roles(&self.model).delete_dead(&ids).await)
            }
            Operation::Update { which, payload, label } => {
                let Some(job) = pick(&self.jobs, *which) else { return Ok(()) };
                let update = JobUpdate {
                    payload: payload.and_then(|number| Payload::of(&number).ok()),
                    labels: label.map(|it| (LABEL.to_owned(), it.map(value))).into_iter().collect(),
                };
                let model = roles(&self.model).update(job.id, &update).await;
                same(self.store.update(job.id, &update).await, model)
            }
            Operation::Holder(key) => {
                let key = self.key(*key);
                let held = self.store.holder("default", &key).await;
                same(held, roles(&self.model).holder("default", &key).await)
            }
            Operation::Rotate => self.rotate().await,
        }
    }

    async fn enqueue(&self, jobs: &[NewJob]) -> Result<(), String> {
        same(self.store.enqueue(jobs).await, roles(&self.model).enqueue(jobs).await)
    }

    async fn claim(&mut self, limit: u32, kinds: Kinds, later: bool) -> Result<(), String> {
        let urgent = NewJob { priority: Priority::HIGHEST, ..self.plain() };
        let kinds: &[&str] = match kinds {
            Kinds::First => &[KIND],
            Kinds::Second => &[OTHER_KIND],
            Kinds::Both => &[OTHER_KIND, KIND],
        };
        let claim = Claim {
            kinds: kinds.iter().map(|kind| Arc::from(*kind)).collect(),
            now: later.then_some(self.later),
            ..self.crew.claim(&[urgent.lane(), self.plain().lane()], limit)
        };
        let ours = self.store.claim(&claim).await.map_err(|error| format!("{error:?}"))?;
        let model = roles(&self.model).claim(&claim).await.map_err(|error| format!("{error:?}"))?;
        let facts = |it: &Claimed| {
            (it.id, it.kind.clone(), it.standing, it.max_attempts, it.payload.as_str().to_owned())
        };
        let facts = |all: &[Claimed]| all.iter().map(facts).collect::<Vec<_>>();
        self.claimed.extend(ours.iter().cloned());
        same(Ok(facts(&ours)), Ok(facts(&model)))
    }

    async fn finish(&self, ends: &[(Index, End)]) -> Result<(), String> {
        let report = |(which, end): &(Index, End)| {
            pick(&self.claimed, *which).map(|claimed| finish(claimed, outcome(*end)))
        };
        let reports: Vec<_> = ends.iter().filter_map(report).collect();
        same(self.store.finish(&reports).await, roles(&self.model).finish(&reports).await)
    }

    async fn heartbeat(&self, which: &[Index]) -> Result<(), String> {
        let leases = which.iter().filter_map(|it| pick(&self.claimed, *it));
        let heartbeat = Heartbeat {
            now: Some(self.later),
            ..self.crew.heartbeat(leases.map(|claimed| (claimed, None)).collect())
        };
        let model = roles(&self.model).heartbeat(&heartbeat).await;
        same(self.store.heartbeat(&heartbeat).await, model)
    }

    /// Long after every lease of this history, so the order in which they expired does not matter.
    async fn rescue(&self, max_crashes: u32) -> Result<(), String> {
        let now = Some(self.later + TimeDelta::hours(1));
        let mine = |mut rescued: Vec<longshore_store::Rescued>| {
            rescued.retain(|it| self.jobs.iter().any(|job| job.id == it.job));
            rescued.sort_by_key(|it| it.job);
            rescued
        };
        let model = roles(&self.model).rescue(10_000, max_crashes, now).await;
        same(self.store.rescue(10_000, max_crashes, now).await.map(mine), model.map(mine))
    }

    /// What is over goes, in weeks and in the catch-all. The numbers are those of all histories.
    async fn rotate(&self) -> Result<(), String> {
        let text = |error| format!("{error:?}");
        let (retention, now) = (Retention::default(), Some(self.later + TimeDelta::weeks(10)));
        let weeks: BTreeSet<_> =
            self.jobs.iter().filter_map(|job| job.id.time()).map(Week::of).collect();
        for store in [&*self.store, roles(&self.model)] {
            for week in &weeks {
                while store.rotate_week(*week, &retention, now).await.map_err(text)?
                    == Rotated::Busy
                {
                    tokio::task::yield_now().await;
                }
            }
            store.sweep(&retention, 100_000, now).await.map_err(text)?;
            store.prepare_weeks(1).await.map_err(text)?;
        }
        Ok(())
    }

    fn ids(&self, which: &[Index]) -> Vec<JobId> {
        let mut ids: Vec<_> =
            which.iter().filter_map(|it| pick(&self.jobs, *it)).map(|job| job.id).collect();
        // What a job named twice in one call is answered is nobody's business.
        ids.sort();
        ids.dedup();
        ids
    }

    fn key(&self, key: u8) -> String {
        format!("{} {key}", self.queue)
    }

    fn plain(&self) -> NewJob {
        NewJob { queue: self.queue.as_str().into(), ..NewJob::of_kind(KIND) }
    }

    fn job(&self, wish: &Wish) -> NewJob {
        let scope = if wish.forever { Scope::Forever } else { Scope::UntilTerminal };
        let delay = if wish.slow_backoff { HOUR } else { Duration::ZERO };
        let plain = self.plain();
        NewJob {
            kind: if wish.other_kind { OTHER_KIND.into() } else { KIND.into() },
            priority: if wish.urgent { Priority::HIGHEST } else { plain.priority },
            due: if wish.in_an_hour { Due::In(HOUR) } else { Due::Now },
            held: wish.held,
            max_attempts: wish.max_attempts,
            labels: wish
                .label
                .map(|number| (LABEL.to_owned(), value(number)))
                .into_iter()
                .collect(),
            backoff: Some(Backoff::Fixed { delay }),
            unique: wish.key.map(|key| Unique { key: self.key(key), scope }),
            correlation_id: wish.related.map(|(number, _)| self.key(number)),
            completes_siblings: wish.related.is_some_and(|(_, closes)| closes),
            ..plain
        }
    }
}

/// The model as what it stands in for; its own methods would hide some of the roles'.
pub(super) fn roles(model: &MemoryStore) -> &dyn Store {
    model
}

/// The values of the label: a string that looks like one of the integers, and those.
pub(super) fn value(number: u8) -> Label {
    if number == 0 { "1".into() } else { i64::from(number).into() }
}

fn outcome(end: End) -> Outcome {
    match end {
        End::Complete => Outcome::Completed,
        End::Fail => failed(),
        End::FailForNow => failed_for_now(),
        End::Discard => Outcome::Discarded(Reason::Declined),
        End::Snooze => Outcome::Snoozed(HOUR),
        End::Release => Outcome::Released,
        End::Cancel => Outcome::Cancelled,
    }
}

fn pick<T>(all: &[T], which: Index) -> Option<&T> {
    (!all.is_empty()).then(|| which.get(all))
}

/// Whether both answered alike, and neither failed.
pub(super) fn same<T: PartialEq + Debug>(
    store: longshore_store::Result<T>,
    model: longshore_store::Result<T>,
) -> Result<(), String> {
    match (store, model) {
        (Ok(store), Ok(model)) if store == model => Ok(()),
        (Ok(store), Ok(model)) => {
            Err(format!("the store says\n  {store:?}\nand the model\n  {model:?}"))
        }
        (store, model) => Err(format!("an error: store {store:?}, model {model:?}")),
    }
}
