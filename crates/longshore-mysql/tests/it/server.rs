//! The servers under test, and a fresh database on one of them for each test.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_conformance::{Disposable, skipped};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{Maintain, Store};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};

/// A database of its own with a store on it.
pub(crate) struct Fresh {
    pub(crate) options: MysqlOptions,
    pub(crate) store: MysqlStore,
    database: String,
}

impl Fresh {
    /// A migrated database on the server that the environment names; `None` if it names none.
    pub(crate) async fn on(server: &str) -> Option<Self> {
        let fresh = Self::bare(server).await?;
        fresh.store.migrate().await.unwrap();
        Some(fresh)
    }

    /// The same before the migration.
    pub(crate) async fn bare(server: &str) -> Option<Self> {
        let Ok(url) = std::env::var(server) else {
            return absent(server);
        };
        let mut options = MysqlOptions::from_url(&url).unwrap();
        let database = format!("test_{}", longshore_core::JobId::new().0.simple());
        let mut connection = MySqlConnection::connect_with(&options.connect).await.unwrap();
        let make = format!("CREATE DATABASE {database}");
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut connection).await.unwrap();
        options.connect = options.connect.database(&database);
        let store = MysqlStore::connect(options.clone()).await.unwrap();
        Some(Self { options, store, database })
    }

    /// Another process on the same database.
    pub(crate) async fn other(&self) -> MysqlStore {
        MysqlStore::connect(self.options.clone()).await.unwrap()
    }

    /// A connection of somebody else's program.
    pub(crate) async fn connection(&self) -> MySqlConnection {
        MySqlConnection::connect_with(&self.options.connect).await.unwrap()
    }

    /// Runs texts without an answer.
    pub(crate) async fn run(&self, sql: &str) {
        let mut connection = self.connection().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }

    /// Which of the two products this server is.
    pub(crate) async fn is_mariadb(&self) -> bool {
        self.number("SELECT VERSION() LIKE '%MariaDB%'").await == 1
    }

    /// Everybody's connections, as `(id, user, db, text, seconds)`. MySQL's usual list of them cannot be asked
    /// while a statement has bytes in it that are no text.
    pub(crate) async fn processes(&self) -> &'static str {
        if self.is_mariadb().await {
            return "(SELECT CAST(id AS SIGNED) AS id, user, db, info AS text, time AS seconds \
                    FROM information_schema.processlist) AS processes";
        }
        "(SELECT CAST(processlist_id AS SIGNED) AS id, processlist_user AS user, processlist_db AS db, \
                 processlist_info AS text, processlist_time AS seconds \
         FROM performance_schema.threads WHERE processlist_id IS NOT NULL) AS processes"
    }

    /// The connections with an open transaction, as `(id)`; see [`Fresh::processes`].
    pub(crate) async fn open_transactions(&self) -> &'static str {
        if self.is_mariadb().await {
            return "(SELECT CAST(trx_mysql_thread_id AS SIGNED) AS id FROM information_schema.innodb_trx) AS open";
        }
        "(SELECT CAST(t.processlist_id AS SIGNED) AS id \
          FROM performance_schema.events_transactions_current e \
          JOIN performance_schema.threads t ON t.thread_id = e.thread_id WHERE e.state = 'ACTIVE') AS open"
    }

    /// What a question for one number answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.connection().await;
        let text = AssertSqlSafe(sql.to_owned());
        sqlx::query(text).fetch_one(&mut connection).await.unwrap().get(0)
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
        self.run(&format!("DROP DATABASE {}", self.database)).await;
    }
}

/// MariaDB is there in every run of the tests; MySQL where somebody brings it.
fn absent(server: &str) -> Option<Fresh> {
    if server == "LONGSHORE_TEST_MYSQL" {
        eprintln!("SKIPPED: {server} names no server; `cargo xtask db up mysql` starts one");
        return None;
    }
    skipped(&format!("{server} names no server"))
}
