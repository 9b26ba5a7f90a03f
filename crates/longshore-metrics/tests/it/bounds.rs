//! However many names jobs have, the series are as many as were registered.

use std::sync::Arc;

use longshore_conformance::{Crew, MemoryStore, finish, job};
use longshore_core::{NewJob, Outcome};
use longshore_metrics::metered;

use crate::board::Board;

#[tokio::test]
async fn ten_thousand_kinds_queues_and_tenants_make_one_series_each() {
    let board = Board::new();
    let store = metered(Arc::new(MemoryStore::new()), ["default"], ["known"]);
    let strange = |n: u32| NewJob {
        queue: format!("queue-{n}").as_str().into(),
        kind: format!("kind-{n}").as_str().into(),
        tenant: format!("tenant-{n}").as_str().into(),
        ..job()
    };
    let jobs: Vec<NewJob> = (0..10_000).map(strange).collect();
    let known = NewJob::of_kind("known");
    for slice in jobs.chunks(1000) {
        store.enqueue(slice).await.unwrap();
    }
    store.enqueue(std::slice::from_ref(&known)).await.unwrap();
    for job in jobs[..50].iter().chain([&known]) {
        let crew = Crew::who_handle(store.clone(), &[&*job.queue], &[&*job.kind]);
        let claimed = store.claim(&crew.claim(&[job.lane()], 1)).await.unwrap().remove(0);
        store.finish(&[finish(&claimed, Outcome::Completed)]).await.unwrap();
    }
    let series = |name| board.series(name);
    let other = "{queue=\"other\",kind=\"other\"}";
    let known = "{queue=\"default\",kind=\"known\"}";
    let mut enqueued = series("jobs_enqueued_total");
    enqueued.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(
        enqueued,
        [
            (format!("jobs_enqueued_total{known}"), 1.0),
            (format!("jobs_enqueued_total{other}"), 10_000.0),
        ]
    );
    assert_eq!(series("jobs_finished_total").len(), 2);
    assert_eq!(series("job_run_seconds_count").len(), 2);
    assert_eq!(series("job_wait_seconds_count").len(), 2);
    let strange = |line: &&(String, f64)| line.0.contains("tenant") || line.0.contains("kind-");
    assert_eq!(series("").iter().find(strange), None);
}

/// Whoever registers the word that means all others gets one series, and not two of a name.
#[tokio::test]
async fn names_that_are_registered_twice_are_one() {
    let board = Board::new();
    let queues = ["default", "other", "default"];
    let store = metered(Arc::new(MemoryStore::new()), queues, ["other"]);
    store.enqueue(&[NewJob::of_kind("other"), NewJob::of_kind("strange")]).await.unwrap();
    let both = "jobs_enqueued_total{queue=\"default\",kind=\"other\"}";
    assert_eq!(board.series("jobs_enqueued_total"), [(both.to_owned(), 2.0)]);
}
