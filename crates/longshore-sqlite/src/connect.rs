//! Opening connections: the pragmas on which guarantees and speed depend.

use std::time::{Duration, Instant};

use longshore_store::{Error, ErrorKind, Result, RetryPolicy};
use sqlx::{
    ConnectOptions, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

use crate::{Database, Opening, SqliteOptions, Synchronous, fault};

/// The connection options that these options stand for.
pub(crate) fn settings(options: &SqliteOptions) -> SqliteConnectOptions {
    let place = match &options.database {
        Database::File(path) => SqliteConnectOptions::new().filename(path),
        Database::Memory => SqliteConnectOptions::new().filename(":memory:"),
    };
    let place = place
        .create_if_missing(options.opening == Opening::Create)
        .read_only(options.opening == Opening::Read);
    tuned(place, options)
}

/// The same database, with the settings that Longshore needs.
pub(crate) fn tuned(place: SqliteConnectOptions, options: &SqliteOptions) -> SqliteConnectOptions {
    let synchronous = match options.synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
    };
    place
        .synchronous(synchronous)
        .busy_timeout(options.busy_timeout)
        .foreign_keys(false)
        .pragma("cache_size", format!("-{}", options.cache_bytes / 1024))
        .pragma("temp_store", "MEMORY")
        // A claim's rows come back in one go: with the default of 50, two threads wake each other by turns.
        .row_buffer_size(4096)
        .thread_name(|n| format!("longshore-sqlite-{n}"))
        .disable_statement_logging()
}

/// Opens the connection that writes, in WAL mode.
pub(crate) async fn writer(
    settings: &SqliteConnectOptions,
    busy_timeout: Duration,
) -> Result<SqliteConnection> {
    let mut connection = open(settings).await?;
    // Turning WAL on needs the file alone, and SQLite does not wait for that by itself.
    let mut patience = Patience::of(busy_timeout);
    while let Err(error) = turn_on_wal(&mut connection).await {
        patience.after(error).await?;
    }
    Ok(connection)
}

/// Opens a connection.
pub(crate) async fn open(settings: &SqliteConnectOptions) -> Result<SqliteConnection> {
    let opened = SqliteConnection::connect_with(settings).await;
    opened.map_err(|error| {
        let error = fault::error(error);
        let path = settings.get_filename().display();
        Error::new(error.kind(), format!("`{path}`: {error}")).caused_by(error)
    })
}

/// How long to go on trying while others hold the database.
pub(crate) struct Patience {
    begun: Instant,
    most: Duration,
    repetition: u32,
}

impl Patience {
    pub(crate) fn of(most: Duration) -> Self {
        Self { begun: Instant::now(), most, repetition: 0 }
    }

    /// Waits a jittered while after a failure that others caused.
    ///
    /// # Errors
    /// The failure, when it has another cause or patience is over.
    pub(crate) async fn after(&mut self, error: Error) -> Result<()> {
        if error.kind() != ErrorKind::Busy || self.begun.elapsed() >= self.most {
            return Err(error);
        }
        self.repetition += 1;
        metrics::counter!("longshore_store_retries_total", "engine" => "sqlite").increment(1);
        tracing::debug!(%error, repetition = self.repetition, "SQLite is busy: repeating");
        tokio::time::sleep(RetryPolicy::CONTENTION.pause(self.repetition, roll())).await;
        Ok(())
    }
}

/// A number in `0.0..1.0` that differs from call to call; good enough to spread pauses and retries.
pub(crate) fn roll() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

async fn turn_on_wal(connection: &mut SqliteConnection) -> Result<()> {
    let mode = sqlx::query("PRAGMA journal_mode").fetch_one(&mut *connection).await;
    let mode: String = mode.and_then(|row| row.try_get(0)).map_err(fault::error)?;
    if mode == "wal" {
        return Ok(());
    }
    // A database in memory keeps its mode; one that cannot be written refuses.
    match sqlx::query("PRAGMA journal_mode = WAL").execute(connection).await.map_err(fault::error) {
        Err(error) if error.kind() != ErrorKind::Denied => Err(error),
        _ => Ok(()),
    }
}
