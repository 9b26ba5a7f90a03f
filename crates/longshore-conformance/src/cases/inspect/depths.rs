//! How much stands in the queues, by the last sample.

use std::time::Duration;

use longshore_core::State;

use crate::{Disposable, witness::*};

const NOW: Duration = Duration::ZERO;
const HOUR: Duration = Duration::from_secs(3600);

/// S3-23
pub async fn depths_tell_every_kind_of_waiting_apart(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    assert!(store.sample(NOW).await.unwrap());
    let depths = store.depths().await.unwrap();
    assert!(depths.is_sorted_by_key(|it| it.queue.clone()));
    let (_, available) = jobs[State::Available as usize];
    let due_at = detail(&*store, available).await.row.due_at;
    for (state, _) in jobs {
        let depth = depths.iter().find(|it| it.queue == state.as_str());
        let counts = depth
            .map_or([0; 5], |it| [it.scheduled, it.available, it.running, it.retryable, it.dead]);
        let places = [
            State::Scheduled,
            State::Available,
            State::Running,
            State::Retryable,
            State::Discarded,
        ];
        assert_eq!(counts, places.map(|place| u64::from(place == state)), "{state}");
        let oldest = depth.and_then(|it| it.oldest_due_at);
        assert_eq!(oldest, due_at.filter(|_| state == State::Available), "{state}");
    }
}

/// One sampler for all processes; everybody else reads what it wrote.
pub async fn a_fresh_sample_is_not_taken_again(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    enqueue(&*store, &crate::job()).await;
    assert!(store.sample(HOUR).await.unwrap(), "nobody has counted yet");
    let depths = store.depths().await.unwrap();
    enqueue(&*store, &crate::job()).await;
    assert!(!store.sample(HOUR).await.unwrap());
    assert!(!other.sample(HOUR).await.unwrap());
    assert_eq!(other.depths().await.unwrap(), depths);
    assert!(other.sample(NOW).await.unwrap());
    let after = store.depths().await.unwrap();
    assert_eq!((depths[0].available, after[0].available), (1, 2));
    assert!(after[0].sampled_at > depths[0].sampled_at);
}

/// A queue that has drained is counted as empty, not left at its last number.
pub async fn a_drained_queue_is_counted_as_empty(db: &dyn Disposable) {
    let store = db.store();
    let id = enqueue(&*store, &crate::job()).await;
    store.sample(NOW).await.unwrap();
    store.cancel(&[id]).await.unwrap();
    store.sample(NOW).await.unwrap();
    let depths = store.depths().await.unwrap();
    assert!(depths.iter().all(|it| it.available == 0 && it.oldest_due_at.is_none()));
}

pub async fn queues_are_listed_by_name_with_their_depth(db: &dyn Disposable) {
    let store = db.store();
    assert_eq!(store.queues().await.unwrap(), []);
    for queue in ["mail", "Quay", "bulk"] {
        let job = longshore_core::NewJob { queue: queue.into(), ..crate::job() };
        enqueue(&*store, &job).await;
    }
    store.pause("never used").await.unwrap();
    store.sample(NOW).await.unwrap();
    let queues = store.queues().await.unwrap();
    let names: Vec<_> = queues.iter().map(|it| it.queue.as_str()).collect();
    assert_eq!(names, ["Quay", "bulk", "mail", "never used"]);
    assert_eq!(queues[2].depth.as_ref().unwrap().available, 1);
    assert!(queues[3].paused_since.is_some() && queues[2].paused_since.is_none());
}
