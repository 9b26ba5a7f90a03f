//! In which order jobs are handed out.

use std::time::Duration;

use chrono::TimeDelta;
use longshore_core::{Due, NewJob, Outcome, Priority, Timestamp};
use longshore_store::{Claim, CursorAt, Floor};

use super::claim::ids;
use crate::{Crew, Disposable, job, witness::*};

/// S3-4: lanes in the order of the cursors; the caller puts the highest priority first.
pub async fn cursors_are_served_in_their_order(db: &dyn Disposable) {
    let store = db.store();
    let of = |number| NewJob { priority: Priority::new(number).unwrap(), ..job() };
    let jobs = [of(1), of(10), of(5), of(10), of(1), of(5)];
    store.enqueue(&jobs).await.unwrap();
    let lanes = [jobs[1].lane(), jobs[2].lane(), jobs[0].lane()];
    let taken = ids(&*store, &Crew::of(store.clone()).claim(&lanes, 5)).await;
    assert_eq!(taken, [1, 3, 2, 5, 0].map(|place: usize| jobs[place].id));
}

/// S2-6, G6: due time first, then id; not the order in which they were stored.
pub async fn a_lane_is_served_by_due_time_then_id(db: &dyn Disposable) {
    let store = db.store();
    let at = |second: i64| Due::At(Timestamp::from_timestamp(1_000_000 + second, 0).unwrap());
    let of = |second| NewJob { due: at(second), ..job() };
    let jobs = [of(9), of(3), of(3), of(1), of(9), of(3)];
    let shuffled = [4, 1, 5, 0, 3, 2].map(|place: usize| jobs[place].clone());
    store.enqueue(&shuffled[..3]).await.unwrap();
    store.enqueue(&shuffled[3..]).await.unwrap();
    let crew = Crew::of(store.clone());
    let mut taken = Vec::new();
    for limit in [1, 2, 3] {
        taken.extend(crew.take(limit).await.iter().map(|it| it.id));
    }
    assert_eq!(taken, [3, 1, 2, 5, 0, 4].map(|place: usize| jobs[place].id));
}

/// I8: what is not due is passed over, however many wait before it.
pub async fn what_is_not_due_is_passed_over(db: &dyn Disposable) {
    let store = db.store();
    let later = |_| NewJob { due: Due::In(Duration::from_secs(60)), ..job() };
    store.enqueue(&(0..200).map(later).collect::<Vec<_>>()).await.unwrap();
    let due = job();
    enqueue(&*store, &due).await;
    let taken = Crew::of(store.clone()).take(100).await;
    assert_eq!(taken.iter().map(|it| it.id).collect::<Vec<_>>(), [due.id]);
}

/// A floor starts behind a row; without it the claim finds what the floor passed over.
pub async fn a_claim_without_floors_finds_what_floors_passed_over(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs = [job(), job(), job(), job()];
    store.enqueue(&jobs).await.unwrap();
    let first = crew.take_one().await;
    assert_eq!(first.id, jobs[0].id);

    let floor = Some(Floor { due_at: first.due_at, id: jobs[1].id });
    let cursors = vec![CursorAt { lane: job().lane(), floor, quota: 1 }];
    let claim = Claim { cursors, ..crew.claim(&[], 10) };
    let behind = ids(&*store, &claim).await;
    // An engine may ignore floors: they only save visits.
    assert!(behind == [jobs[2].id] || behind == [jobs[1].id], "{behind:?}");

    let mut rest: Vec<_> = crew.take(10).await.iter().map(|it| it.id).chain(behind).collect();
    rest.sort();
    assert_eq!(rest, [jobs[1].id, jobs[2].id, jobs[3].id]);
}

/// A floor never hides work that is behind it.
pub async fn a_floor_hides_nothing_behind_it(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs: Vec<_> = (0..50).map(|_| job()).collect();
    store.enqueue(&jobs).await.unwrap();
    let (mut floor, mut taken) = (None, Vec::new());
    loop {
        let cursors = vec![CursorAt { lane: job().lane(), floor, quota: 7 }];
        let claimed = store.claim(&Claim { cursors, ..crew.claim(&[], 7) }).await.unwrap();
        let Some(last) = claimed.last() else { break };
        floor = Some(Floor { due_at: last.due_at, id: last.id });
        taken.extend(claimed.iter().map(|it| it.id));
    }
    assert_eq!(taken, jobs.iter().map(|job| job.id).collect::<Vec<_>>());
}

/// A job that comes back stands where its new due time puts it.
pub async fn a_job_that_comes_back_queues_up_again(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs = [job(), job()];
    store.enqueue(&jobs).await.unwrap();
    let first = crew.take_one().await;
    crew.report(&first, Outcome::Released).await;
    let again: Vec<_> = crew.take(10).await.iter().map(|it| (it.id, it.standing.attempt)).collect();
    assert_eq!(again, [(jobs[1].id, 1), (jobs[0].id, 2)]);
}

/// The moment counts to the microsecond.
pub async fn a_claim_goes_by_the_time_it_is_told(db: &dyn Disposable) {
    let store = db.store();
    let at: Timestamp = "2100-01-01T00:00:00.000001Z".parse().unwrap();
    enqueue(&*store, &NewJob { due: Due::At(at), ..job() }).await;
    let crew = Crew::of(store);
    assert!(crew.take_at(1, at - TimeDelta::microseconds(1)).await.is_empty());
    let claimed = crew.take_at(1, at).await.remove(0);
    assert_eq!(claimed.claimed_at, at);
}
