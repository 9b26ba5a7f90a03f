//! The caller's own transaction: jobs and outcomes that commit with it, or not at all.

use longshore_conformance::{Crew, Disposable, finish, job};
use longshore_core::{Outcome, Scope, State, Unique};
use longshore_store::{Consume, Finished, Hint, Inspect, Produce};
use sqlx::Connection;

use crate::file::File;

/// S2-3
#[tokio::test]
async fn a_rollback_leaves_nothing_of_an_enqueue() {
    let file = File::new().await;
    let unique = Unique { key: "order-4711".into(), scope: Scope::Forever };
    let job = longshore_core::NewJob { unique: Some(unique), ..job() };
    let mut connection = file.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let enqueued =
        file.store.enqueue_in(&mut transaction, std::slice::from_ref(&job)).await.unwrap();
    assert_eq!(enqueued[0].id(), job.id);
    transaction.rollback().await.unwrap();

    assert_eq!(file.store.jobs(&[job.id]).await.unwrap(), [None]);
    assert_eq!(file.store.holder("default", "order-4711").await.unwrap(), None);
    for table in [
        "SELECT count(*) FROM longshore_queue",
        "SELECT count(*) FROM longshore_uniques",
        "SELECT count(*) FROM longshore_lanes",
    ] {
        assert_eq!(file.number(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_commit_makes_an_enqueue_visible_and_the_caller_hints() {
    let file = File::new().await;
    let job = job();
    let mut hints = file.store.hints();
    let mut connection = file.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    file.store.enqueue_in(&mut transaction, std::slice::from_ref(&job)).await.unwrap();
    assert_eq!(file.store.jobs(&[job.id]).await.unwrap(), [None]);
    transaction.commit().await.unwrap();

    assert!(file.store.jobs(&[job.id]).await.unwrap()[0].is_some());
    assert_eq!(hints.try_next(), None);
    file.store.hint(&[job.lane()]).await;
    assert_eq!(hints.next().await, Hint::Lane(job.lane()));
}

#[tokio::test]
async fn a_finish_commits_or_rolls_back_with_its_transaction() {
    let file = File::new().await;
    let job = job();
    file.store.enqueue(std::slice::from_ref(&job)).await.unwrap();
    let claimed = Crew::of(file.store()).take_one().await;
    let finishes = [finish(&claimed, Outcome::Completed)];
    let mut connection = file.connection().await;
    for (keep, state) in [(false, State::Running), (true, State::Completed)] {
        let mut transaction = connection.begin().await.unwrap();
        let finished = file.store.finish_in(&mut transaction, &finishes).await.unwrap();
        assert_eq!(finished, [Finished::Recorded]);
        if keep {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
        let settled = file.store.settled(&[job.id]).await.unwrap();
        assert_eq!(settled[0].as_ref().unwrap().state, state);
    }
    assert_eq!(file.store.finish(&finishes).await.unwrap(), [Finished::Stale]);
}

/// S2-36: also when the last statement of it fails, and takes the transaction with it.
#[tokio::test]
async fn a_claim_that_breaks_off_takes_nothing() {
    let file = File::new().await;
    let change = async |text: &'static str| {
        sqlx::raw_sql(text).execute(&mut file.connection().await).await.unwrap();
    };
    change(
        "CREATE TRIGGER refuse AFTER DELETE ON longshore_queue
         BEGIN SELECT RAISE(ROLLBACK, 'no commit today'); END",
    )
    .await;
    let crew = Crew::of(file.store());
    let job = job();
    file.store.enqueue(std::slice::from_ref(&job)).await.unwrap();
    let claim = crew.claim(&[job.lane()], 1);
    assert!(file.store.claim(&claim).await.is_err());
    let state = async || file.store.settled(&[job.id]).await.unwrap().remove(0).unwrap().state;
    assert_eq!(state().await, State::Available);
    change("DROP TRIGGER refuse").await;
    assert_eq!(file.store.claim(&claim).await.unwrap()[0].standing.attempt, 1);
    assert_eq!(state().await, State::Running);
}
