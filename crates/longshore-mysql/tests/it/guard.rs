//! Jobs with ids of an old week that come while the week is dropped: late, or in time, and never out of sight.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use longshore_conformance::{Crew, job, witness::*};
use longshore_core::{JobId, NewJob, Outcome, State};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{
    Consume, Enqueued, ErrorKind, Finished, Inspect, Maintain, Produce, Result, Rotated,
};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, mysql::MySqlSslMode};
use tokio::task::JoinHandle;

use crate::{
    between::between,
    connections::user_with,
    rotations::{a_day, found, last_week, later, tables_aside, three, unsettle, week_of},
    server::Fresh,
};

const SHARES: &str = "%LOCK IN SHARE MODE%";

/// One job of the week that is held, one that waits, and one that is run at once: stored, taken, completed.
async fn bring_three(store: MysqlStore) -> [JobId; 3] {
    let late = || NewJob { id: last_week(), queue: "late".into(), ..job() };
    let (held, over) = (NewJob { held: true, ..late() }, late());
    let waiting = NewJob { kind: "nobody's".into(), ..late() };
    let enqueued = store.enqueue(&[held.clone(), waiting.clone(), over.clone()]).await.unwrap();
    assert!(enqueued.iter().all(|it| matches!(it, Enqueued::Created(_))), "{enqueued:?}");
    let ids = [held.id, waiting.id, over.id];
    assert_eq!(found(&store, &ids).await, [true; 3], "out of sight after the enqueue");
    let crew = Crew::of(Arc::new(store.clone()));
    let claimed = store.claim(&crew.claim(&[over.lane()], 10)).await.unwrap();
    assert_eq!(claimed.iter().map(|it| it.id).collect::<Vec<_>>(), [over.id], "without payload");
    assert_eq!(crew.report(&claimed[0], Outcome::Completed).await, Finished::Recorded);
    ids
}

async fn states(store: &MysqlStore, ids: &[JobId]) -> Vec<State> {
    let jobs = store.jobs(ids).await.unwrap();
    jobs.into_iter().map(|job| job.expect("it is in sight").row.state).collect()
}

/// Statements like this one that are under way in the database of the test.
async fn under_way(fresh: &Fresh, like: &str) -> i64 {
    let processes = fresh.processes().await;
    let count = format!(
        "SELECT COUNT(*) FROM {processes} WHERE text LIKE '{like}' AND text NOT LIKE '%processlist%' \
         AND text LIKE CONCAT('%', DATABASE(), '%')"
    );
    fresh.number(&count).await
}

/// Waits until such a statement is under way, or a task has ended without it.
async fn until_under_way<T>(fresh: &Fresh, like: &str, task: &JoinHandle<T>) {
    while under_way(fresh, like).await == 0 && !task.is_finished() {
        tokio::task::yield_now().await;
    }
}

/// Somebody who uses a table in a way that stops a rotation when it comes to it.
async fn stop_at(fresh: &Fresh, how: &str) -> MySqlConnection {
    let mut other = fresh.connection().await;
    other.execute(AssertSqlSafe(how.to_owned())).await.unwrap();
    other
}

fn rotate(store: &MysqlStore, id: JobId) -> JoinHandle<Result<Rotated>> {
    let store = store.clone();
    tokio::spawn(async move { store.rotate_week(week_of(id), &a_day(), Some(later())).await })
}

