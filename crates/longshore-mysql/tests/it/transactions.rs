//! Transactions of the caller's, and calls that are dropped half way.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, finish};
use longshore_core::{Due, JobId, NewJob, Outcome, State};
use longshore_store::{Consume, Enqueued, Finished, Inspect, Produce};
use sqlx::Connection;

use crate::server::Fresh;

pub(crate) async fn a_rolled_back_enqueue_leaves_nothing(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let jobs = [keyed("a"), NewJob::of_kind("unload")];
    let enqueued = fresh.store.enqueue_in(&mut transaction, &jobs).await.unwrap();
    assert_eq!(enqueued, jobs.clone().map(|job| Enqueued::Created(job.id)));
    transaction.rollback().await.unwrap();
    assert_eq!(fresh.number("SELECT count(*) FROM longshore_jobs").await, 0);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore_queue").await, 0);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore_uniques").await, 0);
}

/// The first statement begins what the second one may yet undo.
pub(crate) async fn a_job_without_a_place_in_the_queue_is_not_stored(fresh: &Fresh) {
    // From now on the store knows about what time it is, and asks no more.
    fresh.store.enqueue(&[NewJob::of_kind("first")]).await.unwrap();
    fresh.run("RENAME TABLE longshore_queue TO elsewhere").await;
    let delayed = NewJob { due: Due::In(Duration::from_secs(60)), ..NewJob::of_kind("delayed") };
    for job in [NewJob::of_kind("second"), delayed] {
        fresh.store.enqueue(&[job]).await.unwrap_err();
    }
    fresh.run("RENAME TABLE elsewhere TO longshore_queue").await;
    assert_eq!(fresh.number("SELECT count(*) FROM longshore_jobs").await, 1);
    let third = NewJob::of_kind("third");
    fresh.store.enqueue(std::slice::from_ref(&third)).await.unwrap();
    let settled = fresh.store.settled(&[third.id]).await.unwrap().remove(0).unwrap();
    assert_eq!(settled.state, State::Available);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore_queue").await, 2);
}

pub(crate) async fn a_committed_enqueue_is_seen_after_the_commit(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let job = keyed("a");
    fresh.store.enqueue_in(&mut transaction, std::slice::from_ref(&job)).await.unwrap();
    assert_eq!(fresh.store.settled(&[job.id]).await.unwrap(), [None]);
    transaction.commit().await.unwrap();
    let settled = fresh.store.settled(&[job.id]).await.unwrap().remove(0).unwrap();
    assert_eq!(settled.state, State::Available);
}

/// Another database, time zone, SQL mode or isolation level must not matter.
pub(crate) async fn the_callers_session_does_not_matter(fresh: &Fresh) {
    let settings = "USE information_schema; SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE; \
                    SET time_zone = '-05:00', sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'; SET NAMES latin1";
    let due = "2121-11-01T05:30:00.123456Z".parse().unwrap();
    let job = NewJob {
        payload: longshore_core::Payload::of(&"Zürich \\ \u{1F6A2}").unwrap(),
        due: longshore_core::Due::At(due),
        ..keyed("Ä")
    };
    let mut connection = fresh.connection().await;
    sqlx::raw_sql(settings).execute(&mut connection).await.unwrap();
    sqlx::raw_sql("SET NAMES utf8mb4").execute(&mut connection).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    fresh.store.enqueue_in(&mut transaction, std::slice::from_ref(&job)).await.unwrap();
    transaction.commit().await.unwrap();
    let found = fresh.store.jobs(&[job.id]).await.unwrap().remove(0).unwrap();
    assert_eq!((found.payload, found.row.due_at), (job.payload, Some(due)));
    assert_eq!(fresh.store.holder("default", "Ä").await.unwrap(), Some(job.id));
}

