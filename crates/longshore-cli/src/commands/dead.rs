//! `longshore dead`: jobs that will not run again by themselves.

use longshore_core::JobId;
use longshore_store::Store;

use super::{
    jobs::{self, One},
    outcomes,
    selection::{From, Selection},
    show,
};
use crate::{
    exit::Exit,
    filters::{JobOptions, PageOptions, mention_next},
    output::Output,
};

/// Verbs of `dead`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Dead {
    /// Dead letters that match, newest first
    List(List),
    /// Everything about a dead letter, with its ledger
    Show(One),
    /// Let dead letters run again, with a whole new budget of tries
    Retry(Selection),
    /// Delete dead letters: they stay discarded in the ledger as long as retention says
    Delete(Selection),
}

/// Options of `dead list`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    options: JobOptions,
    #[command(flatten)]
    page: PageOptions,
}

impl Dead {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => {
                let listing = store.list_dead(&list.options.filter()?, &list.page.page()).await?;
                jobs::print_rows(&listing.items, output)?;
                mention_next(listing.next);
                Ok(Exit::Ok)
            }
            Self::Show(one) => show::show(store, one.id, output).await,
            Self::Retry(selection) => {
                let ids = selection.ids(store, From::Dead).await?;
                jobs::retry(store, &ids, output).await
            }
            Self::Delete(selection) => {
                let ids = selection.ids(store, From::Dead).await?;
                let delete = async |ids: &[JobId]| store.delete_dead(ids).await;
                outcomes::print(&outcomes::of_each("deleting", &ids, delete).await?, output)
            }
        }
    }
}
