//! The servers under test, and a fresh schema on one of them for each test.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_conformance::{Disposable, skipped};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{Maintain, Store};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};

/// A schema of its own with a store on it.
pub(crate) struct Fresh {
    pub(crate) options: MysqlOptions,
    pub(crate) store: MysqlStore,
}

impl Fresh {
    /// A migrated schema on the server that the environment names; `None` if it names none.
    pub(crate) async fn on(server: &str) -> Option<Self> {
        let fresh = Self::bare(server).await?;
        fresh.store.migrate().await.unwrap();
        Some(fresh)
    }

    /// The same before the migration.
    pub(crate) async fn bare(server: &str) -> Option<Self> {
        let Ok(url) = std::env::var(server) else {
            return skipped(&format!("{server} names no PostgreSQL server"));
        };
        let mut options = MysqlOptions::from_url(&url).unwrap();
        options.schema = format!("test_{}", longshore_core::JobId::new().0.simple());
        let store = MysqlStore::connect(options.clone()).await.unwrap();
        Some(Self { options, store })
    }

    /// Another process on the same schema.
    pub(crate) async fn other(&self) -> MysqlStore {
        MysqlStore::connect(self.options.clone()).await.unwrap()
    }

    /// A connection of somebody else's program.
    pub(crate) async fn connection(&self) -> MySqlConnection {
        MySqlConnection::connect_with(&self.options.connect).await.unwrap()
    }

    /// A text that is written for the schema `longshore`, for ours.
    pub(crate) fn text(&self, sql: &str) -> String {
        sql.replace("longshore.", &format!("{}.", self.options.schema))
    }

    /// Runs texts without an answer.
    pub(crate) async fn run(&self, sql: &str) {
        let mut connection = self.connection().await;
        sqlx::raw_sql(AssertSqlSafe(self.text(sql))).execute(&mut connection).await.unwrap();
    }

    /// What a question for one number answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.connection().await;
        let row =
            sqlx::query(AssertSqlSafe(self.text(sql))).fetch_one(&mut connection).await.unwrap();
        row.get(0)
    }
}

#[async_trait]
impl Disposable for Fresh {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.store.clone())
    }

    async fn another(&self) -> Arc<dyn Store> {
        Arc::new(self.other().await)
    }

    async fn vanish(&self) {
        self.store.close().await;
        self.run(&format!("DROP SCHEMA {} CASCADE", self.options.schema)).await;
    }
}
