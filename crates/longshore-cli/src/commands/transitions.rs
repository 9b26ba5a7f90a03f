//! `longshore transitions`: the ledger.

use longshore_core::{JobId, MAX_PAGE, Page, Transition, TransitionFilter, TransitionId};
use longshore_store::Store;

use crate::{
    exit::{Exit, Refused},
    filters::{PageOptions, TransitionOptions, mention_next},
    output::{Output, cut, moment, plain},
};

/// Verbs of `transitions`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Transitions {
    /// State changes that match, newest job first
    List(List),
    /// One state change by its id
    Show(Show),
}

/// Options of `transitions list`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    options: TransitionOptions,
    #[command(flatten)]
    page: PageOptions,
}

/// Options of `transitions show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Its id
    id: TransitionId,
}

impl Transitions {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => {
                let listing =
                    store.list_transitions(&list.options.filter(), &list.page.page()).await?;
                print_rows(&listing.items, output)?;
                mention_next(listing.next);
            }
            Self::Show(show) => {
                let transition = store.transition(show.id).await?;
                let missing = || Refused::not_found(format!("there is no transition {}", show.id));
                output.fields(&transition.ok_or_else(missing)?)?;
            }
        }
        Ok(Exit::Ok)
    }
}

/// The ledger of one job, oldest first.
pub(super) async fn of_job(store: &dyn Store, id: JobId, output: Output) -> anyhow::Result<()> {
    let filter = TransitionFilter { job_id: Some(id), ..TransitionFilter::default() };
    let mut rows = store.list_transitions(&filter, &Page::first(MAX_PAGE)).await?.items;
    rows.reverse();
    rows.iter().try_for_each(|transition| print_line(transition, output))
}

/// One state change on one line.
pub(super) fn print_line(transition: &Transition, output: Output) -> anyhow::Result<()> {
    if output.json {
        return Ok(output.object(transition)?);
    }
    let Transition { at, job_id, attempt, state_after, reason, .. } = transition;
    let error = transition.error.as_ref().map(|error| format!("  {error}")).unwrap_or_default();
    let at = at.format("%F %T%.3f");
    Ok(output.line(&plain(&format!(
        "{at}  {job_id}  {attempt:>3}  {state_after:10} {reason:15}{error}"
    )))?)
}

fn print_rows(rows: &[Transition], output: Output) -> anyhow::Result<()> {
    let heads = ["AT", "JOB", "ATTEMPT", "BEFORE", "AFTER", "REASON", "ERROR"];
    Ok(output.rows(rows, heads, |transition| {
        [
            moment(transition.at),
            transition.job_id.to_string(),
            transition.attempt.to_string(),
            transition.state_before.map(|state| state.to_string()).unwrap_or_default(),
            transition.state_after.to_string(),
            transition.reason.to_string(),
            transition.error.as_ref().map(|error| cut(&error.to_string(), 60)).unwrap_or_default(),
        ]
    })?)
}
