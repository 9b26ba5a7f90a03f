//! The database's clock jumps by hours, forward and back: it decides what is due and whose lease has run out,
//! and no jump loses a job or completes one twice. (Clocks of workers decide nothing.)

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use longshore_conformance::{Crew, MemoryStore};
use longshore_core::{Due, JobId, NewJob, Outcome, State};
use longshore_store::{Claimed, Finished, Store};
use longshore_worker::{Clock, Ctx, Running, Worker};

use crate::harbour::{Crate, bring, bring_these, done, eventually, ledger, state, unload};

const HOUR: Duration = Duration::from_secs(3600);

/// Jobs that are due, jobs that are due an hour later, and one that a worker has in hand.
struct Quay {
    store: Arc<dyn Store>,
    other: Crew,
    in_hand: Claimed,
    due: Vec<JobId>,
    later: Vec<JobId>,
    /// How often each job was run by the worker of the test.
    runs: Arc<Mutex<BTreeMap<u32, u32>>>,
}

impl Quay {
    async fn at(model: &MemoryStore) -> Self {
        let store: Arc<dyn Store> = Arc::new(model.clone());
        let other = Crew::of(store.clone());
        bring(&store, 1).await;
        let in_hand = other.take_one().await;
        let due = bring_these(&store, &(1..20).map(unload).collect::<Vec<_>>()).await;
        let later = |n| NewJob { due: Due::In(HOUR), ..unload(n) };
        let later = bring_these(&store, &(20..30).map(later).collect::<Vec<_>>()).await;
        Self { store, other, in_hand, due, later, runs: Arc::default() }
    }

    async fn work_by(&self, clock: &Clock) -> Running {
        let runs = self.runs.clone();
        let unload = move |job: Crate, _: Ctx| {
            *runs.lock().unwrap().entry(job.n).or_default() += 1;
            async { done(()) }
        };
        Worker::new(self.store.clone()).handle(unload).clock(clock.clone()).start().await.unwrap()
    }

    async fn until_completed(&self, ids: &[JobId]) {
        for id in ids {
            let completed =
                async || (state(&self.store, *id).await == State::Completed).then_some(());
            eventually("the job is completed", completed).await;
        }
    }

    /// How often the ledger completes each job.
    async fn completions(&self) -> Vec<usize> {
        let mut completions = Vec::new();
        for id in [&[self.in_hand.id], &self.due[..], &self.later].concat() {
            let ledger = ledger(&self.store, id).await;
            let completed = ledger.iter().filter(|it| it.state_after == State::Completed);
            completions.push(completed.count());
        }
        completions
    }

    fn runs(&self) -> Vec<u32> {
        self.runs.lock().unwrap().values().copied().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_hours_ahead_loses_no_job_and_completes_none_twice() {
    let model = MemoryStore::in_tokio_time();
    let quay = Quay::at(&model).await;
    let clock = Clock::starting_at(model.now() + 6 * HOUR);
    let worker = quay.work_by(&clock).await;
    quay.until_completed(&quay.due).await;
    quay.until_completed(&quay.later).await;
    // By that clock the other worker is dead; it is not, and comes too late.
    let in_hand = quay.in_hand.id;
    let rescued = async || (state(&quay.store, in_hand).await == State::Retryable).then_some(());
    eventually("the job is taken back", rescued).await;
    clock.advance(HOUR);
    quay.until_completed(&[in_hand]).await;
    assert_eq!(quay.other.report(&quay.in_hand, Outcome::Completed).await, Finished::Stale);
    worker.stop().await.unwrap();
    assert_eq!(quay.completions().await, [1; 30]);
    assert_eq!(quay.runs(), [1; 30]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_hours_back_loses_no_job_and_runs_none_twice() {
    let model = MemoryStore::in_tokio_time();
    let quay = Quay::at(&model).await;
    let clock = Clock::starting_at(model.now() - 6 * HOUR);
    let worker = quay.work_by(&clock).await;
    tokio::time::sleep(HOUR).await;
    assert!(quay.runs().is_empty(), "nothing is due by that clock");

    // It catches up: what is in hand stays there, for its lease holds.
    clock.advance(6 * HOUR + Duration::from_secs(1));
    quay.until_completed(&quay.due).await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(quay.runs(), [1; 19]);
    assert_eq!(state(&quay.store, quay.in_hand.id).await, State::Running);
    assert_eq!(quay.other.report(&quay.in_hand, Outcome::Completed).await, Finished::Recorded);
    clock.advance(HOUR);
    quay.until_completed(&quay.later).await;
    worker.stop().await.unwrap();
    assert_eq!(quay.completions().await, [1; 30]);
    assert_eq!(quay.runs(), [1; 29]);
}
