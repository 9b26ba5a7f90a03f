//! Dropping weeks on a real server: under its locks, its kills, its time zones, and without its rights.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use longshore_conformance::{Crew, job, witness::*};
use longshore_core::{JobId, NewJob, Outcome, Retention, State, Timestamp, Week};
use longshore_postgres::{PostgresOptions, PostgresStore};
use longshore_store::{ErrorKind, Inspect, Maintain, Produce, Rotated, Severity, WeekPlan};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::{server::Fresh, survivors::survivors_at};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

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

/// A store with other settings of its sessions.
async fn with(fresh: &Fresh, settings: &[(&str, &str)]) -> PostgresStore {
    let connect = fresh.options.connect.clone().options(settings.iter().copied());
    PostgresStore::connect(PostgresOptions { connect, ..fresh.options.clone() }).await.unwrap()
}

async fn say(connection: &mut PgConnection, text: String) {
    connection.execute(AssertSqlSafe(text)).await.unwrap();
}

/// A job that is over, one that is held and one that waits, all of last week.
pub(crate) async fn three(store: &PostgresStore) -> [JobId; 3] {
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

pub(crate) async fn found(store: &PostgresStore, ids: &[JobId]) -> Vec<bool> {
    store.jobs(ids).await.unwrap().iter().map(Option::is_some).collect()
}

/// G8: an enqueue that is not committed when the rotation begins is waited for, and survives.
pub(crate) async fn an_open_enqueue_of_an_old_id_is_not_lost(fresh: &Fresh) {
    let [over, held, waiting] = three(&fresh.store).await;
    let mut connection = fresh.connection().await;
    let mut transaction = connection.begin().await.unwrap();
    let late = NewJob { id: last_week(), held: true, ..job() };
    fresh.store.enqueue_in(&mut transaction, std::slice::from_ref(&late)).await.unwrap();
    let retention = a_day();
    let rotate = || fresh.store.rotate_week(week_of(over), &retention, Some(later()));
    assert_eq!(rotate().await.unwrap(), Rotated::Busy);
    transaction.commit().await.unwrap();
    assert_eq!(rotate().await.unwrap(), Rotated::Dropped { survivors: 3, rows: 1 });
    let all = [late.id, held, waiting, over];
    assert_eq!(found(&fresh.store, &all).await, [true, true, true, false]);
}

/// G8: also where a server's default would let a transaction look at an old state of the database.
pub(crate) async fn the_servers_default_isolation_does_not_matter(fresh: &Fresh) {
    let strict = with(fresh, &[("default_transaction_isolation", "serializable")]).await;
    let [over, held, waiting] = three(&strict).await;
    let rotated = strict.rotate_week(week_of(over), &a_day(), Some(later())).await.unwrap();
    assert_eq!(rotated, Rotated::Dropped { survivors: 2, rows: 1 });
    assert_eq!(found(&strict, &[over, held, waiting]).await, [false, true, true]);
    strict.close().await;
}

/// S2-32: who reads for long makes a rotation wait, and nobody waits for the rotation.
pub(crate) async fn a_long_reader_keeps_the_week_and_nobody_else(fresh: &Fresh) {
    let [over, ..] = three(&fresh.store).await;
    let mut reader = fresh.connection().await;
    say(&mut reader, fresh.text("BEGIN; SELECT count(*) FROM longshore.jobs")).await;
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
    say(&mut reader, "COMMIT".into()).await;
    let rotated = fresh.store.rotate_week(week_of(over), &retention, Some(later())).await.unwrap();
    assert!(matches!(rotated, Rotated::Dropped { .. }), "{rotated:?}");
}

/// G8: the server ends the rotation's connection at any instant, a hundred times.
pub(crate) async fn a_rotation_that_is_killed_at_any_instant_loses_nothing(fresh: &Fresh) {
    let connect = fresh.options.connect.clone().application_name(&fresh.options.schema);
    let doomed = PostgresStore::connect(PostgresOptions { connect, ..fresh.options.clone() });
    let doomed = doomed.await.unwrap();
    let [over, held, waiting] = three(&fresh.store).await;
    let before = fresh.store.jobs(&[held, waiting]).await.unwrap();
    let mut killer = fresh.connection().await;
    let kill = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}' AND state <> 'idle'",
        fresh.options.schema
    );
    let week = week_of(over);
    let begun = Instant::now();
    let rotated = doomed.rotate_week(week, &a_day(), Some(later())).await.unwrap();
    assert_eq!(rotated, Rotated::Dropped { survivors: 2, rows: 1 });
    // On a busy machine the instants lie further apart.
    let whole = begun.elapsed();
    let (mut dropped, mut broken) = (0, 0);
    for instant in 0..120u32 {
        // So that there is a week to drop again.
        fresh.store.prepare_weeks(0).await.unwrap();
        let rotation = {
            let doomed = doomed.clone();
            tokio::spawn(async move { doomed.rotate_week(week, &a_day(), Some(later())).await })
        };
        tokio::time::sleep(whole * (instant * 37 % 100) / 100).await;
        say(&mut killer, kill.clone()).await;
        match rotation.await.unwrap() {
            Ok(Rotated::Dropped { .. }) => dropped += 1,
            Ok(_) => {}
            Err(error) => {
                assert!(error.is_transient(), "{error:?}");
                broken += 1;
            }
        }
        assert_eq!(fresh.store.jobs(&[held, waiting]).await.unwrap(), before);
    }
    fresh.store.prepare_weeks(0).await.unwrap();
    assert!(broken > 0, "no rotation was ever killed: {dropped} went through");
    let rotated = fresh.store.rotate_week(week, &a_day(), Some(later())).await.unwrap();
    assert!(matches!(rotated, Rotated::Dropped { survivors: 2, .. }), "{rotated:?}");
    assert_eq!(found(&fresh.store, &[over, held, waiting]).await, [false, true, true]);
    let left = "SELECT count(*) FROM pg_class WHERE relnamespace = 'longshore.'::regnamespace";
    let left = left.replace("longshore.", &fresh.options.schema);
    assert!(
        fresh
            .number(&format!(
                "{left} AND relkind = 'r' AND NOT relispartition AND relname LIKE 'jobs%'"
            ))
            .await
            == 0
    );
    doomed.close().await;
}

