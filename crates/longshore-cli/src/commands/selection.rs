//! Which jobs a verb is for: ids, or all that match a filter.

use longshore_core::{Cursor, JobFilter, JobId, MAX_PAGE, Page, State};
use longshore_store::{JobRow, Result, Store};

use crate::{exit::Refused, filters::JobOptions, progress};

/// Ids, or a filter with `--all`.
#[derive(Debug, clap::Args)]
pub(crate) struct Selection {
    /// Jobs by id (UUID, KSUID or ULID)
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub(super) ids: Vec<JobId>,
    /// All jobs that match the options below
    #[arg(long)]
    all: bool,
    /// Do it without showing first how many that are
    #[arg(long, requires = "all")]
    yes: bool,
    #[command(flatten)]
    options: JobOptions,
}

/// From which list a selection by filter is taken.
#[derive(Clone, Copy)]
pub(super) enum From<'a> {
    /// Jobs in one of these states, unless the options name others.
    Jobs(&'a [State]),
    /// Dead letters.
    Dead,
}

impl Selection {
    /// The ids meant. By filter they are counted first, and only `--yes` lets them through.
    pub(super) async fn ids(self, store: &dyn Store, from: From<'_>) -> anyhow::Result<Vec<JobId>> {
        let mut filter = self.options.filter()?;
        if !self.all {
            // Ignored, they would let a verb reach jobs that were not meant.
            if filter != JobFilter::default() {
                return Err(Refused::invalid(
                    "give either ids, or --all with the options that narrow it down: both is unclear",
                ));
            }
            return Ok(self.ids);
        }
        if let From::Jobs(states) = from
            && filter.states_in.is_empty()
        {
            filter.states_in = states.to_vec();
        }
        let ids: Vec<_> =
            every(store, &filter, from).await?.into_iter().map(|row| row.id).collect();
        if !self.yes && !ids.is_empty() {
            return Err(Refused::invalid(format!(
                "{} jobs match: repeat the command with --yes to go ahead",
                ids.len()
            )));
        }
        eprintln!("{} jobs", ids.len());
        Ok(ids)
    }
}

/// Every row that matches, page by page.
async fn every(store: &dyn Store, filter: &JobFilter, from: From<'_>) -> Result<Vec<JobRow>> {
    let mut rows = Vec::new();
    let mut cursor: Option<Cursor> = None;
    let counted = progress::count("counting");
    loop {
        let page = Page::After { cursor, size: MAX_PAGE };
        let listing = match from {
            From::Jobs(_) => store.list_jobs(filter, &page).await?,
            From::Dead => store.list_dead(filter, &page).await?,
        };
        rows.extend(listing.items);
        counted.set_position(rows.len() as u64);
        cursor = listing.next;
        if cursor.is_none() {
            return Ok(rows);
        }
    }
}
