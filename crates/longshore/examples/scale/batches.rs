//! Enqueues, claims and finishes through the storage itself, with so many jobs in a call.

use std::sync::Arc;

use longshore::{
    Client, Result, Store,
    store::{Claimed, Finish, Finished},
};
use serde_json::json;

use crate::{
    load::{claim, completed, go_on, jobs},
    meter::{self, Look},
    server::Server,
};

/// Jobs in a call, and calls enough to see what they cost.
const BATCHES: [(usize, usize); 4] = [(1, 1000), (10, 500), (100, 300), (1000, 80)];
/// Calls before, after which a statement's plan is settled.
const WARM_UP: usize = 10;

/// Each so often.
pub(crate) async fn measure(url: &str, times: u32) -> Result {
    for rep in 1..=times {
        let mut server = Server::with_database(url).await?;
        let store = Client::connect(&server.url).await?.store();
        for (batch, calls) in BATCHES {
            turns(&store, batch, WARM_UP, None).await?;
            turns(&store, batch, calls, Some((&mut server, rep))).await?;
        }
        store.close().await;
        server.end(url).await?;
    }
    Ok(())
}

/// Enqueues all, claims all, finishes all.
async fn turns(
    store: &Arc<dyn Store>,
    batch: usize,
    calls: usize,
    mut measured: Option<(&mut Server, u32)>,
) -> Result {
    let own = [std::process::id()];
    let mut claimed: Vec<Vec<Claimed>> = Vec::new();
    for op in ["enqueue", "claim", "finish"] {
        let look = match &mut measured {
            Some((server, _)) => Some(Look::at(server, &own).await?),
            None => None,
        };
        match op {
            "enqueue" => {
                for _ in 0..calls {
                    store.enqueue(&jobs(batch)?).await?;
                }
            }
            "claim" => {
                let mut claim = claim(u32::try_from(batch)?);
                for _ in 0..calls {
                    let taken = store.claim(&claim).await?;
                    if taken.len() != batch {
                        return Err("a job was not there".into());
                    }
                    go_on(&mut claim, &taken);
                    claimed.push(taken);
                }
            }
            _ => {
                for taken in &claimed {
                    finish(store, taken).await?;
                }
            }
        }
        if let (Some(look), Some((server, rep))) = (look, &mut measured) {
            let cost = look.cost(server, &own, calls * batch).await?;
            let circumstances = json!({
                "metric": "batch", "op": op, "batch": batch, "calls": calls, "rep": rep,
            });
            meter::print(circumstances, cost);
        }
    }
    Ok(())
}

/// Finishes all of them.
pub(crate) async fn finish(store: &Arc<dyn Store>, taken: &[Claimed]) -> Result {
    let reports: Vec<Finish> = taken.iter().map(completed).collect::<Result<_>>()?;
    let answers = store.finish(&reports).await?;
    let recorded = |answer: &Finished| *answer == Finished::Recorded;
    if answers.len() != taken.len() || !answers.iter().all(recorded) {
        return Err("a job was not finished".into());
    }
    Ok(())
}
