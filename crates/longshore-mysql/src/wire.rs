//! A connection, and the way statements are sent over it.

use std::{future::Future, io, time::Duration};

use longshore_store::Result;
use sqlx::{
    Executor, MySqlConnection, SqlSafeStr, SqlStr,
    mysql::{MySqlArguments, MySqlRow},
};

use uuid::Uuid;

use crate::{
    bind::add,
    error::refused,
    sql::{Listed, MOST_IDS},
};

/// A borrowed connection: one of our own, or one with the caller's open transaction.
pub(crate) struct Wire<'c> {
    pub(crate) connection: &'c mut MySqlConnection,
    /// How long an answer may take before the connection is taken for dead; `None` where the caller
    /// owns the connection.
    pub(crate) patience: Option<Duration>,
}

impl Wire<'_> {
    /// Runs a statement and returns its rows.
    pub(crate) async fn rows(
        &mut self,
        sql: &SqlStr,
        arguments: MySqlArguments,
    ) -> Result<Vec<MySqlRow>> {
        let query = sqlx::query_with(sql.clone(), arguments);
        patiently(self.patience, query.fetch_all(&mut *self.connection)).await
    }

    /// Runs a statement that returns at most one row.
    pub(crate) async fn row(
        &mut self,
        sql: &SqlStr,
        arguments: MySqlArguments,
    ) -> Result<Option<MySqlRow>> {
        Ok(self.rows(sql, arguments).await?.into_iter().next())
    }

    /// Runs a statement that changes rows, and says how many met its conditions.
    pub(crate) async fn change(&mut self, sql: &SqlStr, arguments: MySqlArguments) -> Result<u64> {
        let query = sqlx::query_with(sql.clone(), arguments);
        let done = patiently(self.patience, query.execute(&mut *self.connection)).await?;
        Ok(done.rows_affected())
    }

    /// The same for a statement that need not stay prepared on the server.
    pub(crate) async fn change_once(
        &mut self,
        sql: &SqlStr,
        arguments: MySqlArguments,
        stays_prepared: bool,
    ) -> Result<u64> {
        let query = sqlx::query_with(sql.clone(), arguments).persistent(stays_prepared);
        let done = patiently(self.patience, query.execute(&mut *self.connection)).await?;
        Ok(done.rows_affected())
    }

    /// Runs a statement for ids, which follow its other parameters; all rows.
    pub(crate) async fn rows_of(
        &mut self,
        sql: &Listed,
        first: &MySqlArguments,
        ids: &[Uuid],
    ) -> Result<Vec<MySqlRow>> {
        let mut all = Vec::with_capacity(ids.len());
        for part in ids.chunks(MOST_IDS) {
            let (text, arguments) = listed(sql, first, part)?;
            all.append(&mut self.rows(text, arguments).await?);
        }
        Ok(all)
    }

    /// The same for a statement that changes rows; how many.
    pub(crate) async fn change_of(
        &mut self,
        sql: &Listed,
        first: &MySqlArguments,
        ids: &[Uuid],
    ) -> Result<u64> {
        let mut all = 0;
        for part in ids.chunks(MOST_IDS) {
            let (text, arguments) = listed(sql, first, part)?;
            all += self.change(text, arguments).await?;
        }
        Ok(all)
    }

    /// Runs texts without parameters, also several at once.
    pub(crate) async fn raw(&mut self, sql: impl SqlSafeStr) -> Result<()> {
        let text = sqlx::raw_sql(sql);
        patiently(self.patience, self.connection.execute(text)).await.map(|_| ())
    }

    /// The rows of texts without parameters.
    pub(crate) async fn raw_rows(&mut self, sql: impl SqlSafeStr) -> Result<Vec<MySqlRow>> {
        let text = sqlx::raw_sql(sql);
        patiently(self.patience, self.connection.fetch_all(text)).await
    }
}

/// The last id fills the places that are left.
fn listed<'s>(
    sql: &'s Listed,
    first: &MySqlArguments,
    ids: &[Uuid],
) -> Result<(&'s SqlStr, MySqlArguments)> {
    let (text, places) = sql.ids(ids.len());
    let mut arguments = first.clone();
    let filled = ids.iter().chain(std::iter::repeat_n(ids.last(), places - ids.len()).flatten());
    filled.into_iter().try_for_each(|id| add(&mut arguments, *id))?;
    Ok((text, arguments))
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
