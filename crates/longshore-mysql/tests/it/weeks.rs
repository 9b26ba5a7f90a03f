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

async fn rows_in(fresh: &Fresh, partition: &str) -> i64 {
    fresh.number(&format!("SELECT COUNT(*) FROM longshore_jobs PARTITION (`{partition}`)")).await
}

pub(crate) async fn a_new_schema_has_five_weeks_ahead(fresh: &Fresh) {
    for table in ["jobs", "labels", "attempts", "results"] {
        let weeks = format!(
            "SELECT COUNT(*) FROM information_schema.partitions WHERE table_schema = DATABASE() \
             AND table_name = 'longshore_{table}' AND partition_name <> 'catch_all'"
        );
        assert_eq!(fresh.number(&weeks).await, 7, "{table}: the last one, this one and five more");
    }
    assert!(fresh.store.prepare_weeks(4).await.unwrap().is_empty());
}

pub(crate) async fn jobs_of_this_week_have_a_partition_and_later_ones_the_catch_all(fresh: &Fresh) {
    let today = id_of(now());
    let far = id_of(now() + chrono::Duration::weeks(5 * 52));
    let past = id_of(now() - chrono::Duration::weeks(5 * 52));
    let jobs =
        [today, far, past].map(|id| NewJob { id, ..NewJob::of_kind(longshore_conformance::KIND) });
    fresh.store.enqueue(&jobs).await.unwrap();
    assert_eq!(rows_in(fresh, &Week::of(now()).to_string()).await, 1);
    assert_eq!(rows_in(fresh, "catch_all").await, 1);
    assert_eq!(rows_in(fresh, &Week::of(now()).plus(-1).to_string()).await, 1, "the first one");
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
    assert_eq!(rows_in(fresh, "catch_all").await, 1);
    let made = fresh.store.prepare_weeks(20).await.unwrap();
    assert_eq!(made.last(), Some(&Week::of(time).to_string()));
    assert_eq!(rows_in(fresh, "catch_all").await, 0);
    assert_eq!(rows_in(fresh, &Week::of(time).to_string()).await, 1);
    assert!(fresh.store.jobs(&[id]).await.unwrap()[0].is_some());
    assert!(fresh.store.prepare_weeks(20).await.unwrap().is_empty());
}

pub(crate) async fn two_nodes_prepare_weeks_at_once(fresh: &Fresh) {
    let other = fresh.other().await;
    let (one, two) = tokio::join!(fresh.store.prepare_weeks(15), other.prepare_weeks(15));
    let mut made = [one.unwrap(), two.unwrap()].concat();
    made.sort();
    let before = made.len();
    made.dedup();
    assert_eq!(
        (made.len(), before),
        (10, 10),
        "each week once: five were there from the migration"
    );
}

/// Whoever enqueues while weeks are made only waits.
pub(crate) async fn jobs_come_in_while_weeks_are_made(fresh: &Fresh) {
    let other = fresh.other().await;
    let making = tokio::spawn(async move {
        for ahead in 6..16 {
            other.prepare_weeks(ahead).await.unwrap();
        }
    });
    let crew = Crew::of(std::sync::Arc::new(fresh.store.clone()));
    let (mut stored, mut taken) = (0, 0);
    while !making.is_finished() {
        let jobs: Vec<NewJob> =
            (0..20).map(|_| NewJob::of_kind(longshore_conformance::KIND)).collect();
        stored += fresh.store.enqueue(&jobs).await.unwrap().len();
        taken += crew.take(20).await.len();
    }
    making.await.unwrap();
    assert_eq!(stored, taken);
}
