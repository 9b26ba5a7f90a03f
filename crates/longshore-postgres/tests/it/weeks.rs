//! Weekly partitions and the catch-all beyond them.

use longshore_conformance::Crew;
use longshore_core::{JobId, NewJob, Timestamp, Week};
use longshore_store::{Inspect, Maintain, Produce};
use uuid::Uuid;

use crate::server::Fresh;

fn id_of(time: Timestamp) -> JobId {
    let millis = u128::try_from(time.timestamp_millis()).unwrap();
    JobId(Uuid::from_u128((millis << 80) | (JobId::new().0.as_u128() & ((1 << 80) - 1))))
}

fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

pub(crate) async fn jobs_of_this_week_have_a_partition_and_others_the_catch_all(fresh: &Fresh) {
    let today = id_of(now());
    let far = id_of(now() + chrono::Duration::weeks(5 * 52));
    let past = id_of(now() - chrono::Duration::weeks(5 * 52));
    let jobs =
        [today, far, past].map(|id| NewJob { id, ..NewJob::of_kind(longshore_conformance::KIND) });
    fresh.store.enqueue(&jobs).await.unwrap();
    let here = format!("SELECT count(*) FROM longshore.jobs_{}", Week::of(now()));
    assert_eq!(fresh.number(&here).await, 1);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs_default").await, 2);
    let found = fresh.store.jobs(&[today, far, past]).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    let crew = Crew::of(std::sync::Arc::new(fresh.store.clone()));
    assert_eq!(crew.take(10).await.len(), 3);
}

pub(crate) async fn rows_move_out_of_the_catch_all_when_their_week_is_made(fresh: &Fresh) {
    let ahead = 20;
    let time = now() + chrono::Duration::weeks(ahead);
    let id = id_of(time);
    fresh.store.enqueue(&[NewJob { id, ..NewJob::of_kind("unload") }]).await.unwrap();
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs_default").await, 1);
    let made = fresh.store.prepare_weeks(20).await.unwrap();
    assert_eq!(made.last(), Some(&Week::of(time).to_string()));
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs_default").await, 0);
    assert_eq!(
        fresh.number(&format!("SELECT count(*) FROM longshore.jobs_{}", Week::of(time))).await,
        1
    );
    assert!(fresh.store.jobs(&[id]).await.unwrap()[0].is_some());
    assert!(fresh.store.prepare_weeks(20).await.unwrap().is_empty());
}

/// S3-39
pub(crate) async fn two_nodes_prepare_weeks_at_once(fresh: &Fresh) {
    let other = fresh.other().await;
    let (one, two) = tokio::join!(fresh.store.prepare_weeks(15), other.prepare_weeks(15));
    let mut made = [one.unwrap(), two.unwrap()].concat();
    made.sort();
    let before = made.len();
    made.dedup();
    assert_eq!((made.len(), before), (10, 10), "each week once: six were there from the migration");
}
