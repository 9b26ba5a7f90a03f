//! So many processes and so many jobs: how fast they are enqueued and run, and what that costs.

use longshore::Result;
use serde_json::{Map, Value, json};

use crate::{
    crew::Crew,
    meter::{self, Look},
    server::Server,
};

/// What a worker's claims take at most, unless it is told otherwise.
const FETCH: u32 = 1000;
/// Claims of so many, and jobs enough to see what they cost.
const FETCHES: [(u32, usize); 4] = [(1, 2_000), (10, 10_000), (100, 40_000), (1000, 100_000)];

/// Jobs of those that begin: two enqueues; claims of 16, 32, ... 512, after which all plans are settled.
const AT_THE_START: usize = 1008;

/// Enqueues and runs.
pub(crate) async fn point(url: &str, workers: usize, jobs: usize) -> Result {
    let mut server = Server::with_database(url).await?;
    for phase in ["bulk", "drain"] {
        let cost = turn(&mut server, phase, workers, jobs, FETCH).await?;
        meter::print(json!({ "metric": phase, "workers": workers }), cost);
    }
    server.end(url).await
}

/// One worker with small and with large claims, so often.
pub(crate) async fn fetches(url: &str, times: u32) -> Result {
    for rep in 1..=times {
        for (fetch, jobs) in FETCHES {
            let mut server = Server::with_database(url).await?;
            turn(&mut server, "bulk", 1, jobs, fetch).await?;
            let cost = turn(&mut server, "drain", 1, jobs, fetch).await?;
            meter::print(json!({ "metric": "fetch", "batch": fetch, "rep": rep }), cost);
            server.end(url).await?;
        }
    }
    Ok(())
}

/// One producer and one worker that have hardly begun when all is done, so often.
pub(crate) async fn starts(url: &str, times: u32) -> Result {
    for rep in 1..=times {
        let mut server = Server::with_database(url).await?;
        for (phase, op) in [("bulk", "enqueue"), ("drain", "run")] {
            let cost = turn(&mut server, phase, 1, AT_THE_START, FETCH).await?;
            meter::print(json!({ "metric": "start", "op": op, "rep": rep }), cost);
        }
        server.end(url).await?;
    }
    Ok(())
}

async fn turn(
    server: &mut Server,
    phase: &str,
    workers: usize,
    jobs: usize,
    fetch: u32,
) -> Result<Map<String, Value>> {
    let words = |number: usize| match phase {
        // The first ones take what does not divide.
        "bulk" => {
            let share = jobs / workers + usize::from(number < jobs % workers);
            vec!["fill".to_owned(), share.to_string()]
        }
        _ => vec!["work".to_owned(), fetch.to_string()],
    };
    let told = server.told().await?;
    let mut crew = Crew::muster(&server.url, &(0..workers).map(words).collect::<Vec<_>>())?;
    let pids = crew.pids();
    let look = Look::at(server, &pids).await?;
    let went = crew.go()?;
    let mut cost = look.cost(server, &pids, jobs).await?;
    crew.dismiss()?;
    if went != jobs {
        return Err(format!("{went} of {jobs} jobs went through {phase}").into());
    }
    cost.extend(meter::flushes(server, &told).await?);
    cost.insert("bytes".into(), meter::sizes(server, jobs).await?);
    Ok(cost)
}
