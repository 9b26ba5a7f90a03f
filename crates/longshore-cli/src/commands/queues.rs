//! `longshore queues`: depths, pause and resume.

use std::time::Duration;

use longshore_store::Store;
use serde::Serialize;

use crate::{
    exit::Exit,
    output::{Output, moment},
    span,
};

/// Verbs of `queues`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Queues {
    /// All queues, with their depths a moment ago
    List,
    /// Claim nothing more from a queue
    Pause(Named),
    /// Let a queue go on
    Resume(Named),
}

/// One queue.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Its name
    queue: String,
}

/// Depths that were counted longer ago are counted again: without a worker nobody else does. However many
/// people look, a large database is counted once in this time.
const FRESH: Duration = Duration::from_secs(2);

/// What pausing or resuming came to.
#[derive(Serialize)]
struct Answer<'a> {
    queue: &'a str,
    paused: bool,
    changed: bool,
}

impl Queues {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        match self {
            Self::List => list(store, output).await?,
            Self::Pause(Named { queue }) => {
                let changed = store.pause(&queue).await?;
                say(&Answer { queue: &queue, paused: true, changed }, output)?;
            }
            Self::Resume(Named { queue }) => {
                let changed = store.resume(&queue).await?;
                say(&Answer { queue: &queue, paused: false, changed }, output)?;
            }
        }
        Ok(Exit::Ok)
    }
}

async fn list(store: &dyn Store, output: Output) -> anyhow::Result<()> {
    if let Err(error) = store.sample(FRESH).await {
        // Whoever may only read sees the last count, and when that was.
        tracing::info!(%error, "the queues were not counted again");
    }
    let heads = [
        "QUEUE",
        "AVAILABLE",
        "SCHEDULED",
        "RETRYABLE",
        "RUNNING",
        "DEAD",
        "OLDEST",
        "SAMPLED",
        "PAUSED",
    ];
    Ok(output.rows(&store.queues().await?, heads, |row| {
        let number = |pick: fn(&longshore_store::Depth) -> u64| {
            row.depth.as_ref().map(|depth| pick(depth).to_string()).unwrap_or_default()
        };
        let oldest = row.depth.as_ref().and_then(|depth| depth.oldest_due_at);
        [
            row.queue.clone(),
            number(|depth| depth.available),
            number(|depth| depth.scheduled),
            number(|depth| depth.retryable),
            number(|depth| depth.running),
            number(|depth| depth.dead),
            oldest.map(|due_at| span::readable(span::since(due_at))).unwrap_or_default(),
            row.depth.as_ref().map(|depth| moment(depth.sampled_at)).unwrap_or_default(),
            row.paused_since.map(|since| format!("since {}", moment(since))).unwrap_or_default(),
        ]
    })?)
}

fn say(answer: &Answer<'_>, output: Output) -> anyhow::Result<()> {
    if output.json {
        return Ok(output.object(answer)?);
    }
    let word = if answer.paused { "paused" } else { "running" };
    let before = if answer.changed { "" } else { ", as it was" };
    Ok(output.line(&format!("queue `{}` is {word}{before}", answer.queue))?)
}
