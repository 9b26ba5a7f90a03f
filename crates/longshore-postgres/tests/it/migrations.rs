//! Migrations: many at once, and schemas of other versions.

use chrono::Utc;
use longshore_core::{Limits, NewJob};
use longshore_postgres::{PostgresOptions, PostgresStore};
use longshore_store::{ErrorKind, Inspect, Maintain, Operate, Produce, SchemaStatus};

use crate::server::Fresh;

pub(crate) async fn eight_processes_migrate_at_once(fresh: &Fresh) {
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let store = fresh.other().await;
        tasks.push(tokio::spawn(async move { store.migrate().await.unwrap() }));
    }
    let mut applied = Vec::new();
    for task in tasks {
        applied.extend(task.await.unwrap().applied);
    }
    assert_eq!(applied, ["0001_tables"], "each step once, by one of them");
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.migrations").await, 1);
    assert_eq!(fresh.store.schema_status().await.unwrap(), SchemaStatus::Current { version: 1 });
}

/// Somebody else may run the statements, who has the rights for it.
pub(crate) async fn what_a_dry_run_prints_makes_the_schema(fresh: &Fresh) {
    for statement in fresh.store.migration(0, Utc::now()) {
        fresh.run(&statement).await;
    }
    let store = fresh.other().await;
    assert_eq!(store.schema_status().await.unwrap(), SchemaStatus::Current { version: 1 });
    assert_eq!(store.migration(1, Utc::now()), Vec::<String>::new());
    assert_eq!(store.prepare_weeks(4).await.unwrap(), Vec::<String>::new(), "the weeks came along");
    store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
}

pub(crate) async fn calls_before_the_migration_say_what_to_do(fresh: &Fresh) {
    assert!(matches!(
        fresh.store.schema_status().await.unwrap(),
        SchemaStatus::Pending { version: 0, .. }
    ));
    for error in [
        fresh.store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap_err(),
        fresh.store.depths().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.to_string().contains("longshore migrate"), "{error}");
    }
    fresh.store.migrate().await.unwrap();
    fresh.store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
}

pub(crate) async fn a_schema_of_the_next_version_is_worked_with(fresh: &Fresh) {
    fresh.store.migrate().await.unwrap();
    fresh.run("INSERT INTO longshore.migrations VALUES (2, 'next', 'theirs')").await;
    let store = fresh.other().await;
    assert_eq!(store.schema_status().await.unwrap(), SchemaStatus::Newer { version: 2 });
    store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
    assert!(store.migrate().await.unwrap().applied.is_empty());
}

pub(crate) async fn an_unknown_schema_is_refused_and_left_alone(fresh: &Fresh) {
    fresh.store.migrate().await.unwrap();
    for change in [
        "INSERT INTO longshore.migrations VALUES (2, 'next', 'theirs'), (3, 'later', 'theirs')",
        "DELETE FROM longshore.migrations WHERE version > 1; UPDATE longshore.migrations SET checksum = 'other'",
    ] {
        fresh.run(change).await;
        let refused = PostgresStore::connect(fresh.options.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Schema);
        assert_eq!(fresh.store.migrate().await.unwrap_err().kind(), ErrorKind::Schema);
        assert!(matches!(fresh.store.schema_status().await.unwrap(), SchemaStatus::Unknown { .. }));
    }
}

pub(crate) async fn a_schema_that_is_only_half_there_is_told_as_it_is(fresh: &Fresh) {
    for (change, told) in [
        ("ALTER TABLE longshore.migrations RENAME TO elsewhere", "there are tables (jobs, labels"),
        ("ALTER TABLE longshore.elsewhere RENAME TO migrations", ""),
        ("ALTER TABLE longshore.samples RENAME TO elsewhere", "missing (samples)"),
        ("ALTER TABLE longshore.elsewhere RENAME TO samples", ""),
    ] {
        if told.is_empty() {
            fresh.run(change).await;
            continue;
        }
        fresh.store.migrate().await.unwrap();
        fresh.run(change).await;
        let refused = PostgresStore::connect(fresh.options.clone()).await.unwrap_err();
        let migrated = fresh.store.migrate().await.unwrap_err();
        for error in [refused, migrated] {
            assert_eq!(error.kind(), ErrorKind::Schema, "{change}: {error:?}");
            let text = error.to_string();
            assert!(text.contains(told) && text.contains("from a backup"), "{text}");
            assert!(!text.contains("longshore migrate"), "{text}");
        }
    }
    assert!(matches!(fresh.store.schema_status().await.unwrap(), SchemaStatus::Current { .. }));
}

/// As the check-up advises.
pub(crate) async fn a_migration_makes_the_weeks_that_are_missing(fresh: &Fresh) {
    fresh.store.migrate().await.unwrap();
    let weeks = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'longshore.jobs'::regclass";
    let made = fresh.number(weeks).await;
    let next = longshore_core::Week::of(std::time::SystemTime::now().into()).plus(3);
    for table in ["jobs", "labels", "attempts", "results"] {
        fresh.run(&format!("DROP TABLE longshore.{table}_{next}")).await;
    }
    let advice = async || {
        let findings = fresh.store.check_up().await.unwrap();
        findings.into_iter().find(|finding| finding.subject == "weeks").unwrap().advice
    };
    assert!(advice().await.contains("`longshore migrate` makes them"));
    assert!(fresh.store.migrate().await.unwrap().applied.is_empty(), "a week is no step");
    assert_eq!(fresh.number(weeks).await, made);
    assert!(!advice().await.contains("longshore migrate"));
}

pub(crate) async fn a_store_takes_the_settings_of_a_pool(fresh: &Fresh) {
    fresh.store.migrate().await.unwrap();
    let pool =
        sqlx::postgres::PgPoolOptions::new().connect_lazy_with(fresh.options.connect.clone());
    let limits = Limits { payload_bytes: 10, ..Limits::default() };
    let options =
        PostgresOptions { schema: fresh.options.schema.clone(), limits, ..Default::default() };
    let store = PostgresStore::from_pool(&pool, options).await.unwrap();
    store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
    assert_eq!(store.limits(), limits);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs").await, 1);
}
