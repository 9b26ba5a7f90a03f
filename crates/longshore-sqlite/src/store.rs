//! The store: one writer, two readers, one thread for both.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use longshore_core::{Limits, NewJob};
use longshore_store::{Boxed, DatabaseThread, Enqueued, Finish, Finished, HintBoard, Result};
use sqlx::{
    SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use crate::{
    Database, SqliteOptions, clock, close,
    closings::Closings,
    connect, enqueue, fault,
    new_rows::NewRows,
    schema,
    writer::{Write, Writer},
};

/// Longshore's storage in a SQLite database. Clones share its connections.
#[derive(Clone)]
pub struct SqliteStore(Arc<Inner>);

struct Inner {
    thread: DatabaseThread,
    writer: Writer,
    /// `None` for a database in memory: it has one connection, the writer's.
    readers: Option<SqlitePool>,
    board: HintBoard,
    limits: Limits,
    /// Whether the schema was seen to be one that this version works on.
    ready: AtomicBool,
}

impl SqliteStore {
    /// Opens a database. It never migrates: see [`Maintain::migrate`](longshore_store::Maintain::migrate).
    ///
    /// # Errors
    /// [`Unavailable`](longshore_store::ErrorKind::Unavailable) if the file cannot be opened,
    /// [`Schema`](longshore_store::ErrorKind::Schema) if its schema is one that this version does not know.
    pub async fn connect(options: SqliteOptions) -> Result<Self> {
        let settings = connect::settings(&options);
        let one_connection = options.database == Database::Memory;
        Self::open(settings, options.busy_timeout, options.limits, one_connection).await
    }

    /// Opens the database of a pool of the program's own, with connections of its own.
    ///
    /// The pool says where the database is; the other options hold. The database is put into WAL mode,
    /// which the pool's connections follow.
    ///
    /// # Errors
    /// As [`SqliteStore::connect`].
    pub async fn from_pool(pool: &SqlitePool, options: SqliteOptions) -> Result<Self> {
        let settings = connect::tuned((*pool.connect_options()).clone(), &options);
        Self::open(settings, options.busy_timeout, options.limits, false).await
    }

    fn open(
        settings: SqliteConnectOptions,
        patience: Duration,
        limits: Limits,
        one_connection: bool,
    ) -> Boxed<'static, Self> {
        Box::pin(async move {
            let thread = DatabaseThread::start("sqlite")?;
            let board = HintBoard::new();
            let (connection, status) = {
                let settings = settings.clone();
                let opening = async move {
                    let mut connection = connect::writer(&settings, patience).await?;
                    let status = schema::status(&mut connection).await?;
                    Ok((connection, status))
                };
                thread.run(opening).await?
            };
            // A missing or old schema may be migrated through this very store.
            status.known()?;
            let ready = status.usable().is_ok();
            let writer =
                Writer::start(&thread, connection, settings.clone(), patience, board.clone());
            let readers = (!one_connection).then(|| {
                let only_reads = settings.pragma("query_only", "ON").create_if_missing(false);
                let lasting = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None);
                lasting.max_connections(2).connect_lazy_with(only_reads)
            });
            let ready = AtomicBool::new(ready);
            Ok(Self(Arc::new(Inner { thread, writer, readers, board, limits, ready })))
        })
    }

    /// Stores jobs in the caller's own open transaction; commits nothing. Hints are the caller's, after
    /// the commit: [`Consume::hint`](longshore_store::Consume::hint).
    ///
    /// # Errors
    /// As [`Produce::enqueue`](longshore_store::Produce::enqueue).
    pub async fn enqueue_in(
        &self,
        connection: &mut SqliteConnection,
        jobs: &[NewJob],
    ) -> Result<Vec<Enqueued>> {
        store_in(connection, NewRows::of(jobs, &self.0.limits)?).await
    }

    /// Closes attempts in the caller's own open transaction; commits nothing.
    ///
    /// # Errors
    /// As [`Consume::finish`](longshore_store::Consume::finish).
    pub async fn finish_in(
        &self,
        connection: &mut SqliteConnection,
        finishes: &[Finish],
    ) -> Result<Vec<Finished>> {
        close_in(connection, Closings::of(finishes)?).await
    }

    pub(crate) fn limits(&self) -> Limits {
        self.0.limits
    }

    pub(crate) fn board(&self) -> &HintBoard {
        &self.0.board
    }

    /// Stores jobs through the writer.
    pub(crate) async fn enqueue_rows(&self, rows: NewRows) -> Result<Vec<Enqueued>> {
        self.ensure_ready().await?;
        self.0.writer.enqueue(rows).await
    }

    /// Does something in the writer's next transaction.
    pub(crate) async fn write<W: Write>(&self, work: W) -> Result<W::Answer> {
        self.ensure_ready().await?;
        self.0.writer.write(work).await
    }

    /// Reads something from one consistent state of the database.
    pub(crate) async fn read<R: Read>(&self, question: R) -> Result<R::Answer> {
        self.ensure_ready().await?;
        self.read_anyway(question).await
    }

    /// Does something whatever the schema is.
    pub(crate) async fn write_anyway<W: Write>(&self, work: W) -> Result<W::Answer> {
        self.0.writer.write(work).await
    }

    /// Reads something whatever the schema is.
    pub(crate) async fn read_anyway<R: Read>(&self, question: R) -> Result<R::Answer> {
        let Some(readers) = self.0.readers.clone() else {
            return self.0.writer.write(Asked(question)).await;
        };
        let asking = async move {
            let mut reader = readers.acquire().await.map_err(fault::error)?;
            if R::ONE_STATEMENT {
                return question.ask(&mut reader).await;
            }
            // Several statements see one state of the database only inside a transaction.
            let mut snapshot = sqlx::Connection::begin(&mut *reader).await.map_err(fault::error)?;
            let answer = question.ask(&mut snapshot).await?;
            snapshot.rollback().await.map_err(fault::error)?;
            Ok(answer)
        };
        self.0.thread.run(asking).await
    }

    /// Notes that the schema is as it should be.
    pub(crate) fn set_ready(&self) {
        self.0.ready.store(true, Ordering::Relaxed);
    }

    pub(crate) async fn end(&self) {
        self.0.writer.close().await;
        if let Some(readers) = self.0.readers.clone() {
            let closing = async move {
                readers.close().await;
                Ok(())
            };
            let _ = self.0.thread.run(closing).await;
        }
    }

    async fn ensure_ready(&self) -> Result<()> {
        if self.0.ready.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.read_anyway(schema::Status).await?.usable()?;
        self.set_ready();
        Ok(())
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// A question.
#[async_trait]
pub(crate) trait Read: Send + Sync + 'static {
    /// The answer.
    type Answer: Send + 'static;

    /// Whether one statement answers it; else it is asked inside a transaction.
    const ONE_STATEMENT: bool = false;

    /// Asks it.
    async fn ask(&self, connection: &mut SqliteConnection) -> Result<Self::Answer>;
}

/// A question to the only connection.
struct Asked<R>(R);

#[async_trait]
impl<R: Read> Write for Asked<R> {
    type Answer = R::Answer;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<R::Answer> {
        self.0.ask(connection).await
    }
}

fn store_in(connection: &mut SqliteConnection, rows: NewRows) -> Boxed<'_, Vec<Enqueued>> {
    Box::pin(async move { enqueue::enqueue(connection, &[&rows], clock::now()).await })
}

fn close_in(connection: &mut SqliteConnection, closings: Closings) -> Boxed<'_, Vec<Finished>> {
    Box::pin(async move { close::close(connection, &closings, clock::now()).await })
}
