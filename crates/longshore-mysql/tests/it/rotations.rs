//! Dropping weeks on a real server: under its locks, its kills, its time zones, and without its rights.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use longshore_conformance::{Crew, job, witness::*};
use longshore_core::{JobId, NewJob, Outcome, Retention, State, Timestamp, Week};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{
    ErrorKind, Inspect, Maintain, Operate, Produce, Rotated, Severity, WeekPlan,
};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::{connections::user_with, server::Fresh, survivors::survivors_at};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(crate) const TABLES: [&str; 4] = ["jobs", "labels", "attempts", "results"];

pub(crate) fn a_day() -> Retention {
    Retention::keeping(DAY).unwrap()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

pub(crate) fn later() -> Timestamp {
    now() + 70 * DAY
}

pub(crate) fn last_week() -> JobId {
    id_made_at(now() - 7 * DAY)
}

pub(crate) fn week_of(id: JobId) -> Week {
    Week::of(id.time().unwrap())
}

/// A job that is over, one that is held and one that waits, all of last week.
pub(crate) async fn three(store: &MysqlStore) -> [JobId; 3] {
    let crew = Crew::of(Arc::new(store.clone()));
    let over = NewJob { id: last_week(), ..job() };
    let over = crew.live_through(&over, Outcome::Completed).await;
    let held = NewJob { id: last_week(), held: true, ..job() };
    let waiting = NewJob { id: last_week(), ..job() };
    for job in [&held, &waiting] {
        enqueue(store, job).await;
    }
    [over, held.id, waiting.id]
}

pub(crate) async fn found(store: &MysqlStore, ids: &[JobId]) -> Vec<bool> {
    store.jobs(ids).await.unwrap().iter().map(Option::is_some).collect()
}

async fn partitions(fresh: &Fresh, like: &str) -> i64 {
    let count = format!(
        "SELECT COUNT(*) FROM information_schema.partitions WHERE table_schema = DATABASE() \
         AND partition_name LIKE '{like}'"
    );
    fresh.number(&count).await
}

pub(crate) async fn tables_aside(fresh: &Fresh) -> i64 {
    let count = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() \
                 AND table_name LIKE '%aside'";
    fresh.number(count).await
}

/// Gives what is left of a week its name again, so that there is a week to drop again.
pub(crate) async fn unsettle(fresh: &Fresh, week: Week) {
    for table in TABLES {
        let carried = format!(
            "SELECT COUNT(*) FROM information_schema.partitions WHERE table_schema = DATABASE() \
             AND table_name = 'longshore_{table}' AND partition_name = 'carried_{week}'"
        );
        if fresh.number(&carried).await == 1 {
            fresh
                .run(&format!(
                    "ALTER TABLE longshore_{table} REORGANIZE PARTITION carried_{week} INTO \
                     (PARTITION `{week}` VALUES LESS THAN (x'{}'))",
                    week.ids().1.simple()
                ))
                .await;
        }
    }
}

/// G8: an enqueue that is not committed when the rotation begins is waited for, and survives.
pub(crate) async fn an_open_enqueue_of_an_old_id_is_not_lost(fresh: &Fresh) {
    let [over, held, waiting] = three(&fresh.store).await;
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let late =
        [NewJob { id: last_week(), held: true, ..job() }, NewJob { id: last_week(), ..job() }];
    fresh.store.enqueue_in(&mut transaction, &late).await.unwrap();
    let retention = a_day();
    let rotate = || fresh.store.rotate_week(week_of(over), &retention, Some(later()));
    assert_eq!(rotate().await.unwrap(), Rotated::Busy);
    assert_eq!(tables_aside(fresh).await, 0);
    transaction.commit().await.unwrap();
    assert_eq!(rotate().await.unwrap(), Rotated::Dropped { survivors: 4, rows: 1 });
    let all = [late[0].id, late[1].id, held, waiting, over];
    assert_eq!(found(&fresh.store, &all).await, [true, true, true, true, false]);
    assert_eq!(tables_aside(fresh).await, 0);
}

/// S2-32: who reads for long makes a rotation wait, and nobody waits for the rotation.
pub(crate) async fn a_long_reader_keeps_the_week_and_nobody_else(fresh: &Fresh) {
    let [over, ..] = three(&fresh.store).await;
    let mut reader = fresh.connection().await;
    reader.execute("BEGIN").await.unwrap();
    reader.execute("SELECT COUNT(*) FROM longshore_jobs").await.unwrap();
    let retention = a_day();
    let rotate = fresh.store.rotate_week(week_of(over), &retention, Some(later()));
    let work = async {
        for _ in 0..20 {
            fresh.store.enqueue(&[job()]).await.unwrap();
        }
    };
    let (rotated, ()) = tokio::join!(rotate, work);
    assert_eq!(rotated.unwrap(), Rotated::Busy);
    assert_eq!(state(&fresh.store, over).await, State::Completed);
    reader.execute("COMMIT").await.unwrap();
    let rotated = fresh.store.rotate_week(week_of(over), &retention, Some(later())).await.unwrap();
    assert!(matches!(rotated, Rotated::Dropped { .. }), "{rotated:?}");
}

/// G8: the server ends the rotation's connection at any instant, a hundred times.
pub(crate) async fn a_rotation_that_is_killed_at_any_instant_loses_nothing(fresh: &Fresh) {
    let (options, user) = user_with(fresh, "ALL PRIVILEGES").await;
    let doomed = MysqlStore::connect(options).await.unwrap();
    let [over, held, waiting] = three(&fresh.store).await;
    let before = fresh.store.jobs(&[held, waiting]).await.unwrap();
    let week = week_of(over);
    let begun = Instant::now();
    let rotated = doomed.rotate_week(week, &a_day(), Some(later())).await.unwrap();
    assert_eq!(rotated, Rotated::Dropped { survivors: 2, rows: 1 });
    let mut whole = begun.elapsed();
    let mut broken = 0;
    for instant in 0..100u32 {
        unsettle(fresh, week).await;
        let rotation = {
            let doomed = doomed.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                let rotated = doomed.rotate_week(week, &a_day(), Some(later())).await;
                (rotated, begun.elapsed())
            })
        };
        let part = instant * 37 % 100;
        tokio::time::sleep(whole * part / 100).await;
        kill_all_of(fresh, &user).await;
        // A machine does not always take the same time: what is still going on at the end gets longer, and what was
        // over before its instant tells how long it takes now.
        match rotation.await.unwrap() {
            (Ok(Rotated::Dropped { .. }), took) => whole = took,
            (Ok(_), _) => {}
            (Err(error), _) => {
                assert!(error.is_transient(), "{error:?}");
                broken += 1;
                if part > 90 {
                    whole = whole * 5 / 4;
                }
            }
        }
        assert_eq!(fresh.store.jobs(&[held, waiting]).await.unwrap(), before);
    }
    assert!(broken > 20, "only {broken} rotations were killed");
    unsettle(fresh, week).await;
    let mut rotated = Rotated::Busy;
    while rotated == Rotated::Busy {
        rotated = fresh.store.rotate_week(week, &a_day(), Some(later())).await.unwrap();
    }
    assert!(matches!(rotated, Rotated::Dropped { survivors: 2, .. }), "{rotated:?}");
    assert_eq!(found(&fresh.store, &[over, held, waiting]).await, [false, true, true]);
    assert_eq!(fresh.store.jobs(&[held, waiting]).await.unwrap(), before);
    assert_eq!((tables_aside(fresh).await, partitions(fresh, "carried%").await), (0, 4));
    doomed.close().await;
    fresh.run(&format!("DROP USER {user}@'%'")).await;
}

