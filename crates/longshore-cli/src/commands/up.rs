//! `longshore up`: all in one process.

use longshore::Client;

use super::{demo, work};
use crate::{config::Config, database, exit::Exit, output::Output};

/// Options of `up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// Find the nearest neighbour of 28,298 airports, one job each, and say what to try next
    #[arg(long)]
    pub(crate) demo: bool,
}

impl Up {
    pub(crate) async fn run(self, config: Config, output: Output) -> anyhow::Result<Exit> {
        if !self.demo {
            work::require_handlers(&config)?;
        }
        let store = database::create(&config).await?;
        store.migrate().await?;
        let ended = if self.demo {
            demo::run(&Client::new(store.clone()), &config, output).await
        } else {
            work::until_stopped(work::declared(store.clone(), &config, Vec::new())?, false).await
        };
        store.close().await;
        ended
    }
}
