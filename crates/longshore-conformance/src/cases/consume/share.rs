//! Many claimers at once: each attempt is handed out once, and nothing is left behind.

use std::collections::HashSet;

use longshore_core::{JobFilter, JobId, Outcome, State};
use longshore_store::Finished;

use crate::{Crew, Disposable, finish, job, witness::*};

/// S3-6, S2-9, I7
pub async fn sixteen_claimers_share_two_thousand_jobs(db: &dyn Disposable) {
    let stores = [db.store(), db.another().await];
    for _ in 0..4 {
        stores[0].enqueue(&(0..500).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    }
    let claimers = (0..16).map(|n| {
        let crew = Crew::of(stores[n % 2].clone());
        tokio::spawn(async move {
            let mut taken: Vec<JobId> = Vec::new();
            loop {
                let claimed = crew.take(25).await;
                if claimed.is_empty() {
                    return taken;
                }
                taken.extend(claimed.iter().map(|it| it.id));
            }
        })
    });
    let mut taken = Vec::new();
    for claimer in claimers.collect::<Vec<_>>() {
        taken.extend(claimer.await.unwrap());
    }
    assert_eq!(taken.len(), 2000);
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), 2000, "a job was handed out twice");
}

/// Claims, finishes and enqueues at once: every job is completed exactly once.
pub async fn producers_and_workers_at_once_lose_nothing(db: &dyn Disposable) {
    let stores = [db.store(), db.another().await];
    let producers = (0..4).map(|n| {
        let store = stores[n % 2].clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                store.enqueue(&(0..10).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
            }
        })
    });
    let producers: Vec<_> = producers.collect();
    let (produced, all_there) = tokio::sync::watch::channel(false);
    let workers = (0..4).map(|n| {
        let (store, crew) = (stores[n % 2].clone(), Crew::of(stores[n % 2].clone()));
        let all_there = all_there.clone();
        tokio::spawn(async move {
            let mut completed = 0;
            loop {
                let last_round = *all_there.borrow();
                let claimed = crew.take(7).await;
                if claimed.is_empty() && last_round {
                    return completed;
                }
                let reports: Vec<_> =
                    claimed.iter().map(|it| finish(it, Outcome::Completed)).collect();
                let outcomes = store.finish(&reports).await.unwrap();
                assert!(outcomes.iter().all(|it| *it == Finished::Recorded));
                completed += outcomes.len();
                tokio::task::yield_now().await;
            }
        })
    });
    let workers: Vec<_> = workers.collect();
    for producer in producers {
        producer.await.unwrap();
    }
    produced.send_replace(true);
    let mut completed = 0;
    for worker in workers {
        completed += worker.await.unwrap();
    }
    assert_eq!(completed, 400);
    let over = JobFilter { states_in: vec![State::Completed], ..JobFilter::default() };
    assert_eq!(all_jobs(&*stores[0], &over).await.len(), 400);
}
