//! A fresh database for one test.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use longshore_conformance::Disposable;
use longshore_sqlite::{Database, SqliteOptions, SqliteStore};
use longshore_store::{Maintain, Store};
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};
use tempfile::TempDir;

/// A migrated database in a file of its own.
pub(crate) struct File {
    directory: TempDir,
    pub(crate) store: SqliteStore,
}

impl File {
    pub(crate) async fn new() -> Self {
        let file = Self::empty().await;
        file.store.migrate().await.unwrap();
        file
    }

    /// One without tables.
    pub(crate) async fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::connect(options(directory.path())).await.unwrap();
        Self { directory, store }
    }

    pub(crate) fn options(&self) -> SqliteOptions {
        options(self.directory.path())
    }

    /// How many transactions the write-ahead log holds, since it was begun.
    pub(crate) fn commits(&self) -> usize {
        let log = std::fs::read(self.directory.path().join("jobs.db-wal")).unwrap();
        let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
        let (page, salts) = (number(8) as usize, &log[16..24]);
        // The frame that ends a transaction tells the size of the database, and no other does.
        let frames = (32..log.len()).step_by(24 + page);
        let of_this_log = frames.filter(|at| log.get(at + 8..at + 16) == Some(salts));
        of_this_log.filter(|at| number(at + 4) != 0).count()
    }

    /// A plain connection to it.
    pub(crate) async fn connection(&self) -> sqlx::SqliteConnection {
        <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&self.settings()).await.unwrap()
    }

    /// How a plain connection is opened.
    pub(crate) fn settings(&self) -> sqlx::sqlite::SqliteConnectOptions {
        let path = self.directory.path().join("jobs.db");
        sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true)
    }

    /// What a question for one number answers.
    pub(crate) async fn number(&self, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(&mut self.connection().await).await.unwrap()
    }
}

fn options(directory: &Path) -> SqliteOptions {
    SqliteOptions {
        database: Database::File(directory.join("jobs.db")),
        ..SqliteOptions::default()
    }
}

#[async_trait]
impl Disposable for File {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    async fn another(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::connect(self.options()).await.unwrap())
    }

    async fn vanish(&self) {
        self.store.close().await;
    }
}

/// A migrated database in memory, which several stores share through the cache of a pool.
pub(crate) struct Memory {
    pool: SqlitePool,
    store: SqliteStore,
}

impl Memory {
    pub(crate) async fn new() -> Self {
        let keeper =
            SqlitePoolOptions::new().min_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = keeper.connect("sqlite::memory:").await.unwrap();
        let store = SqliteStore::from_pool(&pool, SqliteOptions::default()).await.unwrap();
        store.migrate().await.unwrap();
        Self { pool, store }
    }
}

#[async_trait]
impl Disposable for Memory {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    async fn another(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::from_pool(&self.pool, SqliteOptions::default()).await.unwrap())
    }

    async fn vanish(&self) {
        self.store.close().await;
    }
}
