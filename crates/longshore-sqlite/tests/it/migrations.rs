//! The schema: one migrates, others wait; what is unknown is left alone.

use longshore_conformance::job;
use longshore_sqlite::SqliteStore;
use longshore_store::{ErrorKind, Inspect, Maintain, Produce, SchemaStatus};

use crate::file::File;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_that_migrate_at_once_apply_each_step_once() {
    let file = File::empty().await;
    let migrations = (0..8).map(|_| {
        let options = file.options();
        tokio::spawn(async move {
            let store = SqliteStore::connect(options).await.unwrap();
            store.migrate().await.unwrap()
        })
    });
    let mut applied = 0;
    for migration in migrations.collect::<Vec<_>>() {
        let migrated = migration.await.unwrap();
        assert_eq!(migrated.version, 1);
        applied += migrated.applied.len();
    }
    assert_eq!(applied, 1);
    assert_eq!(file.store.schema_status().await.unwrap(), SchemaStatus::Current { version: 1 });
}

#[tokio::test]
async fn what_a_dry_run_prints_makes_the_schema() {
    let file = File::empty().await;
    for statement in file.store.migration(0, chrono::Utc::now()) {
        pretend(&file, &statement).await;
    }
    let store = SqliteStore::connect(file.options()).await.unwrap();
    assert_eq!(store.schema_status().await.unwrap(), SchemaStatus::Current { version: 1 });
    assert_eq!(store.migration(1, chrono::Utc::now()), Vec::<String>::new());
    store.enqueue(&[job()]).await.unwrap();
}

#[tokio::test]
async fn before_the_migration_calls_say_what_to_do_and_after_it_they_work() {
    let file = File::empty().await;
    for error in [
        file.store.enqueue(&[job()]).await.unwrap_err(),
        file.store.depths().await.unwrap_err(),
        file.store.enqueue_in(&mut file.connection().await, &[job()]).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.to_string().contains("longshore migrate"), "{error}");
    }
    // Another process migrates.
    SqliteStore::connect(file.options()).await.unwrap().migrate().await.unwrap();
    assert!(!file.store.enqueue(&[job()]).await.unwrap()[0].is_duplicate());
}

#[tokio::test]
async fn a_schema_one_version_newer_works() {
    let file = File::new().await;
    pretend(&file, "INSERT INTO longshore_migrations VALUES (2, 'next', 'x', 0)").await;
    let store = SqliteStore::connect(file.options()).await.unwrap();
    assert_eq!(store.schema_status().await.unwrap(), SchemaStatus::Newer { version: 2 });
    store.enqueue(&[job()]).await.unwrap();
    assert!(store.migrate().await.unwrap().applied.is_empty());
}

#[tokio::test]
async fn a_schema_two_versions_newer_is_refused_and_left_alone() {
    let file = File::new().await;
    pretend(
        &file,
        "INSERT INTO longshore_migrations VALUES (2, 'next', 'x', 0), (3, 'after', 'x', 0)",
    )
    .await;
    let refused = SqliteStore::connect(file.options()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Schema);
    let refused = file.store.migrate().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Schema);
    assert_eq!(file.number("SELECT count(*) FROM longshore_migrations").await, 3);
}

#[tokio::test]
async fn a_step_that_was_changed_is_refused() {
    let file = File::new().await;
    pretend(&file, "UPDATE longshore_migrations SET checksum = 'other'").await;
    assert_eq!(SqliteStore::connect(file.options()).await.unwrap_err().kind(), ErrorKind::Schema);
}

#[tokio::test]
async fn a_schema_that_is_only_half_there_is_told_as_it_is() {
    for (change, told) in [
        ("DROP TABLE longshore_migrations", "restore it from a backup"),
        ("DELETE FROM longshore_migrations", "restore it from a backup"),
        ("DROP TABLE longshore_samples", "missing (samples): restore them from a backup"),
    ] {
        let file = File::new().await;
        pretend(&file, change).await;
        let refused = SqliteStore::connect(file.options()).await.unwrap_err();
        let migrated = file.store.migrate().await.unwrap_err();
        for error in [refused, migrated] {
            assert_eq!(error.kind(), ErrorKind::Schema, "{change}: {error:?}");
            assert!(error.to_string().contains(told), "{error}");
            assert!(!error.to_string().contains("run `longshore migrate`"), "{error}");
        }
        let status = file.store.schema_status().await.unwrap();
        assert!(matches!(status, SchemaStatus::Unknown { .. }), "{change}: {status:?}");
    }
}

async fn pretend(file: &File, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
        .execute(&mut file.connection().await)
        .await
        .unwrap();
}
