//! `longshore jobs show`: everything about one job.

use longshore_core::JobId;
use longshore_store::{AttemptLog, JobDetail, LogsOf, Store};
use serde::Serialize;

use super::transitions;
use crate::{
    exit::{Exit, Refused},
    output::{Output, moment, plain},
};

/// Attempts whose logs are shown together.
const ATTEMPTS: u32 = 20;

/// Options of `jobs show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// The job's id (UUID, KSUID or ULID)
    id: JobId,
    /// Also what its closed attempts said, of the last twenty that said something
    #[arg(long)]
    logs: bool,
    /// Only what this attempt said
    #[arg(long, value_name = "N", requires = "logs")]
    attempt: Option<u32>,
}

/// A job with its logs, for programs.
#[derive(Serialize)]
struct Spoken {
    #[serde(flatten)]
    job: JobDetail,
    /// Oldest first.
    logs: Vec<AttemptLog>,
}

impl Show {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        if !self.logs {
            return show(store, self.id, output).await;
        }
        let logs = self.logs(store).await?;
        if output.json {
            output.object(&Spoken { job: found(store, self.id).await?, logs })?;
            return Ok(Exit::Ok);
        }
        show(store, self.id, output).await?;
        output.line("")?;
        if logs.is_empty() {
            output.line("No attempt that is closed and kept has said anything.")?;
        }
        logs.iter().try_for_each(|attempt| print(attempt, output))?;
        Ok(Exit::Ok)
    }

    /// Oldest first.
    async fn logs(&self, store: &dyn Store) -> anyhow::Result<Vec<AttemptLog>> {
        let of = match self.attempt {
            None => LogsOf::newest(self.id, ATTEMPTS),
            Some(attempt) => {
                LogsOf { before: attempt.checked_add(1), ..LogsOf::newest(self.id, 1) }
            }
        };
        let mut logs = store.logs(&of).await?;
        logs.retain(|it| self.attempt.is_none_or(|attempt| it.attempt == attempt));
        logs.reverse();
        Ok(logs)
    }
}

/// Everything about one job, then its ledger for people.
pub(super) async fn show(store: &dyn Store, id: JobId, output: Output) -> anyhow::Result<Exit> {
    output.fields(&found(store, id).await?)?;
    if !output.json {
        output.line("")?;
        transitions::of_job(store, id, output).await?;
    }
    Ok(Exit::Ok)
}

async fn found(store: &dyn Store, id: JobId) -> anyhow::Result<JobDetail> {
    let job = store.jobs(&[id]).await?.pop().flatten();
    job.ok_or_else(|| Refused::not_found(format!("there is no job {id}")))
}

/// The log of an attempt, for people.
fn print(attempt: &AttemptLog, output: Output) -> std::io::Result<()> {
    let (from, to) = (moment(attempt.started_at), moment(attempt.at));
    output.line(&format!("Attempt {}, {from} to {to}", attempt.attempt))?;
    match attempt.log.left_out() {
        0 => {}
        1 => output.line("  (one line before these was left out)")?,
        many => output.line(&format!("  ({many} lines before these were left out)"))?,
    }
    for line in attempt.log.lines() {
        let (at, level) = (line.at.format("%T%.3f"), line.level.as_str().to_uppercase());
        let message = plain(&line.message).replace('\n', "\n    ");
        output.line(&format!("  {at} {level:5} {message}"))?;
    }
    Ok(())
}
