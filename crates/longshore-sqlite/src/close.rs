//! The end of attempts: the ledger is written by the statements that move the rows.

use async_trait::async_trait;
use longshore_store::{Finished, Result};
use sqlx::SqliteConnection;

use crate::{
    clock,
    closings::{Alike, Closings},
    fault, row, siblings,
    writer::Write,
};

const CLOSE: &str = include_str!("../sql/consume/close.sql");
const CLOSE_PLAIN: &str = include_str!("../sql/consume/close_plain.sql");

/// Closes attempts inside an open transaction.
pub(crate) async fn close(
    connection: &mut SqliteConnection,
    closings: &Closings,
    now: i64,
) -> Result<Vec<Finished>> {
    let mut finished = vec![Finished::Recorded; closings.places.len()];
    for document in &closings.documents {
        let closing = match document.alike {
            Some(Alike { attempt, after, reason }) => {
                let closing = sqlx::query(CLOSE_PLAIN).bind(&document.text).bind(attempt);
                closing.bind(now).bind(after).bind(reason)
            }
            None => sqlx::query(CLOSE).bind(&document.text).bind(now),
        };
        for other in closing.fetch_all(&mut *connection).await.map_err(fault::error)? {
            let number = document.numbers[row::at::<u32>(&other, 0)? as usize];
            let cancelled: bool = row::at(&other, 1)?;
            finished[number] = if cancelled { Finished::Cancelled } else { Finished::Stale };
        }
    }
    let answer = |place: &Option<usize>| place.map_or(Finished::Stale, |place| finished[place]);
    let finished: Vec<_> = closings.places.iter().map(answer).collect();
    if !closings.closes.is_empty() {
        let recorded = closings.closes.iter().filter(|(at, _)| finished[*at] == Finished::Recorded);
        let all = recorded.map(|(_, siblings)| siblings.clone()).collect();
        siblings::close(connection, &all, now).await?;
    }
    Ok(finished)
}

#[async_trait]
impl Write for Closings {
    type Answer = Vec<Finished>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Finished>> {
        close(connection, self, clock::now()).await
    }
}