/// A caller who enqueues a duplicate and takes his time must not hold up the end of the job that has the key.
pub(crate) async fn a_duplicate_in_an_open_transaction_holds_up_nobody(fresh: &Fresh) {
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    let first = NewJob { kind: longshore_conformance::KIND.into(), ..keyed("a") };
    fresh.store.enqueue(std::slice::from_ref(&first)).await.unwrap();
    let job = crew.take(1).await.remove(0);
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let enqueued = fresh.store.enqueue_in(&mut transaction, &[keyed("a")]).await.unwrap();
    assert_eq!(enqueued, [Enqueued::Duplicate(first.id)]);
    let reports = [finish(&job, Outcome::Completed)];
    let end = fresh.store.finish(&reports);
    let ended = tokio::time::timeout(Duration::from_secs(4), end).await.expect("it waits");
    assert_eq!(ended.unwrap(), [Finished::Recorded]);
    transaction.rollback().await.unwrap();
}

/// The caller sees what it stored itself, and its own keys.
pub(crate) async fn a_key_is_taken_once_in_one_transaction(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let first = keyed("a");
    fresh.store.enqueue_in(&mut transaction, std::slice::from_ref(&first)).await.unwrap();
    let again = fresh.store.enqueue_in(&mut transaction, &[keyed("a")]).await.unwrap();
    assert_eq!(again, [Enqueued::Duplicate(first.id)]);
    let again =
        fresh.store.enqueue_in(&mut transaction, std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(again, [Enqueued::Duplicate(first.id)]);
    transaction.commit().await.unwrap();
    assert_eq!(fresh.number("SELECT COUNT(*) FROM longshore_jobs").await, 1);
}

pub(crate) async fn two_open_transactions_do_not_wait_for_a_new_lane(fresh: &Fresh) {
    let (mut one, mut two) = (fresh.connection().await, fresh.connection().await);
    let mut one = one.begin().await.unwrap();
    let mut two = two.begin().await.unwrap();
    let other = fresh.other().await;
    let job = || NewJob { tenant: "new".into(), ..NewJob::of_kind("unload") };
    let both = async {
        fresh.store.enqueue_in(&mut one, &[job()]).await.unwrap();
        other.enqueue_in(&mut two, &[job()]).await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("one waits for the other");
    two.commit().await.unwrap();
    one.commit().await.unwrap();
    assert_eq!(fresh.number("SELECT count(*) FROM longshore_queue").await, 2);
}

pub(crate) async fn a_completion_commits_with_the_handlers_writes(fresh: &Fresh) {
    fresh.run("CREATE TABLE shop (paid INT)").await;
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    fresh.store.enqueue(&[crew_job()]).await.unwrap();
    let job = crew.take(1).await.remove(0);
    for (commits, paid, state) in [(false, 0, State::Running), (true, 1, State::Completed)] {
        let mut connection = fresh.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        let pay = sqlx::raw_sql("INSERT INTO shop VALUES (1)");
        pay.execute(&mut *transaction).await.unwrap();
        let report = finish(&job, Outcome::Completed);
        let finished = fresh.store.finish_in(&mut transaction, &[report]).await.unwrap();
        assert_eq!(finished, [Finished::Recorded]);
        match commits {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
        assert_eq!(fresh.number("SELECT count(*) FROM shop").await, paid);
        let settled = fresh.store.settled(&[job.id]).await.unwrap().remove(0).unwrap();
        assert_eq!(settled.state, state);
    }
}

/// S2-35: two transactions that lock two leases in opposite orders: the server breaks ours off, and it is repeated.
pub(crate) async fn a_call_that_is_broken_off_by_a_deadlock_is_repeated(fresh: &Fresh) {
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    fresh.store.enqueue(&[crew_job(), crew_job()]).await.unwrap();
    let mut claimed = crew.take(2).await;
    claimed.sort_by_key(|job| job.id);
    let mut other = fresh.connection().await;
    let lock = |job: &longshore_store::Claimed| {
        format!("SELECT 1 FROM longshore_leases WHERE id = x'{}' FOR UPDATE", job.id.0.simple())
    };
    // Of two, the one is broken off that has written less.
    let rows =
        "(1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16)";
    let second = format!(
        "CREATE TABLE weight (n INT PRIMARY KEY); SET SESSION innodb_lock_wait_timeout = 60; BEGIN; \
         INSERT INTO weight VALUES {rows}; {}",
        lock(&claimed[1])
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(second)).execute(&mut other).await.unwrap();
    let reports: Vec<_> = claimed.iter().map(|job| finish(job, Outcome::Completed)).collect();
    let store = fresh.store.clone();
    let finishing = tokio::spawn(async move { store.finish(&reports).await });
    // MySQL shows a statement as far as it is text: up to the first id.
    let waits = format!(
        "SELECT COUNT(*) FROM {} WHERE db = DATABASE() AND id <> CONNECTION_ID() AND seconds >= 1 \
         AND text LIKE '%longshore\\_leases l FORCE INDEX%'",
        fresh.processes().await
    );
    while fresh.number(&waits).await == 0 {
        assert!(!finishing.is_finished(), "it waited for nothing");
    }
    // Ours holds the first by now. Only if it is broken off can the other one have it too.
    sqlx::raw_sql(sqlx::AssertSqlSafe(lock(&claimed[0]))).execute(&mut other).await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(finishing.await.unwrap().unwrap(), [Finished::Recorded; 2]);
    for job in &claimed {
        let settled = fresh.store.settled(&[job.id]).await.unwrap().remove(0).unwrap();
        assert_eq!(settled.state, State::Completed);
    }
}

/// S2-3: futures that are dropped at any moment leave no transaction open, and what was answered is there.
pub(crate) async fn dropped_calls_leave_no_open_transaction(fresh: &Fresh) {
    let mut acknowledged: Vec<JobId> = Vec::new();
    for n in 0..300u32 {
        // With a key a call takes a transaction of several statements.
        let jobs = [keyed(&n.to_string()), NewJob::of_kind("unload")];
        let call = fresh.store.enqueue(&jobs);
        let given_up = tokio::time::sleep(Duration::from_micros(u64::from(n) * 150));
        tokio::select! {
            biased;
            answer = call => acknowledged.extend(answer.unwrap().iter().map(|one| one.id())),
            () = given_up => {}
        }
    }
    assert!(!acknowledged.is_empty(), "some calls must be fast enough");
    let found = fresh.store.settled(&acknowledged).await.unwrap();
    assert!(found.iter().all(Option::is_some), "everything that was answered is there");
    // A whole pool of new work goes through the same connections.
    let calls = (0..50).map(|n| {
        let store = fresh.store.clone();
        tokio::spawn(async move { store.enqueue(&[keyed(&format!("after {n}"))]).await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    // A transaction that is open has nothing to do any more, or everything that was asked for is answered.
    let open = format!(
        "SELECT COUNT(*) FROM {} JOIN {} ON processes.id = open.id WHERE db = DATABASE() AND open.id <> CONNECTION_ID()",
        fresh.open_transactions().await,
        fresh.processes().await
    );
    let start = std::time::Instant::now();
    while fresh.number(&open).await > 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "a transaction was left open");
        // MariaDB looks anew only when nobody has looked for a tenth of a second.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let halves = "SELECT count(*) FROM longshore_uniques u WHERE NOT EXISTS (SELECT 1 FROM longshore_jobs j WHERE j.id = u.job_id)";
    assert_eq!(fresh.number(halves).await, 0, "no call was done by half");
}

fn keyed(key: &str) -> NewJob {
    let unique =
        longshore_core::Unique { key: key.into(), scope: longshore_core::Scope::UntilTerminal };
    NewJob { unique: Some(unique), ..NewJob::of_kind("unload") }
}

fn crew_job() -> NewJob {
    NewJob::of_kind(longshore_conformance::KIND)
}
