//! Opening databases that are there, not there, read-only, or somebody's pool.

use longshore_conformance::job;
use longshore_core::State;
use longshore_sqlite::{Database, Opening, SqliteOptions, SqliteStore, Synchronous};
use longshore_store::{ErrorKind, Inspect, Maintain, Produce, Severity};
use sqlx::sqlite::SqlitePoolOptions;

use crate::file::File;

#[tokio::test]
async fn a_database_opened_for_reading_refuses_writes_and_answers_questions() {
    let file = File::new().await;
    let job = job();
    file.store.enqueue(std::slice::from_ref(&job)).await.unwrap();
    let options = SqliteOptions { opening: Opening::Read, ..file.options() };
    let reader = SqliteStore::connect(options).await.unwrap();

    let error = reader.enqueue(&[longshore_conformance::job()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("mode=ro"), "{error}");
    let states = reader.settled(&[job.id]).await.unwrap();
    assert_eq!(states[0].as_ref().unwrap().state, State::Available);
    let findings = reader.check_up().await.unwrap();
    assert!(findings.iter().any(|finding| finding.severity == Severity::Bad), "{findings:?}");
}

#[tokio::test]
async fn a_missing_directory_or_file_is_unavailable() {
    let directory = tempfile::tempdir().unwrap();
    let nowhere = directory.path().join("no/such/jobs.db");
    let options = SqliteOptions { database: Database::File(nowhere), ..SqliteOptions::default() };
    let error = SqliteStore::connect(options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("directory exists"), "{error}");

    let absent = Database::File(directory.path().join("jobs.db"));
    let options =
        SqliteOptions { database: absent, opening: Opening::Write, ..SqliteOptions::default() };
    assert_eq!(SqliteStore::connect(options).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_in_the_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("letter.txt");
    std::fs::write(&path, "Dear captain, ".repeat(100)).unwrap();
    let options = SqliteOptions { database: Database::File(path), ..SqliteOptions::default() };
    let error = SqliteStore::connect(options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("no SQLite database"), "{error}");
}

#[tokio::test]
async fn a_pool_of_the_program_leads_to_the_same_database() {
    let file = File::new().await;
    let Database::File(path) = file.options().database else { unreachable!() };
    let settings = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let pool = SqlitePoolOptions::new().connect_with(settings).await.unwrap();
    let store = SqliteStore::from_pool(&pool, SqliteOptions::default()).await.unwrap();
    let job = job();
    store.enqueue(std::slice::from_ref(&job)).await.unwrap();
    assert!(file.store.jobs(&[job.id]).await.unwrap()[0].is_some());
}

#[tokio::test]
async fn a_check_up_finds_what_is_not_durable() {
    let file = File::new().await;
    let findings = file.store.check_up().await.unwrap();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Good), "{findings:?}");
    let options = SqliteOptions { synchronous: Synchronous::Normal, ..file.options() };
    let findings = SqliteStore::connect(options).await.unwrap().check_up().await.unwrap();
    let found = findings.iter().find(|finding| finding.subject == "synchronous").unwrap();
    assert_eq!(found.severity, Severity::Warning);
}
