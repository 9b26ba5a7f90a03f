//! `longshore jobs update`: change a job that does not run.

use std::collections::BTreeMap;

use longshore_core::{JobId, JobUpdate, Label, Payload};
use longshore_store::Store;

use super::{enqueue, outcomes};
use crate::{
    exit::{Exit, Refused},
    labels,
    output::Output,
};

/// Options of `jobs update`.
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// The job's id (UUID, KSUID or ULID)
    id: JobId,
    /// Its new data: JSON, @FILE, or - for stdin
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    payload: Option<String>,
    /// Set a label, the others stay; an integer unless quoted ('size="3"')
    #[arg(long, value_name = "NAME=VALUE", value_parser = labels::label)]
    label: Vec<(String, Label)>,
    /// Take a label off
    #[arg(long, value_name = "NAME")]
    unlabel: Vec<String>,
}

impl Update {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        let id = self.id;
        let update = self.update(store.limits().payload_bytes)?;
        let updated = async |ids: &[JobId]| {
            let mut updated = Vec::with_capacity(ids.len());
            for id in ids {
                updated.push(store.update(*id, &update).await?);
            }
            Ok(updated)
        };
        outcomes::print(&outcomes::of_each("updating", &[id], updated).await?, output)
    }

    fn update(self, most_bytes: usize) -> anyhow::Result<JobUpdate> {
        let set = labels::each_once(&self.label)?;
        let mut labels: BTreeMap<_, _> =
            set.into_iter().map(|(name, label)| (name, Some(label))).collect();
        for name in self.unlabel {
            if labels.contains_key(&name) {
                return Err(Refused::invalid(format!(
                    "label `{name}` is set and taken off: decide"
                )));
            }
            labels.insert(name, None);
        }
        let text = self.payload.map(|payload| enqueue::text(&payload, most_bytes)).transpose()?;
        let payload = text.map(Payload::parse).transpose()?;
        let update = JobUpdate { payload, labels };
        if update == JobUpdate::default() {
            return Err(Refused::invalid(
                "nothing to change: give --payload, --label or --unlabel",
            ));
        }
        Ok(update)
    }
}
