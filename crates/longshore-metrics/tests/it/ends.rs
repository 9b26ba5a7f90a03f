//! How attempts and jobs end, and that each end counts once.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, KIND, LEASE, MemoryStore, failed, finish, job};
use longshore_core::{NewJob, Outcome, Reason};
use longshore_metrics::metered;
use longshore_store::{Cancelled, Finished};

use crate::{board::Board, counts::measured};

const STILL: &str = "2026-11-22T12:00:00Z";

/// What stands behind a name, for the kind of the crew.
fn of(board: &Board, name: &str, outcome: &str) -> Option<f64> {
    board.value(&format!("{name}{{queue=\"default\",kind=\"{KIND}\",outcome=\"{outcome}\"}}"))
}

/// S3-26
#[tokio::test]
async fn every_way_to_end_counts_after_it_was_written() {
    let board = Board::new();
    let store = measured(&MemoryStore::new());
    let crew = Crew::of(store.clone());
    let once = NewJob { max_attempts: 1, ..job() };
    crew.live_through(&job(), Outcome::Completed).await;
    crew.live_through(&job(), Outcome::Completed).await;
    crew.live_through(&job(), Outcome::Cancelled).await;
    crew.live_through(&once, failed()).await;
    crew.live_through(&job(), failed()).await;
    crew.live_through(&job(), Outcome::Snoozed(Duration::from_secs(3600))).await;

    let finished = |outcome| of(&board, "jobs_finished_total", outcome);
    let attempts = |outcome| of(&board, "attempts_total", outcome);
    for (outcome, jobs) in [("completed", 2.0), ("cancelled", 1.0), ("discarded", 1.0)] {
        assert_eq!((finished(outcome), attempts(outcome)), (Some(jobs), Some(jobs)), "{outcome}");
    }
    for outcome in ["retryable", "scheduled"] {
        assert_eq!((finished(outcome), attempts(outcome)), (None, Some(1.0)), "{outcome}");
    }
    let labels = format!("{{queue=\"default\",kind=\"{KIND}\"}}");
    assert_eq!(board.value(&format!("job_run_seconds_count{labels}")), Some(6.0));

    store.enqueue(&[job()]).await.unwrap();
    let claimed = crew.take_one().await;
    store.close().await;
    store.finish(&[finish(&claimed, Outcome::Completed)]).await.unwrap_err();
    assert_eq!((finished("completed"), attempts("completed")), (Some(2.0), Some(2.0)));
}

/// S3-26
#[tokio::test]
async fn a_job_that_an_operator_cancels_is_counted_once() {
    let board = Board::new();
    let store = measured(&MemoryStore::new());
    let jobs = [job(), job()];
    store.enqueue(&jobs).await.unwrap();
    let running = Crew::of(store.clone()).take_one().await;
    let ids = jobs.map(|job| job.id);
    for _ in 0..2 {
        store.cancel(&ids).await.unwrap();
    }
    assert_eq!(board.sum("jobs_finished_total"), 1.0, "the other one still runs");
    let cancelled = finish(&running, failed());
    assert_eq!(store.finish(&[cancelled]).await.unwrap(), [Finished::Cancelled]);
    assert_eq!(of(&board, "jobs_finished_total", "cancelled"), Some(1.0), "its place is known");
    let other = "jobs_finished_total{queue=\"other\",kind=\"other\",outcome=\"cancelled\"}";
    assert_eq!(board.value(other), Some(1.0));
    assert_eq!(store.cancel(&ids).await.unwrap().len(), 2);
    assert_eq!(board.sum("jobs_finished_total"), 2.0);
    assert_ne!(store.cancel(&ids).await.unwrap()[0], Cancelled::Done);
}

/// S3-26
#[tokio::test]
async fn a_rescue_that_ends_a_job_counts_where_it_stood() {
    let board = Board::new();
    let model = MemoryStore::at(STILL.parse().unwrap());
    let store = measured(&model);
    store.enqueue(&[NewJob { max_attempts: 1, ..job() }, job()]).await.unwrap();
    assert_eq!(Crew::of(store.clone()).take(10).await.len(), 2);
    model.advance(2 * LEASE);
    store.rescue(10, 3, None).await.unwrap();
    assert_eq!(of(&board, "jobs_finished_total", "discarded"), Some(1.0));
    assert_eq!(board.sum("jobs_finished_total"), 1.0);
    assert_eq!(of(&board, "attempts_total", "retryable"), Some(1.0));
}