async fn kill_all_of(fresh: &Fresh, user: &str) {
    let mut connection = fresh.connection().await;
    let ask = format!("SELECT id FROM {} WHERE user = '{user}'", fresh.processes().await);
    let ids: Vec<(i64,)> =
        sqlx::query_as(AssertSqlSafe(ask)).fetch_all(&mut connection).await.unwrap();
    for (id,) in ids {
        // One that ended by itself meanwhile is fine.
        let _ = connection.execute(AssertSqlSafe(format!("KILL CONNECTION {id}"))).await;
    }
}

/// G8: a crash between two changes of tables leaves jobs aside that came in at the last moment.
pub(crate) async fn what_a_crash_left_aside_is_brought_back(fresh: &Fresh) {
    let [over, held, waiting] = three(&fresh.store).await;
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    let lately = NewJob { id: last_week(), ..job() };
    fresh.store.cancel(&[waiting]).await.unwrap();
    let lately = crew.live_through(&lately, Outcome::Completed).await;
    let old = format!(
        "UPDATE longshore_attempts SET at = at - INTERVAL 80 DAY WHERE job_id <> x'{}'",
        lately.0.simple()
    );
    fresh.run(&old).await;
    let week = week_of(over);
    let before = fresh.store.jobs(&[held, lately]).await.unwrap();
    // As if nobody had been found to survive; first with the ledgers in their place, then not.
    for swapped in [&TABLES[..1], &TABLES[..]] {
        for table in TABLES {
            fresh
                .run(&format!(
                    "CREATE TABLE longshore_{table}_aside LIKE longshore_{table}; \
                     ALTER TABLE longshore_{table}_aside REMOVE PARTITIONING"
                ))
                .await;
        }
        for table in swapped {
            fresh
                .run(&format!(
                    "ALTER TABLE longshore_{table} EXCHANGE PARTITION `{week}` WITH TABLE longshore_{table}_aside"
                ))
                .await;
        }
        assert_eq!(found(&fresh.store, &[over, held, waiting, lately]).await, [false; 4]);
        let keep = Retention::keeping(28 * DAY).unwrap();
        fresh.store.sweep(&keep, 100, None).await.unwrap();
        assert_eq!(
            found(&fresh.store, &[over, held, waiting, lately]).await,
            [false, true, false, true]
        );
        assert_eq!(fresh.store.jobs(&[held, lately]).await.unwrap(), before);
        assert_eq!(tables_aside(fresh).await, 0);
    }
}

