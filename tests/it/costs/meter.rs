//! What an engine has done so far, by its own books.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use longshore::sqlx::{
    AssertSqlSafe, Connection, MySqlConnection, PgConnection, Row, SqliteConnection, raw_sql,
    sqlite::SqliteConnectOptions,
};
use tokio::runtime::{Builder, Runtime};

use super::proxy::Proxy;
use crate::place::Place;

/// Figures with their names; those of an engine are always the same, in the same order.
pub(super) type Figures = Vec<(&'static str, u64)>;

/// Reads the books of a server that nobody else uses.
pub(super) struct Meter {
    runtime: Runtime,
    books: Books,
}

enum Books {
    Postgres { url: String, schema: String, proxy: Proxy },
    MySql { url: String, proxy: Proxy },
    Sqlite { wal: PathBuf, _reader: SqliteConnection },
}

/// Pages are logged whole after a checkpoint, and vacuum logs what it does: when, is a matter of time.
const QUIET: &str = "ALTER SYSTEM SET full_page_writes = off; ALTER SYSTEM SET autovacuum = off; \
                     ALTER SYSTEM SET checkpoint_timeout = '1h'; ALTER SYSTEM SET max_wal_size = '8GB'";

/// Statistics of tables are rows, too, which a thread of the server writes when it likes.
const QUIET_MYSQL: &str = "SET GLOBAL innodb_stats_auto_recalc = OFF";

const POSTGRES: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::int8, \
    (pg_current_wal_insert_lsn() - '0/0')::int8, \
    sum(n_tup_ins + n_tup_upd + n_tup_del)::int8, \
    sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int8 \
    FROM pg_stat_user_tables WHERE schemaname = ";

const MYSQL: [(&str, &[&str]); 4] = [
    ("commits", &["Com_commit"]),
    ("log bytes", &["Innodb_lsn_current", "Innodb_redo_log_current_lsn"]),
    ("rows written", &["Handler_write", "Handler_update", "Handler_delete"]),
    (
        "rows read",
        &["Handler_read_key", "Handler_read_next", "Handler_read_rnd", "Handler_read_rnd_next"],
    ),
];

/// Longer than a session takes to end on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The head of the file, and of each frame in it.
const WAL_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
const PAGE: usize = 4096;

impl Meter {
    /// For a server of a test's own. Programs reach it through [`Meter::door`].
    pub(super) fn of_server(url: &str) -> Self {
        let runtime = runtime();
        let proxy = Proxy::before(url);
        let url = url.to_owned();
        let books = if url.starts_with("mysql:") {
            runtime.block_on(async {
                let mut connection = MySqlConnection::connect(&url).await.unwrap();
                raw_sql(QUIET_MYSQL).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            });
            Books::MySql { url, proxy }
        } else {
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&url).await.unwrap();
                for setting in QUIET.split(';').chain(["SELECT pg_reload_conf()"]) {
                    raw_sql(setting).execute(&mut connection).await.unwrap();
                }
                connection.close().await.unwrap();
            });
            Books::Postgres { url, schema: String::new(), proxy }
        };
        Self { runtime, books }
    }

    /// For a migrated file. Whoever reads its first state keeps all that is logged after it.
    pub(super) fn of_file(place: &Place) -> Self {
        let runtime = runtime();
        let file = place.folder.path().join("longshore.db");
        let reader = runtime.block_on(async {
            let options = SqliteConnectOptions::new().filename(&file);
            let mut reader = SqliteConnection::connect_with(&options).await.unwrap();
            let begin = "BEGIN; SELECT COUNT(*) FROM longshore_queue";
            raw_sql(begin).fetch_all(&mut reader).await.unwrap();
            reader
        });
        let wal = file.with_extension("db-wal");
        Self { runtime, books: Books::Sqlite { wal, _reader: reader } }
    }

    /// Where programs connect to be counted.
    pub(super) fn door(&self) -> &str {
        match &self.books {
            Books::Postgres { proxy, .. } | Books::MySql { proxy, .. } => &proxy.url,
            Books::Sqlite { .. } => "",
        }
    }

    /// Whose work is counted.
    pub(super) fn watch(&mut self, place: &Place) {
        if let (Books::Postgres { schema, .. }, Some(name)) = (&mut self.books, &place.schema) {
            schema.clone_from(name);
        }
    }

    /// What was done up to now by programs that have ended. Statements are counted from the last look.
    pub(super) fn read(&mut self) -> Figures {
        match &mut self.books {
            Books::Postgres { url, schema, proxy } => {
                let figures = self.runtime.block_on(postgres(url, schema));
                with_statements(proxy, figures)
            }
            Books::MySql { url, proxy } => {
                let figures = self.runtime.block_on(mysql(url));
                with_statements(proxy, figures)
            }
            Books::Sqlite { wal, .. } => sqlite(&fs::read(wal).unwrap_or_default()),
        }
    }
}

/// The figures of a server, once all sessions have ended: then nobody says anything more.
fn with_statements(proxy: &Proxy, figures: Figures) -> Figures {
    let statements = proxy.take().values().sum();
    [vec![("statements", statements)], figures].concat()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn postgres(url: &str, schema: &str) -> Figures {
    let mut connection = PgConnection::connect(url).await.unwrap();
    // A session enters what it did into the books when it ends, which the program need not wait for.
    let others = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
    let begun = Instant::now();
    while !raw_sql(others).fetch_all(&mut connection).await.unwrap().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "a program has ended and its session has not");
    }
    let row = raw_sql(AssertSqlSafe(format!("{POSTGRES}'{schema}'")));
    let row = row.fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let figure = |at: usize| row.get::<i64, _>(at).unsigned_abs();
    let names = ["commits", "log bytes", "rows written", "rows read"];
    names.into_iter().enumerate().map(|(at, name)| (name, figure(at))).collect()
}

async fn mysql(url: &str) -> Figures {
    let mut connection = MySqlConnection::connect(url).await.unwrap();
    let version: (String,) =
        longshore::sqlx::query_as("SELECT VERSION()").fetch_one(&mut connection).await.unwrap();
    if version.0.contains("MariaDB") {
        // What was deleted is cleared away later, and that is logged, too.
        let wait = "SET GLOBAL innodb_max_purge_lag_wait = 0";
        raw_sql(wait).execute(&mut connection).await.unwrap();
    }
    let rows = raw_sql("SHOW GLOBAL STATUS").fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let value = |name: &&str| {
        let row = rows.iter().find(|row| row.get_unchecked::<String, _>(0) == *name);
        row.map_or(0, |row| row.get_unchecked::<String, _>(1).parse().unwrap())
    };
    MYSQL.iter().map(|(figure, parts)| (*figure, parts.iter().map(value).sum())).collect()
}

/// Each frame is a page; the last of a commit tells how many pages the database has.
fn sqlite(wal: &[u8]) -> Figures {
    let frames = wal.get(WAL_HEAD..).unwrap_or_default().chunks_exact(FRAME_HEAD + PAGE);
    let commits = frames.clone().filter(|frame| frame[4..8] != [0; 4]).count();
    vec![
        ("commits", commits as u64),
        ("log bytes", wal.len() as u64),
        ("pages", frames.count() as u64),
    ]
}
