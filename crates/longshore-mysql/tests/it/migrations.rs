//! Migrations: many at once, broken off half way, and schemas of other versions.

use chrono::Utc;
use longshore_core::{Limits, NewJob};
use longshore_mysql::{MysqlOptions, MysqlStore};
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
    assert_eq!(fresh.number("SELECT COUNT(*) FROM longshore_migrations").await, 1);
    assert_eq!(fresh.store.schema_status().await.unwrap(), SchemaStatus::Current { version: 1 });
}

/// The step that fills a table instead of making one.
const THE_GUARDS_ROW: &str = "the guard's row";

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

/// A crash between any two statements: the state that it leaves is made from a whole schema, once with
/// the last statement remembered and once without.
pub(crate) async fn a_migration_goes_on_where_one_broke_off(fresh: &Fresh) {
    fresh.store.migrate().await.unwrap();
    let made = names(fresh, "longshore_%").await;
    let statements = fresh.number("SELECT done FROM longshore_migrations").await;
    // The view comes last; the tables in between are those of the file, in its order.
    let order = [
        "jobs",
        "labels",
        "queue",
        "leases",
        "attempts",
        "results",
        "dead",
        "uniques",
        "lanes",
        "queues",
        "workers",
        "samples",
        "guard",
        THE_GUARDS_ROW,
        "transitions",
    ];
    assert_eq!(usize::try_from(statements).unwrap(), order.len());
    for done in [0usize, 1, 6, 12, 13, 14, 15] {
        for remembered in [Some(done), done.checked_sub(1)].into_iter().flatten() {
            for name in order.iter().skip(done).rev() {
                let undo = match *name {
                    "transitions" => "DROP VIEW IF EXISTS longshore_transitions".to_owned(),
                    THE_GUARDS_ROW => "DELETE FROM longshore_guard".to_owned(),
                    table => format!("DROP TABLE IF EXISTS longshore_{table}"),
                };
                fresh.run(&undo).await;
            }
            let half = format!(
                "UPDATE longshore_migrations SET done = {remembered}, applied_at = NULL WHERE version = 1"
            );
            fresh.run(&half).await;
            assert!(matches!(
                fresh.other().await.schema_status().await.unwrap(),
                SchemaStatus::Pending { version: 0, .. }
            ));
            assert_eq!(fresh.store.migrate().await.unwrap().applied, ["0001_tables"]);
            assert_eq!(names(fresh, "longshore_%").await, made);
            assert_eq!(fresh.number("SELECT COUNT(*) FROM longshore_guard").await, 1);
            fresh.store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
        }
    }
}

/// A table of somebody else's that is in the way is no step of ours that was made before.
pub(crate) async fn a_foreign_table_in_the_way_is_not_taken_for_ours(fresh: &Fresh) {
    fresh.run("CREATE TABLE longshore_dead (id INT)").await;
    let error = fresh.store.migrate().await.unwrap_err();
    assert!(error.to_string().contains("longshore_dead"), "{error}");
    fresh.run("DROP TABLE longshore_dead").await;
    fresh.store.migrate().await.unwrap();
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
    fresh.run("INSERT INTO longshore_migrations VALUES (2, 'next', 'theirs', 1, NOW(6))").await;
    let store = fresh.other().await;
    assert_eq!(store.schema_status().await.unwrap(), SchemaStatus::Newer { version: 2 });
    store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
    assert!(store.migrate().await.unwrap().applied.is_empty());
}

pub(crate) async fn an_unknown_schema_is_refused_and_left_alone(fresh: &Fresh) {
    fresh.store.migrate().await.unwrap();
    for change in [
        "INSERT INTO longshore_migrations VALUES (2, 'next', 'theirs', 1, NOW(6)), (3, 'later', 'theirs', 1, NOW(6))",
        "DELETE FROM longshore_migrations WHERE version = 3; \
         UPDATE longshore_migrations SET applied_at = NULL WHERE version = 2",
        "DELETE FROM longshore_migrations WHERE version > 1; UPDATE longshore_migrations SET checksum = 'other'",
    ] {
        fresh.run(change).await;
        let refused = MysqlStore::connect(fresh.options.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Schema);
        assert_eq!(fresh.store.migrate().await.unwrap_err().kind(), ErrorKind::Schema);
        assert!(matches!(fresh.store.schema_status().await.unwrap(), SchemaStatus::Unknown { .. }));
    }
}

pub(crate) async fn a_schema_that_is_only_half_there_is_told_as_it_is(fresh: &Fresh) {
    for (change, told) in [
        (
            "RENAME TABLE longshore_migrations TO elsewhere",
            "there are tables (longshore_jobs, longshore_labels",
        ),
        ("RENAME TABLE elsewhere TO longshore_migrations", ""),
        ("RENAME TABLE longshore_samples TO elsewhere", "missing (longshore_samples)"),
        ("RENAME TABLE elsewhere TO longshore_samples", ""),
    ] {
        if told.is_empty() {
            fresh.run(change).await;
            continue;
        }
        fresh.store.migrate().await.unwrap();
        fresh.run(change).await;
        let refused = MysqlStore::connect(fresh.options.clone()).await.unwrap_err();
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
    let weeks = "SELECT COUNT(*) FROM information_schema.partitions WHERE table_schema = DATABASE() \
                 AND table_name = 'longshore_jobs'";
    let made = fresh.number(weeks).await;
    let this = longshore_core::Week::of(std::time::SystemTime::now().into());
    let last: Vec<String> = (3..=5).map(|ahead| format!("`{}`", this.plus(ahead))).collect();
    for table in ["jobs", "labels", "attempts", "results"] {
        fresh
            .run(&format!(
                "ALTER TABLE longshore_{table} REORGANIZE PARTITION {}, catch_all INTO \
                 (PARTITION catch_all VALUES LESS THAN (MAXVALUE))",
                last.join(", ")
            ))
            .await;
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

/// S2-29
pub(crate) async fn two_prefixes_share_a_database(fresh: &Fresh) {
    let options = MysqlOptions { prefix: "other_".into(), ..fresh.options.clone() };
    let other = MysqlStore::connect(options).await.unwrap();
    for store in [&fresh.store, &other] {
        store.migrate().await.unwrap();
    }
    fresh.store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
    assert_eq!(fresh.number("SELECT COUNT(*) FROM longshore_queue").await, 1);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM other_queue").await, 0);
    other.close().await;
}

pub(crate) async fn a_store_takes_the_settings_of_a_pool(fresh: &Fresh) {
    fresh.store.migrate().await.unwrap();
    let pool =
        sqlx::mysql::MySqlPoolOptions::new().connect_lazy_with(fresh.options.connect.clone());
    let limits = Limits { payload_bytes: 10, ..Limits::default() };
    let store =
        MysqlStore::from_pool(&pool, MysqlOptions { limits, ..Default::default() }).await.unwrap();
    store.enqueue(&[NewJob::of_kind("unload")]).await.unwrap();
    assert_eq!(store.limits(), limits);
    assert_eq!(fresh.number("SELECT COUNT(*) FROM longshore_jobs").await, 1);
}

async fn names(fresh: &Fresh, like: &str) -> i64 {
    fresh
        .number(&format!(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE '{like}'"
        ))
        .await
}
