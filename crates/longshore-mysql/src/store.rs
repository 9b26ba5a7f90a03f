//! The storage: its thread, its connections, its statements.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use longshore_core::{Lane, Timestamp};
use longshore_query::{Ask, Dialect};
use longshore_store::{
    Boxed, DatabaseThread, HintBoard, Result, RetryPolicy, SchemaStatus, retrying,
};
use sqlx::MySqlPool;

use crate::{
    connections::Connections,
    options::MysqlOptions,
    schema::Found,
    session::Session,
    sql::{Home, Sql},
    unit::Unit,
    unseen::Unseen,
};

/// How long a change of tables waits for open transactions that have used them, and holds up new ones.
const CHANGE_WAITS: Duration = Duration::from_secs(2);

/// Statements that stay prepared on a connection: about fifty, and a few that have eleven lengths each.
const STATEMENTS: usize = 256;

/// Longshore in MySQL or MariaDB. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct MysqlStore {
    pub(crate) inner: Arc<Inner>,
    /// Last, so that the thread outlives what lives on it.
    pub(crate) thread: DatabaseThread,
}

/// What all clones share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: MysqlOptions,
    pub(crate) home: Home,
    pub(crate) sql: Sql,
    /// Claims, finishes, enqueues, steps by hand.
    pub(crate) work: Arc<Connections>,
    /// Questions and counts.
    pub(crate) questions: Arc<Connections>,
    /// Heartbeats, so that they never wait for anything else.
    pub(crate) heart: Arc<Connections>,
    /// For changes of tables.
    pub(crate) changes: Session,
    pub(crate) board: HintBoard,
    /// Lanes that are known to be registered.
    pub(crate) lanes: Mutex<HashSet<Lane>>,
    pub(crate) unseen: Unseen,
}

impl MysqlStore {
    /// Connects. Does not migrate: until somebody did, calls fail with
    /// [`ErrorKind::Schema`](longshore_store::ErrorKind::Schema).
    ///
    /// # Errors
    /// [`Unavailable`](longshore_store::ErrorKind::Unavailable) without a server,
    /// [`Schema`](longshore_store::ErrorKind::Schema) on a schema that this version does not know,
    /// [`Denied`](longshore_store::ErrorKind::Denied) on a server that is too old or whose sessions
    /// cannot be set as they must be.
    pub async fn connect(options: MysqlOptions) -> Result<Self> {
        Self::open(options).await
    }

    fn open(options: MysqlOptions) -> Boxed<'static, Self> {
        Box::pin(async move {
            let database = options.check()?;
            let store = Self {
                inner: Arc::new(Inner::new(options, database)),
                thread: DatabaseThread::start("mysql")?,
            };
            store.status().await?.known()?;
            Ok(store)
        })
    }

    /// Connects as a pool of the caller's does. Longshore opens connections of its own: they must not be
    /// dropped in the middle of a statement, and heartbeats must not wait behind others.
    ///
    /// # Errors
    /// As [`MysqlStore::connect`].
    pub async fn from_pool(pool: &MySqlPool, options: MysqlOptions) -> Result<Self> {
        let connect = (*pool.connect_options()).clone();
        Self::connect(MysqlOptions { connect, ..options }).await
    }

    pub(crate) async fn status(&self) -> Result<SchemaStatus> {
        let inner = self.inner.clone();
        self.thread.run(async move { inner.status().await }).await
    }

    /// Runs work on the database thread, and again while the database is busy.
    pub(crate) async fn repeat<T, F, Work>(&self, work: Work) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
        Work: Fn(Arc<Inner>) -> F + Send + 'static,
    {
        let inner = self.inner.clone();
        let again = move || work(inner.clone());
        self.thread.run(retrying("mysql", RetryPolicy::CONTENTION, again)).await
    }
}

impl Inner {
    fn new(options: MysqlOptions, database: String) -> Self {
        let home = Home { database, prefix: options.prefix.clone() };
        let session = Session {
            connect: options.connect.clone().statement_cache_capacity(STATEMENTS),
            statement_timeout: options.statement_timeout,
            table_lock_timeout: options.statement_timeout,
            commits_itself: false,
        };
        let connections = |most| Connections::new(session.clone(), most, options.acquire_timeout);
        Self {
            sql: Sql::of(&home),
            work: connections(options.connections),
            questions: connections(2),
            heart: connections(1),
            changes: Session {
                statement_timeout: Duration::ZERO,
                table_lock_timeout: CHANGE_WAITS,
                commits_itself: true,
                ..session
            },
            board: HintBoard::new(),
            lanes: Mutex::default(),
            unseen: Unseen::default(),
            home,
            options,
        }
    }

    pub(crate) async fn status(&self) -> Result<SchemaStatus> {
        let mut unit = Unit::reading(&self.questions).await?;
        let found = Found::look(&mut unit.wire(), &self.home).await;
        unit.close(found.map(|found| found.status())).await
    }

    /// How the dynamic questions are asked here.
    pub(crate) fn ask(&self, now: Timestamp) -> Ask<'_> {
        let (schema, prefix) = (Some(self.home.database.as_str()), self.home.prefix.as_str());
        Ask { dialect: Dialect::Mysql, schema, prefix, now }
    }
}
