//! Sets of unusual shape: very large ones, and claims that name a lane twice.

use longshore_conformance::{Crew, Disposable, default_lane, finish, job, lane};
use longshore_core::{NewJob, Outcome, Payload, Priority};
use longshore_store::{Consume, Enqueued, Finished, Inspect, Produce};

use crate::file::File;

#[tokio::test]
async fn sets_of_more_bytes_than_one_parameter_carries_are_still_one_call() {
    let file = File::new().await;
    let large = || Payload::stored(format!("\"{}\"", "x".repeat((1 << 20) - 2)));
    let mut jobs: Vec<_> = (0..20).map(|_| NewJob { payload: large(), ..job() }).collect();
    jobs.push(jobs[0].clone());
    let enqueued = file.store.enqueue(&jobs).await.unwrap();
    let stored = |job: &NewJob| Enqueued::Created(job.id);
    assert!(jobs[..20].iter().map(stored).eq(enqueued[..20].iter().copied()));
    assert_eq!(enqueued[20], Enqueued::Duplicate(jobs[0].id));

    let claimed = Crew::of(file.store()).take(100).await;
    let report = |job| finish(job, Outcome::Completed);
    let mut finishes: Vec<_> = claimed.iter().map(report).collect();
    finishes.iter_mut().for_each(|finish| finish.result = Some(large()));
    finishes.push(finishes[0].clone());
    let finished = file.store.finish(&finishes).await.unwrap();
    assert_eq!(finished[..20], [Finished::Recorded; 20]);
    assert_eq!(finished[20], Finished::Stale);
    let settled = file.store.settled(&[jobs[19].id]).await.unwrap();
    assert_eq!(settled[0].as_ref().unwrap().result, Some(large()));
}

#[tokio::test]
async fn a_lane_that_a_claim_names_twice_is_served_twice() {
    let file = File::new().await;
    let urgent = NewJob { priority: Priority::HIGHEST, ..job() };
    let jobs = [job(), job(), urgent];
    file.store.enqueue(&jobs).await.unwrap();
    let lanes = [default_lane(), lane("default", "default", Priority::HIGHEST), default_lane()];
    let mut claim = Crew::of(file.store()).claim(&lanes, 10);
    claim.cursors.iter_mut().for_each(|cursor| cursor.quota = 1);
    let claimed = file.store.claim(&claim).await.unwrap();
    let ids: Vec<_> = claimed.iter().map(|job| job.id).collect();
    assert_eq!(ids, [jobs[0].id, jobs[2].id, jobs[1].id]);
}
