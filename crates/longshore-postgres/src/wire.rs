//! A connection, and the way statements are sent over it.

use std::{future::Future, io, time::Duration};

use futures_util::TryStreamExt;
use longshore_store::Result;
use sqlx::{
    Executor, PgConnection, SqlSafeStr, SqlStr,
    postgres::{PgArguments, PgRow},
};

use crate::error::refused;

/// A borrowed connection: one of our own, or one with the caller's open transaction.
pub(crate) struct Wire<'c> {
    pub(crate) connection: &'c mut PgConnection,
    /// Whether statements are prepared on the server and kept there.
    pub(crate) prepared: bool,
    /// How long an answer may take before the connection is taken for dead; `None` where the caller
    /// owns the connection.
    pub(crate) patience: Option<Duration>,
}

impl Wire<'_> {
    /// Runs a statement and returns its rows.
    pub(crate) async fn rows(
        &mut self,
        sql: &SqlStr,
        arguments: PgArguments,
    ) -> Result<Vec<PgRow>> {
        let query = sqlx::query_with(sql.clone(), arguments).persistent(self.prepared);
        patiently(self.patience, query.fetch_all(&mut *self.connection)).await
    }

    /// Runs a statement and shows each of its rows as it comes in, while the server still writes.
    pub(crate) async fn each(
        &mut self,
        sql: &SqlStr,
        arguments: PgArguments,
        mut see: impl FnMut(&PgRow),
    ) -> Result<()> {
        let query = sqlx::query_with(sql.clone(), arguments).persistent(self.prepared);
        let mut rows = query.fetch(&mut *self.connection);
        let seen = async {
            while let Some(row) = rows.try_next().await? {
                see(&row);
            }
            Ok(())
        };
        patiently(self.patience, seen).await
    }

    /// Runs a statement that returns at most one row.
    pub(crate) async fn row(
        &mut self,
        sql: &SqlStr,
        arguments: PgArguments,
    ) -> Result<Option<PgRow>> {
        Ok(self.rows(sql, arguments).await?.into_iter().next())
    }

    /// Runs texts without parameters, also several at once.
    pub(crate) async fn raw(&mut self, sql: impl SqlSafeStr) -> Result<()> {
        let text = sqlx::raw_sql(sql);
        patiently(self.patience, self.connection.execute(text)).await.map(|_| ())
    }
}

/// Waits for an answer. Who gives up has a broken connection, which is then closed and not used again,
/// so no answer is ever taken for that of another statement.
pub(crate) async fn patiently<T>(
    patience: Option<Duration>,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T> {
    let answered = match patience {
        None => answer.await,
        Some(patience) => tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| {
            let message = format!("no answer for {} s", patience.as_secs());
            Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, message)))
        }),
    };
    answered.map_err(refused)
}
