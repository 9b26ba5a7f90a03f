//! A database for one measurement, and what the server tells of it.

use longshore::{
    Client, Result,
    sqlx::{AssertSqlSafe, Connection, PgConnection, query_scalar, raw_sql},
};
use serde_json::Value;

use crate::processor::parent;

const NAME: &str = "longshore_scale";

/// Bytes of the log, and transactions that wrote something, since the server was made.
const WRITTEN: &str = "SELECT jsonb_build_object(
    'log_bytes', pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0'),
    'commits', pg_snapshot_xmax(pg_current_snapshot())::text::int8)::text";

/// What connections tell when they end, hence all at once.
const TOLD: &str = "SELECT (to_jsonb(wal) || to_jsonb(bgwriter))::text
    FROM pg_stat_wal AS wal, pg_stat_bgwriter AS bgwriter";

/// Of each table, all partitions together: its bytes, and those of its indexes.
const SIZES: &str = "SELECT jsonb_object_agg(name, jsonb_build_array(bytes, indexes))::text
    FROM (
        SELECT substring(coalesce(pg_partition_root(c.oid), c.oid)::regclass::text FROM '[a-z]+$') AS name,
               sum(pg_table_size(c.oid)) AS bytes, sum(pg_indexes_size(c.oid)) AS indexes
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'longshore' AND c.relkind = 'r'
        GROUP BY 1
    ) AS tables
    WHERE name IN ('jobs', 'attempts', 'queue', 'leases')";

/// What the server is, and what decides its speed.
const SETTINGS: &str = "SELECT jsonb_build_object('server', split_part(version(), ' on ', 1), 'settings',
    (SELECT jsonb_object_agg(name, current_setting(name)) FROM unnest(ARRAY[
        'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'wal_compression'
    ]) AS name))::text";

/// Prints [`SETTINGS`].
pub(crate) async fn settings(admin: &str) -> Result {
    let mut connection = PgConnection::connect(admin).await?;
    println!("{}", query_scalar::<_, String>(SETTINGS).fetch_one(&mut connection).await?);
    connection.close().await?;
    Ok(())
}

/// A server, with an empty database.
pub(crate) struct Server {
    connection: PgConnection,
    /// The URL of the database.
    pub(crate) url: String,
    /// The server's first process, and the one that answers us.
    pub(crate) processes: (u32, u32),
}

impl Server {
    /// Makes the database anew, with Longshore's tables.
    pub(crate) async fn with_database(admin: &str) -> Result<Self> {
        let (server, _) = admin.rsplit_once('/').ok_or("the URL names no database")?;
        let url = format!("{server}/{NAME}");
        let mut first = PgConnection::connect(admin).await?;
        // The times of flushes cost two looks at the clock for each.
        for statement in ["ALTER SYSTEM SET track_wal_io_timing = on", "SELECT pg_reload_conf()"] {
            raw_sql(statement).execute(&mut first).await?;
        }
        for verb in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            raw_sql(AssertSqlSafe(format!("{verb} {NAME}"))).execute(&mut first).await?;
        }
        first.close().await?;
        let client = Client::connect(&url).await?;
        client.store().close().await;
        let mut connection = PgConnection::connect(&url).await?;
        let pid: i32 = query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        let pid = pid.unsigned_abs();
        let first = parent(pid)
            .ok_or("the server's processes are not to be seen: is it on this machine?")?;
        Ok(Self { connection, url, processes: (first, pid) })
    }

    /// [`WRITTEN`].
    pub(crate) async fn written(&mut self) -> Result<Value> {
        self.tells(WRITTEN).await
    }

    /// [`TOLD`].
    pub(crate) async fn told(&mut self) -> Result<Value> {
        self.tells(TOLD).await
    }

    /// [`SIZES`].
    pub(crate) async fn sizes(&mut self) -> Result<Value> {
        self.tells(SIZES).await
    }

    /// Drops the database.
    pub(crate) async fn end(self, admin: &str) -> Result {
        self.connection.close().await?;
        let mut last = PgConnection::connect(admin).await?;
        raw_sql(AssertSqlSafe(format!("DROP DATABASE {NAME} WITH (FORCE)")))
            .execute(&mut last)
            .await?;
        last.close().await?;
        Ok(())
    }

    async fn tells(&mut self, question: &'static str) -> Result<Value> {
        let text: String = query_scalar(question).fetch_one(&mut self.connection).await?;
        Ok(serde_json::from_str(&text)?)
    }
}