/// G8: stopped at its look, and before each table, by somebody who uses that table.
pub(crate) async fn nobody_comes_in_behind_a_rotations_back(fresh: &Fresh) {
    let mut there = Vec::new();
    for (how, at) in [
        ("LOCK TABLES longshore_attempts WRITE", "%INTO%longshore\\_staying%"),
        ("BEGIN; SELECT COUNT(*) FROM longshore_jobs", "LOCK TABLES%longshore\\_jobs %"),
        ("BEGIN; SELECT COUNT(*) FROM longshore_attempts", "LOCK TABLES%longshore\\_attempts %"),
        ("BEGIN; SELECT COUNT(*) FROM longshore_results", "LOCK TABLES%longshore\\_results %"),
    ] {
        let before = three(&fresh.store).await;
        let mut other = stop_at(fresh, how).await;
        let rotation = rotate(&fresh.store, before[0]);
        until_under_way(fresh, at, &rotation).await;
        assert!(!rotation.is_finished(), "{how}: {:?}", rotation.await);
        let bringing = tokio::spawn(bring_three(fresh.other().await));
        until_under_way(fresh, SHARES, &bringing).await;
        // Jobs of this week need not wait for the look.
        if how.contains("WRITE") {
            fresh.store.enqueue(&[NewJob { held: true, ..job() }]).await.unwrap();
        }
        other.execute("UNLOCK TABLES").await.unwrap();
        other.execute("ROLLBACK").await.unwrap();
        let rotated = rotation.await.unwrap().unwrap();
        assert!(matches!(rotated, Rotated::Dropped { .. }), "{how}: {rotated:?}");
        let brought = bringing.await.unwrap();
        assert_eq!(
            states(&fresh.store, &brought).await,
            [State::Held, State::Available, State::Completed],
            "{how}"
        );
        there.extend([before[1], before[2], brought[0], brought[1]]);
        assert_eq!(found(&fresh.store, &there).await, vec![true; there.len()], "{how}");
        assert_eq!(found(&fresh.store, &before[..1]).await, [false], "{how}");
        assert_eq!(tables_aside(fresh).await, 0);
        // For the next round.
        unsettle(fresh, week_of(before[0])).await;
    }
}

/// G8: without anybody who steers it.
pub(crate) async fn old_ids_come_in_while_their_week_is_dropped_again_and_again(fresh: &Fresh) {
    let other = fresh.other().await;
    let enough = Arc::new(AtomicBool::new(false));
    let bringing = tokio::spawn({
        let enough = enough.clone();
        async move {
            let mut stay = Vec::new();
            while !enough.load(Ordering::Relaxed) {
                let [held, waiting, _] = bring_three(other.clone()).await;
                stay.extend([held, waiting]);
            }
            stay
        }
    });
    let week = week_of(last_week());
    let mut dropped = 0;
    while dropped < 5 && !bringing.is_finished() {
        let rotated = fresh.store.rotate_week(week, &a_day(), Some(later())).await.unwrap();
        dropped += u32::from(matches!(rotated, Rotated::Dropped { .. }));
        unsettle(fresh, week).await;
    }
    enough.store(true, Ordering::Relaxed);
    let stay = bringing.await.unwrap();
    assert!(stay.len() > 4, "nobody came meanwhile");
    assert_eq!(found(&fresh.store, &stay).await, vec![true; stay.len()]);
    assert_eq!(tables_aside(fresh).await, 0);
}

/// The guard is lost with its connection. Once before anything has changed, once when the jobs have changed
/// places and their ledger has not.
pub(crate) async fn a_rotation_whose_guard_was_killed_stops_before_the_next_table(fresh: &Fresh) {
    let (options, user) = user_with(fresh, "ALL PRIVILEGES").await;
    let doomed = MysqlStore::connect(options).await.unwrap();
    for (table, left_aside) in [("jobs", 0), ("attempts", 4)] {
        let before = three(&fresh.store).await;
        let read = format!("BEGIN; SELECT COUNT(*) FROM longshore_{table}");
        let mut reader = stop_at(fresh, &read).await;
        let rotation = rotate(&doomed, before[0]);
        let taking = format!("LOCK TABLES%longshore\\_{table} %");
        until_under_way(fresh, &taking, &rotation).await;
        kill_the_idle_transaction_of(fresh, &user).await;
        reader.execute("ROLLBACK").await.unwrap();
        assert_eq!(rotation.await.unwrap().unwrap(), Rotated::Busy, "{table}");
        assert_eq!(tables_aside(fresh).await, left_aside, "{table}");
        let brought = bring_three(fresh.store.clone()).await;
        let all = [before[1], before[2], brought[0], brought[1], brought[2]];
        assert_eq!(found(&fresh.store, &all).await, [true; 5], "{table}");
        fresh.store.sweep(&a_day(), 100, None).await.unwrap();
        assert_eq!(tables_aside(fresh).await, 0);
        assert_eq!(found(&fresh.store, &all).await, [true; 5], "{table}");
        let states = states(&fresh.store, &brought).await;
        assert_eq!(states, [State::Held, State::Available, State::Completed], "{table}");
        let rotated = rotate(&doomed, before[0]).await.unwrap().unwrap();
        assert!(matches!(rotated, Rotated::Dropped { .. }), "{table}: {rotated:?}");
        assert_eq!(found(&fresh.store, &all[..4]).await, [true; 4], "{table}");
        unsettle(fresh, week_of(before[0])).await;
    }
    doomed.close().await;
    fresh.run(&format!("DROP USER {user}@'%'")).await;
}

