//! `longshore bench`: measure the configured database.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    bench::{self, Load, Phase},
    config::Config,
    database,
    exit::Exit,
    output::Output,
};

/// Options of `bench`. Each can be given by a variable too, so that a kit that compares systems can
/// drive it.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// Run one phase only, and print its line as JSON
    #[arg(long, env = "BENCH_MODE", value_name = "PHASE")]
    mode: Option<Phase>,
    /// Jobs of bulk, drain and single
    #[arg(long, env = "BENCH_N", value_name = "N", default_value_t = 100_000)]
    jobs: usize,
    /// Tasks that enqueue at once in single
    #[arg(long, env = "BENCH_PRODUCERS", value_name = "N", default_value_t = 8)]
    producers: usize,
    /// Calls in flight in bulk
    #[arg(long, env = "BENCH_CONNECTIONS", value_name = "N", default_value_t = 1)]
    connections: usize,
    /// Length of latency
    #[arg(long, env = "BENCH_SECONDS", value_name = "N", default_value_t = 8)]
    seconds: u64,
    /// Jobs a second in latency
    #[arg(long, env = "BENCH_RATE", value_name = "N", default_value_t = 50)]
    rate: u64,
    /// Filler bytes in a job
    #[arg(long, env = "BENCH_PAYLOAD", value_name = "BYTES", default_value_t = 150)]
    payload: usize,
    /// How safe SQLite commits are: full (power loss) or normal (crash of the process)
    #[arg(
        long,
        env = "BENCH_SQLITE_SYNC",
        value_name = "LEVEL",
        default_value = "full",
        ignore_case = true
    )]
    sqlite_sync: database::Sync,
    /// Draws speed, latency, log and rows that are gone into an SVG file
    #[arg(long, value_name = "FILE", conflicts_with = "mode")]
    chart: Option<PathBuf>,
}

impl Bench {
    pub(crate) async fn run(self, config: &Config, output: Output) -> anyhow::Result<Exit> {
        let store = database::with_sync(config, self.sqlite_sync).await?;
        let load = self.load();
        if let Some(phase) = self.mode {
            output.object(&bench::run(phase, &store, &load).await?)?;
            return Ok(Exit::Ok);
        }
        // Minutes before there is something to write into it.
        let chart = self.chart.as_deref().map(made).transpose()?;
        bench::run(Phase::Setup, &store, &load).await?;
        bench::clear(&store).await?;
        let mut all = Vec::new();
        let every = chart.is_some().then_some(bench::EVERY);
        // Single comes last: its jobs are not run by a phase of their own.
        for phase in [Phase::Bulk, Phase::Drain, Phase::Latency, Phase::Single] {
            let load = Load {
                jobs: if phase == Phase::Single { load.jobs.div_ceil(10) } else { load.jobs },
                ..load.clone()
            };
            all.push(bench::watched(phase, &store, &load, every).await?);
        }
        bench::clear(&store).await?;
        output.rows(&all, bench::HEADS, bench::cells)?;
        if let Some(mut file) = chart {
            file.write_all(bench::draw(store.engine(), &load, &all).as_bytes())
                .context("the chart was not written")?;
        }
        store.close().await;
        Ok(Exit::Ok)
    }

    fn load(&self) -> Load {
        Load {
            jobs: self.jobs,
            producers: self.producers,
            connections: self.connections,
            seconds: self.seconds,
            rate: self.rate,
            payload: self.payload,
        }
    }
}

fn made(file: &Path) -> anyhow::Result<File> {
    File::create(file).with_context(|| format!("the chart cannot be written to {}", file.display()))
}