/// S2-38, G9: wherever the server and the session believe to be.
pub(crate) async fn time_zones_move_no_week(fresh: &Fresh) {
    let bounds = "SELECT count(DISTINCT pg_get_expr(c.relpartbound, c.oid)) FROM pg_class c \
                  JOIN pg_inherits i ON i.inhrelid = c.oid WHERE i.inhparent = 'longshore.jobs'::regclass";
    let before = fresh.number(bounds).await;
    for (number, zone) in
        ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"].iter().enumerate()
    {
        let there = with(fresh, &[("TimeZone", zone)]).await;
        assert_eq!(there.prepare_weeks(5).await.unwrap(), Vec::<String>::new(), "{zone}");
        let [over, held, waiting] = three(&there).await;
        // Ledger rows around a night in which clocks go forward or back, and around a new year.
        for night in [
            "2025-03-09T07:00:00Z",
            "2025-11-02T06:00:00Z",
            "2025-04-05T15:00:00Z",
            "2025-10-04T15:30:00Z",
            "2024-12-31T18:30:00Z",
            "2025-01-01T05:00:00Z",
        ] {
            let end: Timestamp = night.parse().unwrap();
            let moved =
                format!("UPDATE longshore.attempts SET at = '{night}' WHERE job_id = '{over}'");
            fresh.run(&moved).await;
            let due = end + a_day().keep();
            // The week of the id is long over by this cut-off; the moment of the end is not, yet.
            let survivors = fresh.number(&survivors_at(week_of(over), due - a_day().keep())).await;
            assert_eq!(
                survivors,
                2 * number as i64 + 3,
                "{zone} {night}: what ended at the cut-off stays"
            );
            let after = due - a_day().keep() + Duration::from_micros(1);
            assert_eq!(
                fresh.number(&survivors_at(week_of(over), after)).await,
                2 * number as i64 + 2,
                "{zone} {night}"
            );
        }
        let rotated = there.rotate_week(week_of(over), &a_day(), Some(later())).await.unwrap();
        assert_eq!(
            rotated,
            Rotated::Dropped { survivors: 2 * (number as u64 + 1), rows: 1 },
            "{zone}"
        );
        assert_eq!(found(&fresh.store, &[over, held, waiting]).await, [false, true, true]);
        assert_eq!(there.prepare_weeks(5).await.unwrap(), [week_of(over).to_string()]);
        assert_eq!(fresh.number(bounds).await, before, "{zone}");
        there.close().await;
    }
}

/// A database user that may not drop tables is told so, and everything else goes on.
pub(crate) async fn a_user_without_the_right_is_told_and_can_do_all_else(fresh: &Fresh) {
    let role = format!("{}_plain", fresh.options.schema);
    fresh
        .run(&format!(
            "CREATE ROLE {role} NOLOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
            schema = fresh.options.schema
        ))
        .await;
    let plain = with(fresh, &[("role", &role)]).await;
    let [over, held, waiting] = three(&plain).await;
    let rows = plain.weeks(&a_day(), Some(later())).await.unwrap();
    assert!(rows.iter().any(|row| row.next == WeekPlan::NotAllowed));
    let refused = plain.rotate_week(week_of(over), &a_day(), Some(later())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
    assert!(refused.to_string().contains("longshore weeks rotate"), "{refused}");
    assert_eq!(found(&plain, &[over, held, waiting]).await, [true; 3]);
    let past = NewJob { id: id_made_at(now() - 1000 * DAY), ..job() };
    Crew::of(Arc::new(plain.clone())).live_through(&past, Outcome::Completed).await;
    assert_eq!(plain.sweep(&a_day(), 100, Some(later())).await.unwrap(), 1);
    let findings = plain.check_up().await.unwrap();
    let old = findings.iter().find(|it| it.subject == "old weeks").unwrap();
    assert!(old.severity != Severity::Bad && old.advice.contains("owner"), "{old:?}");
    plain.close().await;
    fresh.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}