/// A rotation's other connection locks tables, which is no transaction.
async fn kill_the_idle_transaction_of(fresh: &Fresh, user: &str) {
    let (open, processes) = (fresh.open_transactions().await, fresh.processes().await);
    let ask = format!(
        "SELECT COALESCE(MAX(open.id), 0) FROM {open} JOIN {processes} ON processes.id = open.id WHERE user = '{user}'"
    );
    loop {
        let id = fresh.number(&ask).await;
        if id > 0 {
            return fresh.run(&format!("KILL CONNECTION {id}")).await;
        }
    }
}

pub(crate) async fn whoever_waits_for_a_rotation_for_too_long_is_told_why(fresh: &Fresh) {
    let mut rotation = stop_at(fresh, "BEGIN; SELECT * FROM longshore_guard FOR UPDATE").await;
    let mut connection = fresh.connection().await;
    connection.execute("SET SESSION innodb_lock_wait_timeout = 1").await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let mixed = [job(), NewJob { id: last_week(), ..job() }];
    let refused = fresh.store.enqueue_in(&mut transaction, &mixed).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Busy);
    assert!(refused.to_string().contains("ids of earlier weeks: try again"), "{refused}");
    transaction.rollback().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    fresh.store.enqueue_in(&mut transaction, &mixed[..1]).await.unwrap();
    transaction.commit().await.unwrap();
    // Whoever does not wait for too long is not told.
    let bringing = tokio::spawn(bring_three(fresh.store.clone()));
    until_under_way(fresh, SHARES, &bringing).await;
    rotation.execute("ROLLBACK").await.unwrap();
    bringing.await.unwrap();
}

pub(crate) async fn a_transaction_that_looked_before_a_rotation_brings_old_ids_after_it(
    fresh: &Fresh,
) {
    let [over, held, waiting] = three(&fresh.store).await;
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    // Of a table of Longshore's that no rotation needs for itself.
    transaction.execute("SELECT COUNT(*) FROM longshore_lanes").await.unwrap();
    let rotated = rotate(&fresh.store, over).await.unwrap().unwrap();
    assert!(matches!(rotated, Rotated::Dropped { survivors: 2, rows: 1 }), "{rotated:?}");
    let late = NewJob { id: last_week(), held: true, ..job() };
    fresh.store.enqueue_in(&mut transaction, std::slice::from_ref(&late)).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(found(&fresh.store, &[held, waiting, late.id]).await, [true; 3]);
}

pub(crate) async fn ids_of_this_week_cost_no_look_at_the_guard(fresh: &Fresh) {
    let server = &fresh.options.connect;
    let (port, passed) = between(server.get_host(), server.get_port()).await;
    let connect = server.clone().host("127.0.0.1").port(port).ssl_mode(MySqlSslMode::Disabled);
    let options = MysqlOptions { connect, ..fresh.options.clone() };
    let store = MysqlStore::connect(options).await.unwrap();
    enqueue(&store, &job()).await;
    let mut costs = Vec::new();
    for job in [job(), NewJob { id: last_week(), ..job() }] {
        let before = passed.statements();
        enqueue(&store, &job).await;
        costs.push(passed.statements() - before);
    }
    // Jobs, queue, commit; and the clock, the guard before them.
    assert_eq!(costs, [3, 5]);
    store.close().await;
}

pub(crate) async fn no_week_is_dropped_without_the_guards_row(fresh: &Fresh) {
    let [over, ..] = three(&fresh.store).await;
    fresh.run("DELETE FROM longshore_guard").await;
    let refused = rotate(&fresh.store, over).await.unwrap().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Schema);
    assert!(refused.to_string().contains("INSERT INTO longshore_guard VALUES (1)"), "{refused}");
    bring_three(fresh.store.clone()).await;
    fresh.run("INSERT INTO longshore_guard VALUES (1)").await;
    let rotated = rotate(&fresh.store, over).await.unwrap().unwrap();
    assert!(matches!(rotated, Rotated::Dropped { .. }), "{rotated:?}");
}
