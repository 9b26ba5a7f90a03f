//! `longshore workers`: the processes that run jobs.

use longshore_store::Store;

use crate::{
    exit::Exit,
    output::{Output, moment},
};

/// Verbs of `workers`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Workers {
    /// Workers that showed a sign of life within the last minute
    List,
}

impl Workers {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        let Self::List = self;
        let heads =
            ["ID", "HOST", "PID", "VERSION", "QUEUES", "KINDS", "RUNNING", "STARTED", "SEEN"];
        output.rows(&store.workers().await?, heads, |row| {
            let queues = row.facts.queues.iter().map(|(queue, most)| format!("{queue}={most}"));
            let stopping = if row.facts.stopping { " (stopping)" } else { "" };
            [
                row.facts.id.to_string(),
                row.facts.host.clone(),
                row.facts.pid.to_string(),
                row.facts.version.clone(),
                queues.collect::<Vec<_>>().join(" "),
                row.facts.kinds.join(" "),
                format!("{}{stopping}", row.running),
                moment(row.started_at),
                moment(row.seen_at),
            ]
        })?;
        Ok(Exit::Ok)
    }
}