/// S3-27
#[tokio::test]
async fn a_second_report_of_an_attempt_is_stale_and_nothing_else() {
    let board = Board::new();
    let store = measured(&MemoryStore::new());
    let crew = Crew::of(store.clone());
    store.enqueue(&[job()]).await.unwrap();
    let first = crew.take_one().await;
    let again = Outcome::Failed { reason: Reason::RetryScheduled, retry_in: Some(Duration::ZERO) };
    assert_eq!(crew.report(&first, again).await, Finished::Recorded);
    assert_eq!(crew.report(&first, Outcome::Completed).await, Finished::Stale);
    let second = crew.take_one().await;
    let twice = finish(&second, Outcome::Completed);
    let answers = store.finish(&[twice.clone(), twice]).await.unwrap();
    assert_eq!(answers, [Finished::Recorded, Finished::Stale]);

    assert_eq!(board.sum("jobs_finished_total"), 1.0);
    assert_eq!(board.sum("attempts_total"), 2.0);
    assert_eq!(board.value("stale_finishes_total"), Some(2.0));
    let labels = format!("{{queue=\"default\",kind=\"{KIND}\"}}");
    assert_eq!(board.value(&format!("job_run_seconds_count{labels}")), Some(2.0));
}

/// S3-28: what a report is measured by travels with it, however long it took and whatever came between.
#[tokio::test]
async fn a_report_of_a_job_that_ran_for_days_is_measured_as_any_other() {
    let board = Board::new();
    let model = MemoryStore::at(STILL.parse().unwrap());
    let store = measured(&model);
    let crew = Crew::of(store.clone());
    store.enqueue(&[job()]).await.unwrap();
    let claimed = crew.take_one().await;
    for _ in 0..1000 {
        model.advance(LEASE / 2);
        crew.renew(&claimed, None).await;
    }
    let days = Duration::from_secs(7 * 24 * 3600);
    let mut report = finish(&claimed, Outcome::Completed);
    report.ran = days;
    assert_eq!(store.finish(&[report]).await.unwrap(), [Finished::Recorded]);
    assert_eq!(of(&board, "jobs_finished_total", "completed"), Some(1.0));
    assert_eq!(board.sum("job_run_seconds_sum"), days.as_secs_f64());
}

/// S3-29
#[tokio::test]
async fn a_report_of_a_job_that_another_process_claimed_costs_no_further_call() {
    let board = Board::new();
    let model = MemoryStore::new();
    model_enqueue(&model).await;
    let claimed = Crew::of(Arc::new(model.clone())).take_one().await;
    // What the outer one asks of the inner one is counted by the inner one, beside the outer one's call.
    let store = metered(measured(&model), ["default"], [KIND]);
    store.finish(&[finish(&claimed, Outcome::Completed)]).await.unwrap();
    store.cancel(&[claimed.id]).await.unwrap();
    assert_eq!(board.value("store_op_seconds_count{op=\"finish\",outcome=\"ok\"}"), Some(2.0));
    assert_eq!(board.value("store_op_seconds_count{op=\"cancel\",outcome=\"ok\"}"), Some(2.0));
    assert_eq!(board.sum("store_op_seconds_count"), 4.0);
    assert_eq!(of(&board, "jobs_finished_total", "completed"), Some(2.0), "each counts it");
}

async fn model_enqueue(model: &MemoryStore) {
    longshore_store::Produce::enqueue(model, &[job()]).await.unwrap();
}

/// The worker tells whether its handler has completed the job in a transaction of its own.
#[tokio::test]
async fn a_completion_inside_a_transaction_is_no_stale_report() {
    let board = Board::new();
    let model = MemoryStore::new();
    let store = measured(&model);
    let crew = Crew::of(store.clone());
    store.enqueue(&[job()]).await.unwrap();
    let claimed = crew.take_one().await;
    let inside = finish(&claimed, Outcome::Completed);
    longshore_store::Consume::finish(&model, &[inside]).await.unwrap();
    let mut report = finish(&claimed, failed());
    report.unless_committed = true;
    assert_eq!(store.finish(&[report]).await.unwrap(), [Finished::Stale]);
    assert_eq!(of(&board, "jobs_finished_total", "completed"), Some(1.0));
    assert_eq!(board.sum("attempts_total"), 1.0);
    assert_eq!(board.value("stale_finishes_total"), Some(0.0));
}