/// What is left of weeks that lie side by side takes one partition.
pub(crate) async fn what_is_left_of_many_weeks_becomes_one(fresh: &Fresh) {
    let [.., waiting] = three(&fresh.store).await;
    let this = enqueue(&fresh.store, &job()).await;
    let weeks = [week_of(waiting), week_of(this)];
    for week in [weeks[1], weeks[0]] {
        let rotated = fresh.store.rotate_week(week, &a_day(), Some(later())).await.unwrap();
        assert!(matches!(rotated, Rotated::Dropped { .. }), "{rotated:?}");
    }
    assert_eq!(partitions(fresh, "carried%").await, 4);
    assert_eq!(partitions(fresh, &format!("carried_{}", weeks[1])).await, 4);
    assert_eq!(found(&fresh.store, &[waiting, this]).await, [true, true]);
    assert!(fresh.store.prepare_weeks(5).await.unwrap().is_empty());
    let rows = fresh.store.weeks(&a_day(), Some(later())).await.unwrap();
    assert!(rows.iter().all(|row| row.week > Some(weeks[1]) || row.week.is_none()));
}

/// S2-38, G9: wherever the server and the session believe to be.
pub(crate) async fn time_zones_move_no_week(fresh: &Fresh) {
    for zone in ["-05:00", "+05:30", "+10:30"] {
        let connect = fresh.options.connect.clone().timezone(Some(zone.to_owned()));
        let options = MysqlOptions { connect, ..fresh.options.clone() };
        let there = MysqlStore::connect(options).await.unwrap();
        assert_eq!(there.prepare_weeks(5).await.unwrap(), Vec::<String>::new(), "{zone}");
        let [over, held, waiting] = three(&there).await;
        // Ledger rows around a night in which clocks go forward or back, and around a new year.
        for night in [
            "2025-03-09 07:00:00",
            "2025-11-02 06:00:00",
            "2025-04-05 15:00:00",
            "2025-10-04 15:30:00",
            "2024-12-31 18:30:00",
            "2025-01-01 05:00:00",
        ] {
            let id = over.0.simple();
            let moved =
                format!("UPDATE longshore_attempts SET at = '{night}' WHERE job_id = x'{id}'");
            fresh.run(&moved).await;
            let end: Timestamp = format!("{}Z", night.replace(' ', "T")).parse().unwrap();
            for (cutoff, stays) in [(end, 1), (end + Duration::from_micros(1), 0)] {
                let survivors = survivors_at(over, cutoff);
                let among =
                    format!("SELECT COUNT(*) FROM ({survivors}) AS survivors WHERE id = x'{id}'");
                assert_eq!(fresh.number(&among).await, stays, "{zone} {night}");
            }
        }
        let rotated = there.rotate_week(week_of(over), &a_day(), Some(later())).await.unwrap();
        assert!(matches!(rotated, Rotated::Dropped { rows: 1, .. }), "{zone}: {rotated:?}");
        assert_eq!(found(&fresh.store, &[over, held, waiting]).await, [false, true, true]);
        unsettle(fresh, week_of(over)).await;
        there.close().await;
    }
}

