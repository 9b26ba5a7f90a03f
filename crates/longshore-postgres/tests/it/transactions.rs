//! Transactions of the caller's, and calls that are dropped half way.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, finish};
use longshore_core::{JobId, NewJob, Outcome, State};
use longshore_store::{Consume, Enqueued, Finished, Inspect, Produce};
use sqlx::Connection;

use crate::{connections::named, server::Fresh};

pub(crate) async fn a_rolled_back_enqueue_leaves_nothing(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let jobs = [keyed("a"), NewJob::of_kind("unload")];
    let enqueued = fresh.store.enqueue_in(&mut transaction, &jobs).await.unwrap();
    assert_eq!(enqueued, jobs.clone().map(|job| Enqueued::Created(job.id)));
    transaction.rollback().await.unwrap();
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs").await, 0);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.queue").await, 0);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.uniques").await, 0);
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

/// A search path that leads elsewhere must not matter: all names are qualified.
pub(crate) async fn the_callers_search_path_does_not_matter(fresh: &Fresh) {
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    sqlx::raw_sql("SET LOCAL search_path = ''").execute(&mut *transaction).await.unwrap();
    fresh.store.enqueue_in(&mut transaction, &[keyed("a")]).await.unwrap();
    transaction.commit().await.unwrap();
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
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.queue").await, 2);
}

pub(crate) async fn a_completion_commits_with_the_handlers_writes(fresh: &Fresh) {
    fresh.run("CREATE TABLE longshore.shop (paid int)").await;
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    fresh.store.enqueue(&[crew_job()]).await.unwrap();
    let job = crew.take(1).await.remove(0);
    for (commits, paid, state) in [(false, 0, State::Running), (true, 1, State::Completed)] {
        let mut connection = fresh.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        let pay = fresh.text("INSERT INTO longshore.shop VALUES (1)");
        sqlx::raw_sql(sqlx::AssertSqlSafe(pay)).execute(&mut *transaction).await.unwrap();
        let report = finish(&job, Outcome::Completed);
        let finished = fresh.store.finish_in(&mut transaction, &[report]).await.unwrap();
        assert_eq!(finished, [Finished::Recorded]);
        match commits {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
        assert_eq!(fresh.number("SELECT count(*) FROM longshore.shop").await, paid);
        let settled = fresh.store.settled(&[job.id]).await.unwrap().remove(0).unwrap();
        assert_eq!(settled.state, state);
    }
}

/// S2-35: two transactions that lock two leases in opposite orders: PostgreSQL breaks ours off, and it is repeated.
pub(crate) async fn a_call_that_is_broken_off_by_a_deadlock_is_repeated(fresh: &Fresh) {
    let (_, name) = named(fresh).await;
    let connect = fresh.options.connect.clone().application_name(&name);
    // Ours looks for a deadlock after so long, the other one only after a long time: ours is broken off.
    let connect = connect.options([("deadlock_timeout", "3s")]);
    let options = longshore_postgres::PostgresOptions { connect, ..fresh.options.clone() };
    let store = longshore_postgres::PostgresStore::connect(options).await.unwrap();
    let crew = Crew::of(Arc::new(store.clone()));
    store.enqueue(&[crew_job(), crew_job()]).await.unwrap();
    let mut claimed = crew.take(2).await;
    claimed.sort_by_key(|job| job.id);

    let mut other = fresh.connection().await;
    let lock = |job: &longshore_store::Claimed| {
        fresh.text(&format!("SELECT 1 FROM longshore.leases WHERE id = '{}' FOR UPDATE", job.id.0))
    };
    let second = format!("SET deadlock_timeout = '20s'; BEGIN; {}", lock(&claimed[1]));
    sqlx::raw_sql(sqlx::AssertSqlSafe(second)).execute(&mut other).await.unwrap();
    let reports: Vec<_> = claimed.iter().map(|job| finish(job, Outcome::Completed)).collect();
    let finishing = tokio::spawn(async move { store.finish(&reports).await });
    let waits = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND wait_event_type = 'Lock'"
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
    let (store, name) = named(fresh).await;
    let mut acknowledged: Vec<JobId> = Vec::new();
    for n in 0..300u32 {
        // With a key a call takes a transaction of several statements.
        let jobs = [keyed(&n.to_string()), NewJob::of_kind("unload")];
        let call = store.enqueue(&jobs);
        let given_up = tokio::time::sleep(Duration::from_micros(u64::from(n) * 150));
        tokio::select! {
            biased;
            answer = call => acknowledged.extend(answer.unwrap().iter().map(|one| one.id())),
            () = given_up => {}
        }
    }
    assert!(!acknowledged.is_empty(), "some calls must be fast enough");
    let found = store.settled(&acknowledged).await.unwrap();
    assert!(found.iter().all(Option::is_some), "everything that was answered is there");
    // A whole pool of new work goes through the same connections.
    let calls = (0..50).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.enqueue(&[keyed(&format!("after {n}"))]).await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    let sessions =
        format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
    assert!(fresh.number(&sessions).await > 0, "its sessions can be told from others");
    // Whatever its last statement was: a bare BEGIN too.
    let open = format!("{sessions} AND state LIKE 'idle in transaction%'");
    // What was dropped goes on to its end; what was left open would stay.
    let start = std::time::Instant::now();
    while fresh.number(&open).await > 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "a transaction was left open");
    }
    let halves = "SELECT count(*) FROM longshore.uniques u WHERE NOT EXISTS (SELECT FROM longshore.jobs j WHERE j.id = u.job_id)";
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
