//! Many jobs: transactions of a thousand, two at once when there are really many.

use std::sync::Arc;

use longshore_core::NewJob;
use longshore_store::{Enqueued, Error, ErrorKind, Result, Store};
use tokio::task::JoinSet;

/// Jobs of one transaction; larger ones gain nothing.
const CHUNK: usize = 1000;
/// Transactions sent one after another before a second connection is worth its while.
const ALONE: usize = 5;

/// Stores jobs in order of their chunks; the answers stand in the order of the jobs.
pub(crate) async fn enqueue(
    store: Arc<dyn Store>,
    mut jobs: impl Iterator<Item = Result<NewJob>> + Send,
) -> Result<Vec<Enqueued>> {
    let mut answers: Vec<Vec<Enqueued>> = Vec::new();
    let mut on_their_way = JoinSet::new();
    loop {
        let chunk = jobs.by_ref().take(CHUNK).collect::<Result<Vec<_>>>()?;
        if chunk.is_empty() {
            break;
        }
        let (place, store) = (answers.len(), store.clone());
        answers.push(Vec::new());
        on_their_way.spawn(async move { (place, store.enqueue(&chunk).await) });
        let most = if place < ALONE { 1 } else { 2 };
        while on_their_way.len() >= most {
            note(&mut answers, on_their_way.join_next().await)?;
        }
    }
    while !on_their_way.is_empty() {
        note(&mut answers, on_their_way.join_next().await)?;
    }
    Ok(answers.into_iter().flatten().collect())
}

type Joined = std::result::Result<(usize, Result<Vec<Enqueued>>), tokio::task::JoinError>;

fn note(answers: &mut [Vec<Enqueued>], joined: Option<Joined>) -> Result<()> {
    let Some(joined) = joined else { return Ok(()) };
    let broken = |error| Error::new(ErrorKind::Internal, "an enqueue broke off").caused_by(error);
    let (place, answer) = joined.map_err(broken)?;
    answers[place] = answer?;
    Ok(())
}
