//! The storage: its thread, its connections, its statements.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use longshore_core::{Lane, Timestamp};
use longshore_query::{Ask, Dialect};
use longshore_store::{
    Boxed, DatabaseThread, HintBoard, Result, RetryPolicy, SchemaStatus, retrying,
};
use sqlx::{PgPool, postgres::PgConnectOptions};

use crate::{
    connections::Connections,
    listen::Listener,
    notify::Notifier,
    options::{Pooler, PostgresOptions, check_schema},
    schema::status,
    sql::Sql,
    trust::Trust,
    unit::{Manner, Unit},
};

/// Longshore in PostgreSQL. Clones are cheap and share everything.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pub(crate) inner: Arc<Inner>,
    /// Last, so that the thread outlives what lives on it.
    pub(crate) thread: DatabaseThread,
}

/// What all clones share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) options: PostgresOptions,
    pub(crate) sql: Sql,
    pub(crate) trust: Trust,
    pub(crate) manner: Manner,
    /// Claims, finishes, enqueues, steps by hand: planner pinned to the indexes these are written for.
    pub(crate) work: Arc<Connections>,
    /// Questions and counts, with the planner's full freedom.
    pub(crate) questions: Arc<Connections>,
    /// Heartbeats, so that they never wait for anything else.
    pub(crate) heart: Arc<Connections>,
    pub(crate) board: HintBoard,
    pub(crate) notifier: Notifier,
    pub(crate) listener: Listener,
    /// Lanes that are known to be registered.
    pub(crate) lanes: Mutex<HashSet<Lane>>,
}

impl PostgresStore {
    /// Connects. Does not migrate: until somebody did, calls fail with
    /// [`ErrorKind::Schema`](longshore_store::ErrorKind::Schema).
    ///
    /// # Errors
    /// [`Unavailable`](longshore_store::ErrorKind::Unavailable) without a server,
    /// [`Schema`](longshore_store::ErrorKind::Schema) on a schema that this version does not know.
    pub async fn connect(options: PostgresOptions) -> Result<Self> {
        Self::open(options).await
    }

    fn open(options: PostgresOptions) -> Boxed<'static, Self> {
        Box::pin(async move {
            check_schema(&options.schema)?;
            let store = Self {
                inner: Arc::new(Inner::new(options)),
                thread: DatabaseThread::start("postgres")?,
            };
            store.status().await?.known()?;
            Ok(store)
        })
    }

    /// Connects as a pool of the caller's does. Longshore opens connections of its own: they must not be
    /// dropped in the middle of a statement, and heartbeats must not wait behind others.
    ///
    /// # Errors
    /// As [`PostgresStore::connect`].
    pub async fn from_pool(pool: &PgPool, options: PostgresOptions) -> Result<Self> {
        let connect = (*pool.connect_options()).clone();
        Self::connect(PostgresOptions { connect, ..options }).await
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
        self.thread.run(retrying("postgres", RetryPolicy::CONTENTION, again)).await
    }
}

impl Inner {
    fn new(options: PostgresOptions) -> Self {
        let sql = Sql::of(&options.schema);
        let manner =
            Manner { pooler: options.pooler, statement_timeout: options.statement_timeout };
        let plain = session(&options, false);
        let pinned = session(&options, true);
        let connections = |connect: &PgConnectOptions, most| {
            Connections::new(connect.clone(), most, options.acquire_timeout)
        };
        let notify = options.notify && options.pooler == Pooler::None;
        Self {
            trust: Trust::of(&sql.enqueue),
            sql,
            manner,
            work: connections(&pinned, options.connections),
            questions: connections(&plain, 2),
            heart: connections(&pinned, 1),
            board: HintBoard::new(),
            notifier: Notifier::new(notify, plain.clone(), &options.schema),
            listener: Listener::new(notify, plain, &options.schema),
            lanes: Mutex::default(),
            options,
        }
    }

    pub(crate) async fn status(&self) -> Result<SchemaStatus> {
        let mut unit = Unit::reading(&self.questions, self.manner).await?;
        let answer = status(&mut unit.wire(), &self.options.schema).await;
        unit.close(answer).await
    }

    /// How the dynamic questions are asked here.
    pub(crate) fn ask(&self, now: Timestamp) -> Ask<'_> {
        Ask { dialect: Dialect::Postgres, schema: Some(&self.options.schema), prefix: "", now }
    }
}

/// What a session of ours is like. Behind a transaction pooler nothing may be set for a session.
fn session(options: &PostgresOptions, pinned: bool) -> PgConnectOptions {
    let mut connect = options.connect.clone();
    if connect.get_application_name().is_none() {
        connect = connect.application_name("longshore");
    }
    if options.pooler == Pooler::Transaction {
        return connect.extra_float_digits(None);
    }
    let timeout = options.statement_timeout.as_millis().to_string();
    connect = connect.options([("statement_timeout", timeout.as_str()), ("jit", "off")]);
    if pinned {
        // Statistics of tables that fill and empty are always old; the statements are written for
        // their indexes, and a plan that scans or hashes instead is a mistake of the planner's. Leases are
        // locked in the order of their ids by everybody, which bitmaps would not keep. The parameters decide
        // nothing about these plans, so nobody plans anew for them: a finish of one job else does each time, and
        // takes 277 us of the server instead of 164 (1,000 calls, two runs of each in turns).
        connect = connect.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_bitmapscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ]);
    }
    connect
}