/// A database user that may not drop tables is told so, and everything else goes on.
pub(crate) async fn a_user_without_the_right_is_told_and_can_do_all_else(fresh: &Fresh) {
    let (options, user) = user_with(fresh, "SELECT, INSERT, UPDATE, DELETE").await;
    let plain = MysqlStore::connect(options).await.unwrap();
    let [over, held, waiting] = three(&plain).await;
    let rows = plain.weeks(&a_day(), Some(later())).await.unwrap();
    assert!(rows.iter().any(|row| row.next == WeekPlan::NotAllowed));
    let refused = plain.rotate_week(week_of(over), &a_day(), Some(later())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
    assert!(refused.to_string().contains("may not drop weeks ("), "{refused}");
    assert!(
        refused.to_string().contains("run `longshore weeks rotate` as one with all rights"),
        "{refused}"
    );
    assert_eq!(found(&plain, &[over, held, waiting]).await, [true; 3]);
    let past = NewJob { id: id_made_at(now() - 1000 * DAY), ..job() };
    Crew::of(Arc::new(plain.clone())).live_through(&past, Outcome::Completed).await;
    assert_eq!(plain.sweep(&a_day(), 100, Some(later())).await.unwrap(), 1);
    let findings = plain.check_up().await.unwrap();
    let rights = findings.iter().find(|it| it.subject == "rights").unwrap();
    assert!(rights.severity == Severity::Warning, "{rights:?}");
    assert!(rights.advice.contains("longshore weeks rotate"), "{rights:?}");
    plain.close().await;
    fresh.run(&format!("DROP USER {user}@'%'")).await;
}

/// Rights that come with a role are rights.
pub(crate) async fn who_has_the_right_by_a_role_may_drop_weeks(fresh: &Fresh) {
    let (options, user) = user_with(fresh, "SELECT").await;
    let database = fresh.options.connect.get_database().unwrap().to_owned();
    let default = if fresh.is_mariadb().await { "FOR" } else { "TO" };
    fresh
        .run(&format!(
            "CREATE ROLE {user}_r; GRANT ALL PRIVILEGES ON {database}.* TO {user}_r; \
             GRANT {user}_r TO {user}@'%'; SET DEFAULT ROLE {user}_r {default} {user}@'%'"
        ))
        .await;
    let keeper = MysqlStore::connect(options).await.unwrap();
    let [over, ..] = three(&keeper).await;
    let rows = keeper.weeks(&a_day(), Some(later())).await.unwrap();
    assert!(rows.iter().all(|row| row.next != WeekPlan::NotAllowed), "{rows:?}");
    let rotated = keeper.rotate_week(week_of(over), &a_day(), Some(later())).await.unwrap();
    assert_eq!(rotated, Rotated::Dropped { survivors: 2, rows: 1 });
    keeper.close().await;
    fresh.run(&format!("DROP USER {user}@'%'; DROP ROLE {user}_r")).await;
}
