//! What was spent between two looks, for each job.

use std::time::{Duration, Instant};

use longshore::Result;
use serde_json::{Map, Value, json};

use crate::{
    processor::{Spent, of_process, of_server, sent_to_itself},
    server::Server,
};

/// Until connections that were closed have told what they did.
const UNTIL_TOLD: Duration = Duration::from_millis(500);

/// A look at the server and its clients.
pub(crate) struct Look {
    at: Instant,
    server: Spent,
    clients: f64,
    sent: f64,
    written: Value,
}

impl Look {
    /// At the server, and at these processes.
    pub(crate) async fn at(server: &mut Server, clients: &[u32]) -> Result<Self> {
        let written = server.written().await?;
        let clients = clients.iter().copied().map(of_process).sum();
        let (first, own) = server.processes;
        let (server, sent) = (of_server(first, own), sent_to_itself());
        Ok(Self { at: Instant::now(), server, clients, sent, written })
    }

    /// What so many jobs cost from then until now.
    pub(crate) async fn cost(
        &self,
        server: &mut Server,
        clients: &[u32],
        jobs: usize,
    ) -> Result<Map<String, Value>> {
        let seconds = self.at.elapsed().as_secs_f64();
        let now = Self::at(server, clients).await?;
        let each = jobs as f64;
        let spent = |role: &&'static str| {
            let spent = now.server[role] - self.server.get(role).copied().unwrap_or_default();
            ((*role).to_owned(), rounded(spent / each, 3))
        };
        let more = |name| number(&now.written, name) - number(&self.written, name);
        let told = json!({
            "jobs": jobs,
            "seconds": rounded(seconds, 4),
            "rate": rounded(each / seconds, 1),
            "server_us": now.server.keys().map(spent).collect::<Map<_, _>>(),
            "client_us": rounded((now.clients - self.clients) / each, 3),
            "sent_bytes": rounded((now.sent - self.sent) / each, 1),
            "log_bytes": rounded(more("log_bytes") / each, 1),
            "commits": more("commits"),
        });
        Ok(told.as_object().cloned().unwrap_or_default())
    }
}

/// The log's flushes, the copies of whole pages in it and the checkpoints that call for these, since an
/// earlier answer. The connections in between are closed.
pub(crate) async fn flushes(server: &mut Server, before: &Value) -> Result<Map<String, Value>> {
    tokio::time::sleep(UNTIL_TOLD).await;
    let now = server.told().await?;
    let more = |name| number(&now, name) - number(before, name);
    let flushes = more("wal_sync");
    let told = json!({
        "flushes": flushes,
        "flush_us": rounded(more("wal_sync_time") * 1000.0 / flushes.max(1.0), 1),
        "full_pages": more("wal_fpi"),
        "checkpoints": more("checkpoints_timed") + more("checkpoints_req"),
    });
    Ok(told.as_object().cloned().unwrap_or_default())
}

/// Bytes of each table and of its indexes, for each job.
pub(crate) async fn sizes(server: &mut Server, jobs: usize) -> Result<Value> {
    let mut sizes = server.sizes().await?;
    let each = |bytes: &mut Value| {
        *bytes = rounded(bytes.as_f64().unwrap_or_default() / jobs as f64, 1);
    };
    let tables = sizes.as_object_mut().into_iter().flat_map(Map::values_mut);
    tables.filter_map(Value::as_array_mut).flatten().for_each(each);
    Ok(sizes)
}

/// Prints a line: what was measured, under which circumstances, and what it cost.
pub(crate) fn print(circumstances: Value, cost: Map<String, Value>) {
    let mut line = circumstances;
    if let Some(line) = line.as_object_mut() {
        line.extend(cost);
    }
    println!("{line}");
}

fn number(object: &Value, name: &str) -> f64 {
    object[name].as_f64().unwrap_or_default()
}

fn rounded(value: f64, digits: i32) -> Value {
    let power = 10f64.powi(digits);
    json!((value * power).round() / power)
}
