//! The one writer: whatever waits is done in one transaction and answered after its commit.
//!
//! SQLite lets one connection write at a time, and a commit waits for the disk. Callers that queue up
//! while a commit is on its way share the next one, so throughput grows with load by itself.

use std::time::Duration;

use async_trait::async_trait;
use longshore_store::{DatabaseThread, Enqueued, Error, ErrorKind, HintBoard, Result};
use sqlx::{SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::{mpsc, oneshot};

use crate::{
    clock,
    connect::{self, Patience},
    enqueue, fault,
    new_rows::NewRows,
};

/// Something to be done inside the writer's transaction.
///
/// It may run more than once, each time in a new transaction: when another operation of its group
/// failed, the group is rolled back and each runs alone.
#[async_trait]
pub(crate) trait Write: Send + Sync + 'static {
    /// What the caller gets, after the commit.
    type Answer: Send + 'static;

    /// Does it; commits nothing.
    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Self::Answer>;
}

/// The callers' side of the writer.
#[derive(Clone, Debug)]
pub(crate) struct Writer(mpsc::Sender<Request>);

/// Operations that share a commit at most: bounds how long the first of them waits.
const GROUP: usize = 256;
/// New jobs after which no further operation joins a group.
const GROUP_JOBS: usize = 4000;

impl Writer {
    /// Starts the writer on its thread.
    pub(crate) fn start(
        thread: &DatabaseThread,
        connection: SqliteConnection,
        settings: SqliteConnectOptions,
        patience: Duration,
        board: HintBoard,
    ) -> Self {
        let (sender, requests) = mpsc::channel(4 * GROUP);
        let work = Work { connection: Some(connection), settings, patience, board };
        thread.spawn(work.run(requests));
        Self(sender)
    }

