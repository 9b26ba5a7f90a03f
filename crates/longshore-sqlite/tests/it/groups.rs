//! Group commit: callers share a transaction, not each other's faults.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, Disposable, finish, job};
use longshore_core::{NewJob, Outcome, State};
use longshore_sqlite::{SqliteOptions, SqliteStore};
use longshore_store::{Consume, ErrorKind, Finished, Inspect, Produce};

use crate::file::File;

#[tokio::test]
async fn an_operation_that_fails_harms_none_that_waits_with_it() {
    let file = File::new().await;
    let store = &file.store;
    store.enqueue(&[job(), job()]).await.unwrap();
    let claimed = Crew::of(file.store()).take(2).await;
    // A row stands where the close of the first job must write its own: a fault that only SQLite sees.
    let spoil = "INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, at) \
                 VALUES (?1, 1, 0, 2, 2, 0, 0)";
    let spoiling = sqlx::query(spoil).bind(claimed[0].id.0);
    spoiling.execute(&mut file.connection().await).await.unwrap();

    let (spoilt, sound) =
        (finish(&claimed[0], Outcome::Completed), finish(&claimed[1], Outcome::Completed));
    let (spoilt, sound) = ([spoilt], [sound]);
    let new = job();
    let (failed, finished, enqueued) = tokio::join!(
        store.finish(&spoilt),
        store.finish(&sound),
        store.enqueue(std::slice::from_ref(&new))
    );

    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(finished.unwrap(), [Finished::Recorded]);
    assert_eq!(enqueued.unwrap()[0].id(), new.id);
    let states = store.settled(&[claimed[0].id, claimed[1].id, new.id]).await.unwrap();
    let states: Vec<_> = states.into_iter().flatten().map(|job| job.state).collect();
    assert_eq!(states, [State::Running, State::Completed, State::Available]);
}

#[tokio::test]
async fn fifty_calls_that_wait_for_the_database_share_a_commit() {
    let file = File::new().await;
    let before = file.commits();
    for _ in 0..5 {
        file.store.enqueue(&[job()]).await.unwrap();
    }
    assert_eq!(file.commits() - before, 5, "one after the other, each has its own");

    let before = file.commits();
    let mut other = file.connection().await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let jobs: Vec<_> = (0..50).map(|_| [job()]).collect();
    let mut calls: Vec<_> = jobs.iter().map(|job| file.store.enqueue(job)).collect();
    for call in &mut calls {
        // One look at it sends the request.
        let looked = tokio::time::timeout(Duration::ZERO, call).await;
        assert!(looked.is_err(), "somebody else writes");
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    for call in calls {
        assert!(!call.await.unwrap()[0].is_duplicate());
    }
    let commits = file.commits() - before;
    assert!((1..=2).contains(&commits), "{commits} commits: the first call may have begun alone");
}

#[tokio::test]
async fn joined_enqueues_answer_each_caller_with_its_own_jobs() {
    let file = File::new().await;
    let calls: Vec<Vec<NewJob>> = (1..=40).map(|n| (0..n).map(|_| job()).collect()).collect();
    let enqueues = calls.iter().map(|jobs| {
        let (store, jobs) = (file.store.clone(), jobs.clone());
        tokio::spawn(async move { store.enqueue(&jobs).await.unwrap() })
    });
    for (jobs, enqueued) in calls.iter().zip(enqueues.collect::<Vec<_>>()) {
        let enqueued = enqueued.await.unwrap();
        assert!(enqueued.iter().all(|outcome| !outcome.is_duplicate()));
        assert!(jobs.iter().map(|job| job.id).eq(enqueued.iter().map(|outcome| outcome.id())));
    }
    assert_eq!(file.number("SELECT count(*) FROM longshore_queue").await, 820);
}

#[tokio::test]
async fn a_dropped_call_leaves_no_transaction() {
    let file = File::new().await;
    for _ in 0..200 {
        let store = file.store.clone();
        let jobs = [job()];
        // One look at it sends the request; then the caller is gone.
        let _ = tokio::time::timeout(Duration::ZERO, store.enqueue(&jobs)).await;
        let _ = tokio::time::timeout(Duration::ZERO, store.depths()).await;
    }
    // The writer serves in order, so this answer comes after all that was dropped.
    file.store.enqueue(&[job()]).await.unwrap();
    let mut connection = file.connection().await;
    sqlx::raw_sql("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK")
        .execute(&mut connection)
        .await
        .unwrap();
    assert!(file.number("SELECT count(*) FROM longshore_jobs").await >= 1);
}

#[tokio::test]
async fn while_somebody_else_writes_for_long_calls_are_busy_and_nothing_breaks() {
    let file = File::new().await;
    let options = SqliteOptions { busy_timeout: Duration::from_millis(20), ..file.options() };
    let impatient = SqliteStore::connect(options).await.unwrap();
    let mut other = file.connection().await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let error = impatient.enqueue(&[job()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.is_transient());
    assert!(impatient.depths().await.unwrap().is_empty(), "reading goes on");

    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert!(!impatient.enqueue(&[job()]).await.unwrap()[0].is_duplicate());
}

#[tokio::test]
async fn several_processes_share_the_work_without_a_busy_error() {
    let file = File::new().await;
    let jobs: Vec<_> = (0..400).map(|_| job()).collect();
    file.store.enqueue(&jobs).await.unwrap();
    let mut workers = Vec::new();
    for _ in 0..4 {
        let store: Arc<dyn longshore_store::Store> = file.another().await;
        workers.push(tokio::spawn(async move {
            let crew = Crew::of(store.clone());
            let mut done = 0;
            loop {
                let claimed = crew.take(7).await;
                if claimed.is_empty() {
                    return done;
                }
                let finishes: Vec<_> =
                    claimed.iter().map(|job| finish(job, Outcome::Completed)).collect();
                let finished = store.finish(&finishes).await.unwrap();
                assert!(finished.iter().all(|outcome| *outcome == Finished::Recorded));
                done += finished.len();
            }
        }));
    }
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    assert_eq!(done, 400);
    assert_eq!(file.number("SELECT count(*) FROM longshore_attempts").await, 400);
}
