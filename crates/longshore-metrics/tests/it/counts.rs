//! What is counted of enqueues, claims and calls.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, KIND, LEASE, MemoryStore, job};
use longshore_core::{NewJob, Payload, Retention, Scope, Unique};
use longshore_metrics::metered;
use longshore_store::{Error, ErrorKind, Inspect, Renewed, RetryPolicy, Store, permit, retrying};
use tokio::sync::Semaphore;

use crate::board::Board;

pub(crate) fn measured(store: &MemoryStore) -> Arc<dyn Store> {
    metered(Arc::new(store.clone()), ["default"], [KIND])
}

/// S3-25
#[tokio::test]
async fn only_jobs_that_were_stored_count_and_duplicates_apart() {
    let board = Board::new();
    let store = measured(&MemoryStore::new());
    let key = Unique { key: "order-7".into(), scope: Scope::UntilTerminal };
    let taken = || NewJob { unique: Some(key.clone()), ..job() };
    let jobs = [job(), taken(), taken(), NewJob::of_kind("unheard_of")];
    store.enqueue(&jobs).await.unwrap();
    store.enqueue(&jobs[..1]).await.unwrap();
    let large =
        NewJob { payload: Payload::stored(format!("\"{}\"", "x".repeat(2 << 20))), ..job() };
    store.enqueue(&[job(), large]).await.unwrap_err();

    let labels = format!("{{queue=\"default\",kind=\"{KIND}\"}}");
    assert_eq!(board.value(&format!("jobs_enqueued_total{labels}")), Some(2.0));
    assert_eq!(board.value(&format!("jobs_duplicate_total{labels}")), Some(2.0));
    let other = "jobs_enqueued_total{queue=\"default\",kind=\"other\"}";
    assert_eq!(board.value(other), Some(1.0));
    assert_eq!(board.sum("jobs_enqueued_total"), 3.0);
    let refused = "store_errors_total{op=\"enqueue\",kind=\"invalid\"}";
    assert_eq!(board.value(refused), Some(1.0));
}

#[tokio::test]
async fn a_claim_tells_its_size_its_time_and_how_long_its_jobs_waited() {
    let board = Board::new();
    let model = MemoryStore::at("2026-11-22T12:00:00Z".parse().unwrap());
    let store = measured(&model);
    store.enqueue(&[job(), job()]).await.unwrap();
    model.advance(Duration::from_secs(7));
    let crew = Crew::of(store);
    assert_eq!((crew.take(10).await.len(), crew.take(10).await.len()), (2, 0));

    assert_eq!(board.value("claim_batch_size_sum"), Some(2.0));
    assert_eq!(board.value("claim_batch_size_count"), Some(2.0));
    assert_eq!(board.value("claim_seconds_count"), Some(2.0));
    let labels = format!("{{queue=\"default\",kind=\"{KIND}\"}}");
    assert_eq!(board.value(&format!("job_wait_seconds_sum{labels}")), Some(14.0));
    assert_eq!(board.value(&format!("job_wait_seconds_count{labels}")), Some(2.0));
}

#[tokio::test]
async fn every_call_is_timed_by_its_name_and_its_end() {
    let board = Board::new();
    let store = measured(&MemoryStore::new());
    store.lanes(&["default".into()]).await.unwrap();
    store.weeks(&Retention::default(), None).await.unwrap();
    store.close().await;
    store.depths().await.unwrap_err();
    let calls = |op: &str, end: &str| {
        board.value(&format!("store_op_seconds_count{{op=\"{op}\",outcome=\"{end}\"}}"))
    };
    assert_eq!(calls("lanes", "ok"), Some(1.0));
    assert_eq!(calls("weeks", "ok"), Some(1.0));
    assert_eq!((calls("depths", "ok"), calls("depths", "error")), (None, Some(1.0)));
}

/// S3-30: who reads depths for a scrape gets the error as it is, sees it counted, and goes on.
#[tokio::test]
async fn a_probe_that_fails_fails_as_without_measures() {
    let board = Board::new();
    let model = MemoryStore::new();
    let store = measured(&model);
    store.close().await;
    let (told, plain) = (store.depths().await.unwrap_err(), model.depths().await.unwrap_err());
    assert_eq!((told.kind(), told.to_string()), (plain.kind(), plain.to_string()));
    let failed = "store_errors_total{op=\"depths\",kind=\"unavailable\"}";
    assert_eq!(board.value(failed), Some(1.0));
}

#[tokio::test]
async fn leases_that_expired_and_renewals_that_were_refused_are_counted() {
    let board = Board::new();
    let model = MemoryStore::at("2026-11-22T12:00:00Z".parse().unwrap());
    let store = measured(&model);
    assert_eq!(board.value("leases_expired_total"), Some(0.0), "there before the first one");
    store.enqueue(&[job()]).await.unwrap();
    let crew = Crew::of(store.clone());
    let lost = crew.take_one().await;
    model.advance(2 * LEASE);
    store.rescue(10, 3, None).await.unwrap();
    assert_eq!(crew.renew(&lost, None).await, Renewed::Lost);
    assert_eq!(board.value("leases_expired_total"), Some(1.0));
    assert_eq!(board.value("leases_lost_total"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn what_is_busy_and_repeated_is_counted_by_its_engine() {
    let board = Board::new();
    let busy = || async { Err::<(), _>(Error::new(ErrorKind::Busy, "a deadlock")) };
    retrying("example", RetryPolicy::CONTENTION, busy).await.unwrap_err();
    let retries = f64::from(RetryPolicy::CONTENTION.retries);
    assert_eq!(board.value("store_retries_total{engine=\"example\"}"), Some(retries));
}

#[tokio::test]
async fn a_connection_that_is_waited_for_is_measured_and_no_other() {
    let board = Board::new();
    let waits = || board.value("connection_wait_seconds_count{engine=\"example\"}");
    let permits = Arc::new(Semaphore::new(1));
    let long = Duration::from_secs(60);
    let first = permit("example", &permits, long).await.unwrap();
    assert_eq!(waits(), None, "one was free");
    let (second, ()) = tokio::join!(permit("example", &permits, long), async { drop(first) });
    assert_eq!(waits(), Some(1.0));
    let vain = permit("example", &permits, Duration::from_millis(1)).await.unwrap_err();
    assert_eq!((vain.kind(), waits()), (ErrorKind::Busy, Some(2.0)));
    drop(second.unwrap());
    permits.close();
    let closed = permit("example", &permits, long).await.unwrap_err();
    assert_eq!((closed.kind(), waits()), (ErrorKind::Unavailable, Some(2.0)));
}