    /// Stores jobs. Waiting calls are joined into the same few statements.
    pub(crate) async fn enqueue(&self, rows: NewRows) -> Result<Vec<Enqueued>> {
        let (to, answer) = oneshot::channel();
        self.send(Request::Enqueue(rows, to)).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Does something else.
    pub(crate) async fn write<W: Write>(&self, work: W) -> Result<W::Answer> {
        let (to, answer) = oneshot::channel();
        self.send(Request::Write(Box::new(Ticket { work, to, answer: None }))).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Ends the connection after everything that was asked for before.
    pub(crate) async fn close(&self) {
        let (to, ended) = oneshot::channel();
        if self.send(Request::Close(to)).await.is_ok() {
            let _ = ended.await;
        }
    }

    async fn send(&self, request: Request) -> Result<()> {
        self.0.send(request).await.map_err(|_| closed())
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the store is closed: connect again")
}

enum Request {
    Enqueue(NewRows, oneshot::Sender<Result<Vec<Enqueued>>>),
    Write(Box<dyn Pending>),
    Close(oneshot::Sender<()>),
}

/// A [`Write`] whose answer's type is forgotten.
#[async_trait]
trait Pending: Send {
    async fn apply(&mut self, connection: &mut SqliteConnection) -> Result<()>;
    /// Tells the caller how it ended.
    fn settle(self: Box<Self>, ended: Result<()>);
}

struct Ticket<W: Write> {
    work: W,
    to: oneshot::Sender<Result<W::Answer>>,
    answer: Option<W::Answer>,
}

#[async_trait]
impl<W: Write> Pending for Ticket<W> {
    async fn apply(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        self.answer = Some(self.work.apply(connection).await?);
        Ok(())
    }

    fn settle(self: Box<Self>, ended: Result<()>) {
        let Self { to, answer, .. } = *self;
        let _ = to.send(ended.and_then(|()| answer.ok_or_else(closed)));
    }
}

/// All new jobs of a group, and all else.
#[derive(Default)]
struct Group {
    enqueues: Vec<(NewRows, oneshot::Sender<Result<Vec<Enqueued>>>)>,
    writes: Vec<Box<dyn Pending>>,
}

impl Group {
    fn len(&self) -> usize {
        self.enqueues.len() + self.writes.len()
    }

    fn is_full(&self) -> bool {
        let jobs: usize = self.enqueues.iter().map(|(rows, _)| rows.len()).sum();
        self.len() >= GROUP || jobs >= GROUP_JOBS
    }

    /// Groups of one, in order.
    fn split(self) -> impl Iterator<Item = Self> {
        let enqueues =
            self.enqueues.into_iter().map(|one| Self { enqueues: vec![one], ..Self::default() });
        let writes =
            self.writes.into_iter().map(|one| Self { writes: vec![one], ..Self::default() });
        enqueues.chain(writes)
    }

    async fn apply(&mut self, connection: &mut SqliteConnection) -> Result<Vec<Enqueued>> {
        let rows: Vec<&NewRows> = self.enqueues.iter().map(|(rows, _)| rows).collect();
        let enqueued = enqueue::enqueue(connection, &rows, clock::now()).await?;
        for write in &mut self.writes {
            write.apply(connection).await?;
        }
        Ok(enqueued)
    }

    /// Tells every caller; `share` says what each gets of a failure.
    fn settle(
        self,
        ended: Result<Vec<Enqueued>>,
        board: &HintBoard,
        share: impl Fn(&Error) -> Error,
    ) {
        let (mut enqueued, failure) = match ended {
            Ok(enqueued) => (enqueued.into_iter(), None),
            Err(error) => (Vec::new().into_iter(), Some(error)),
        };
        let outcome = || failure.as_ref().map_or(Ok(()), |error| Err(share(error)));
        for (rows, to) in self.enqueues {
            let mine: Vec<_> = enqueued.by_ref().take(rows.len()).collect();
            if failure.is_none() {
                rows.hint(board);
            }
            let _ = to.send(outcome().map(|()| mine));
        }
        for write in self.writes {
            write.settle(outcome());
        }
    }
}

struct Work {
    /// `None` after the connection broke: the next group opens another.
    connection: Option<SqliteConnection>,
    settings: SqliteConnectOptions,
    patience: Duration,
    board: HintBoard,
}

impl Work {
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.recv().await {
            // Callers that were woken by the last commit get the chance to ask again before this one
            // begins. Measured with 8 producers of single jobs: one yield gives half as much again, a
            // timer of 100 µs a third of it.
            tokio::task::yield_now().await;
            let (mut group, mut close) = (Group::default(), None);
            let mut next = Some(first);
            while let Some(request) = next {
                match request {
                    Request::Enqueue(rows, to) => group.enqueues.push((rows, to)),
                    Request::Write(write) => group.writes.push(write),
                    Request::Close(to) => close = Some(to),
                }
                let full = close.is_some() || group.is_full();
                next = if full { None } else { requests.try_recv().ok() };
            }
            self.serve(group).await;
            if let Some(to) = close {
                if let Some(connection) = self.connection.take() {
                    let _ = sqlx::Connection::close(connection).await;
                }
                let _ = to.send(());
                return;
            }
        }
    }

    async fn serve(&mut self, mut group: Group) {
        let ended = self.transact(&mut group).await;
        match ended {
            // One of them is at fault, or the whole cannot be done at once: each on its own.
            Err(error) if group.len() > 1 && !self.is_shared(&error) => {
                tracing::debug!(%error, operations = group.len(), "group rolled back: each runs alone");
                for mut one in group.split() {
                    let ended = self.transact(&mut one).await;
                    one.settle(ended, &self.board, again);
                }
            }
            ended => group.settle(ended, &self.board, again),
        }
    }

    /// Whether a failure is not the fault of one operation, so that trying each alone cannot help.
    fn is_shared(&self, error: &Error) -> bool {
        self.connection.is_none() || error.is_transient()
    }

    async fn transact(&mut self, group: &mut Group) -> Result<Vec<Enqueued>> {
        if group.len() == 0 {
            return Ok(Vec::new());
        }
        let mut patience = Patience::of(self.patience);
        loop {
            match self.transact_once(group).await {
                Err(error) => patience.after(error).await?,
                enqueued => return enqueued,
            }
        }
    }

    async fn transact_once(&mut self, group: &mut Group) -> Result<Vec<Enqueued>> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect::writer(&self.settings, self.patience).await?,
        };
        let ended = transaction(&mut connection, group).await;
        // A rollback that works proves the connection; one that is refused ends it.
        let sound = ended.is_ok() || roll_back(&mut connection).await;
        if sound {
            self.connection = Some(connection);
        }
        ended
    }
}

async fn transaction(
    connection: &mut SqliteConnection,
    group: &mut Group,
) -> Result<Vec<Enqueued>> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await.map_err(fault::error)?;
    let enqueued = group.apply(connection).await?;
    sqlx::query("COMMIT").execute(connection).await.map_err(fault::of_commit)?;
    Ok(enqueued)
}

/// Leaves no transaction open; `false` if that is not certain.
async fn roll_back(connection: &mut SqliteConnection) -> bool {
    match sqlx::query("ROLLBACK").execute(connection).await {
        Ok(_) => true,
        // SQLite rolled back by itself, or the transaction never began.
        Err(sqlx::Error::Database(refusal)) => {
            refusal.message().contains("no transaction is active")
        }
        Err(_) => false,
    }
}

/// The same error for one more caller.
fn again(error: &Error) -> Error {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(below) = cause {
        message = format!("{message}: {below}");
        cause = below.source();
    }
    Error::new(error.kind(), message)
}
