//! `longshore jobs`: ask about jobs, and step in.

use longshore_core::{Because, JobId, State, explain};
use longshore_store::{JobRow, Store};
use serde::Serialize;

use super::{
    outcomes,
    selection::{From, Selection},
    show::Show,
    update::Update,
    watch::Watch,
};
use crate::{
    exit::{Exit, Refused},
    filters::{JobOptions, PageOptions, mention_next},
    output::{Output, cut, moment},
};

/// Verbs of `jobs`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Jobs {
    /// Jobs that match, newest first
    List(List),
    /// Everything about a job, with its ledger
    Show(Show),
    /// Follow state changes as they happen; with ids until those jobs are over
    Watch(Watch),
    /// Let dead letters run again, and make jobs that wait for later due now
    Retry(Selection),
    /// Call jobs off: waiting ones at once, running ones through their handler
    Cancel(Selection),
    /// Let held jobs go
    Release(Selection),
    /// Change payload or labels of a job that waits, is held, or is a dead letter
    Update(Update),
    /// Say why a job is not running
    Explain(One),
}

/// Options of `jobs list`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    options: JobOptions,
    #[command(flatten)]
    page: PageOptions,
}

/// One job.
#[derive(Debug, clap::Args)]
pub(crate) struct One {
    /// The job's id (UUID, KSUID or ULID)
    pub(super) id: JobId,
}

/// The states of jobs that a cancel can reach.
const LIVE: [State; 5] =
    [State::Held, State::Scheduled, State::Available, State::Running, State::Retryable];
/// The states of jobs that a retry can make due.
const RETRYABLE: [State; 3] = [State::Scheduled, State::Retryable, State::Discarded];

impl Jobs {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => {
                let listing = store.list_jobs(&list.options.filter()?, &list.page.page()).await?;
                print_rows(&listing.items, output)?;
                mention_next(listing.next);
                Ok(Exit::Ok)
            }
            Self::Show(show) => show.run(store, output).await,
            Self::Watch(watch) => watch.run(store, output).await,
            Self::Retry(selection) => {
                let ids = selection.ids(store, From::Jobs(&RETRYABLE)).await?;
                retry(store, &ids, output).await
            }
            Self::Cancel(selection) => {
                let ids = selection.ids(store, From::Jobs(&LIVE)).await?;
                let cancel = async |ids: &[JobId]| store.cancel(ids).await;
                outcomes::print(&outcomes::of_each("cancelling", &ids, cancel).await?, output)
            }
            Self::Release(selection) => {
                let ids = selection.ids(store, From::Jobs(&[State::Held])).await?;
                let release = async |ids: &[JobId]| store.release(ids).await;
                outcomes::print(&outcomes::of_each("releasing", &ids, release).await?, output)
            }
            Self::Update(update) => update.run(store, output).await,
            Self::Explain(one) => why(store, one.id, output).await,
        }
    }
}

/// Lets jobs run again, and says what became of each.
pub(super) async fn retry(
    store: &dyn Store,
    ids: &[JobId],
    output: Output,
) -> anyhow::Result<Exit> {
    let retry = async |ids: &[JobId]| store.retry(ids).await;
    outcomes::print(&outcomes::of_each("retrying", ids, retry).await?, output)
}

/// The table of a list of jobs.
pub(super) fn print_rows(rows: &[JobRow], output: Output) -> anyhow::Result<()> {
    let heads = ["ID", "QUEUE", "KIND", "STATE", "REASON", "ATTEMPT", "CHANGED", "ERROR"];
    Ok(output.rows(rows, heads, |job| {
        [
            job.id.to_string(),
            job.queue.clone(),
            job.kind.clone(),
            job.state.to_string(),
            job.reason.to_string(),
            format!("{}/{}", job.attempt, job.max_attempts),
            moment(job.changed_at),
            job.error.as_ref().map(|error| cut(&error.to_string(), 60)).unwrap_or_default(),
        ]
    })?)
}

/// One reason, with its sentence.
#[derive(Serialize)]
struct Said {
    #[serde(flatten)]
    because: Because,
    sentence: String,
}

async fn why(store: &dyn Store, id: JobId, output: Output) -> anyhow::Result<Exit> {
    let facts = store.circumstances(id).await?;
    let facts = facts.ok_or_else(|| Refused::not_found(format!("there is no job {id}")))?;
    for because in explain(&facts) {
        let sentence = because.to_string();
        if output.json {
            output.object(&Said { because, sentence })?;
        } else {
            output.line(&sentence)?;
        }
    }
    Ok(Exit::Ok)
}
