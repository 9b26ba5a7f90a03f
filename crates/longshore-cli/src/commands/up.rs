//! `longshore up`: all in one process.

use longshore::Client;

use super::{demo, work};
use crate::{
    config::Config,
    database,
    exit::Exit,
    monitoring::{Listening, Monitoring, Unasked},
    output::Output,
};

/// Options of `up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// Find the nearest neighbour of 28,298 airports, one job each, and say what to try next
    #[arg(long)]
    pub(crate) demo: bool,
    #[command(flatten)]
    listening: Listening,
}

impl Up {
    pub(crate) async fn run(self, config: Config, output: Output) -> anyhow::Result<Exit> {
        if !self.demo {
            work::require_handlers(&config)?;
        }
        let unasked = if self.demo { Unasked::Keep } else { Unasked::Listen };
        let monitoring = Monitoring::start(&self.listening, &config, unasked).await?;
        let store = database::create(&config).await?;
        let store = if self.demo {
            demo::measured(store, &monitoring)
        } else {
            work::measured(store, &config, &[], &monitoring)
        };
        store.migrate().await?;
        monitoring.ready(&store);
        let ended = if self.demo {
            demo::run(&Client::new(store.clone()), &config, output, &monitoring).await
        } else {
            let worker = work::declared(store.clone(), &config, Vec::new())?;
            work::until_stopped(worker, false, &monitoring).await
        };
        store.close().await;
        ended
    }
}
