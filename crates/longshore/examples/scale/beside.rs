//! Enqueues, claims and finishes of a thousand jobs, by one process and by several at once.

use std::sync::Arc;

use longshore::{Client, Result, Store, store::Claimed};
use serde_json::json;

use crate::{
    batches::finish,
    crew::{Crew, done, ready},
    load::{claim, go_on, jobs},
    meter::{self, Look},
    server::Server,
};

/// Processes at once.
const CREWS: [usize; 4] = [1, 2, 4, 8];
/// Calls of all processes together, and jobs in each.
const CALLS: usize = 160;
const BATCH: usize = 1000;
/// Calls of each process before, after which a statement's plan is settled.
const WARM_UP: usize = 10;

/// Each so often.
pub(crate) async fn measure(url: &str, times: u32) -> Result {
    for rep in 1..=times {
        for workers in CREWS {
            let mut server = Server::with_database(url).await?;
            let words = vec!["call".to_owned(), (CALLS / workers).to_string()];
            let mut crew = Crew::muster(&server.url, &vec![words; workers])?;
            let pids = crew.pids();
            for op in ["enqueue", "claim", "finish"] {
                let look = Look::at(&mut server, &pids).await?;
                let went = crew.go()?;
                let cost = look.cost(&mut server, &pids, went).await?;
                let circumstances = json!({
                    "metric": "beside", "op": op, "batch": BATCH, "workers": workers, "rep": rep,
                });
                meter::print(circumstances, cost);
            }
            crew.dismiss()?;
            server.end(url).await?;
        }
    }
    Ok(())
}

/// Enqueues in so many calls, claims until there is nothing left and finishes that, as one of a crew.
pub(crate) async fn call(url: &str, calls: usize) -> Result {
    let store = Client::connect(url).await?.store();
    for _ in 0..WARM_UP {
        store.enqueue(&jobs(BATCH)?).await?;
        finish(&store, &store.claim(&claim(u32::try_from(BATCH)?)).await?).await?;
    }
    ready()?;
    for _ in 0..calls {
        store.enqueue(&jobs(BATCH)?).await?;
    }
    done(calls * BATCH)?;
    let claimed = claim_all(&store).await?;
    let held = claimed.iter().map(Vec::len).sum();
    done(held)?;
    for taken in &claimed {
        finish(&store, taken).await?;
    }
    done(held)?;
    store.close().await;
    Ok(())
}

async fn claim_all(store: &Arc<dyn Store>) -> Result<Vec<Vec<Claimed>>> {
    let mut claim = claim(u32::try_from(BATCH)?);
    let mut claimed = Vec::new();
    loop {
        let taken = store.claim(&claim).await?;
        if taken.is_empty() {
            return Ok(claimed);
        }
        go_on(&mut claim, &taken);
        claimed.push(taken);
    }
}
