//! `longshore jobs watch`: state changes as they happen.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use longshore_core::{
    Cursor, JobId, MAX_PAGE, Page, Timestamp, Transition, TransitionFilter, TransitionId,
};
use longshore_store::Store;

use super::transitions;
use crate::{
    exit::{Exit, Refused},
    output::Output,
    span, wait,
};

/// How often the ledger is asked.
const EVERY: Duration = Duration::from_millis(500);
/// Commits may become visible a little later than the times they carry.
const OVERLAP: Duration = Duration::from_secs(5);

/// Options of `jobs watch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// Jobs to follow until they are over; without any, all jobs until interrupted
    #[arg(value_name = "ID")]
    ids: Vec<JobId>,
    /// Without ids: begin so long ago
    #[arg(long, value_name = "TIME", value_parser = span::duration, conflicts_with = "ids")]
    since: Option<Duration>,
}

impl Watch {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        if self.ids.is_empty() {
            let now = SystemTime::now();
            let since = now.checked_sub(self.since.unwrap_or_default()).unwrap_or(now);
            return follow_all(store, since.into(), output).await;
        }
        follow(store, &self.ids, output).await
    }
}

/// Prints what is new about these jobs until all are over.
async fn follow(store: &dyn Store, ids: &[JobId], output: Output) -> anyhow::Result<Exit> {
    let mut seen = HashSet::new();
    loop {
        // Asked before the ledger, so that a job that is over has its last line printed.
        let settled = store.settled(ids).await?;
        for (id, settled) in ids.iter().zip(&settled) {
            if settled.is_none() {
                return Err(Refused::not_found(format!("there is no job {id}")));
            }
            let filter = TransitionFilter { job_id: Some(*id), ..TransitionFilter::default() };
            print_new(&mut seen, every(store, &filter).await?, output)?;
        }
        let states: Vec<_> = settled.iter().flatten().map(|job| job.state).collect();
        if states.iter().all(|state| state.is_terminal()) {
            let verdicts = states.into_iter().map(wait::verdict);
            return Ok(verdicts.max_by_key(|exit| *exit as u8).unwrap_or(Exit::Ok));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Prints what happens to any job, until the command is interrupted.
async fn follow_all(store: &dyn Store, since: Timestamp, output: Output) -> anyhow::Result<Exit> {
    let (mut seen, mut from) = (HashSet::new(), since);
    loop {
        let filter = TransitionFilter { created_after: Some(from), ..TransitionFilter::default() };
        let found = every(store, &filter).await?;
        let newest = found.iter().map(|transition| transition.at).max();
        let ids: HashSet<_> = found.iter().map(|transition| transition.id).collect();
        print_new(&mut seen, found, output)?;
        // What the next question cannot find again need not be remembered.
        seen.retain(|id| ids.contains(id));
        if let Some(newest) = newest {
            from = from.max(newest - OVERLAP);
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn print_new(
    seen: &mut HashSet<TransitionId>,
    mut found: Vec<Transition>,
    output: Output,
) -> anyhow::Result<()> {
    found.retain(|transition| seen.insert(transition.id));
    found.sort_by_key(|transition| (transition.at, transition.id));
    found.iter().try_for_each(|transition| transitions::print_line(transition, output))
}

/// Every transition that matches, page by page.
async fn every(
    store: &dyn Store,
    filter: &TransitionFilter,
) -> longshore_store::Result<Vec<Transition>> {
    let (mut all, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let listing =
            store.list_transitions(filter, &Page::After { cursor, size: MAX_PAGE }).await?;
        all.extend(listing.items);
        cursor = listing.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}
