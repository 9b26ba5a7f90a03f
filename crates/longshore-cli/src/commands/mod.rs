//! One file for each noun of the command line.

pub(crate) mod bench;
pub(crate) mod completions;
pub(crate) mod dead;
mod demo;
mod doctor;
pub(crate) mod enqueue;
pub(crate) mod jobs;
pub(crate) mod migrate;
mod outcomes;
pub(crate) mod queues;
mod selection;
pub(crate) mod show;
pub(crate) mod transitions;
pub(crate) mod up;
mod update;
mod watch;
pub(crate) mod weeks;
pub(crate) mod work;
pub(crate) mod workers;

use std::sync::Arc;

use longshore_store::Store;

use crate::{
    args::{Args, Command},
    config::Config,
    database,
    exit::Exit,
    output::Output,
};

/// Runs the command that was asked for.
pub(crate) async fn run(args: Args) -> anyhow::Result<Exit> {
    let output = Output { json: args.json };
    if let Command::Completions(completions) = args.command {
        return completions.run();
    }
    let config = Config::gather(&args)?;
    match args.command {
        Command::Worker(work) => work.run(config).await,
        Command::Up(up) => up.run(config, output).await,
        command => tokio::select! {
            // Calls of the storage may be dropped: they leave no open transaction behind.
            ended = answer(command, &config, output) => ended,
            _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
        },
    }
}

/// Runs a command that ends by itself.
async fn answer(command: Command, config: &Config, output: Output) -> anyhow::Result<Exit> {
    match command {
        Command::Bench(bench) => return bench.run(config, output).await,
        Command::Migrate(migrate) => return migrate.run(config, output).await,
        _ => {}
    }
    let store = database::connect(config).await?;
    let ended = match command {
        Command::Weeks(weeks) => weeks.run(&*store, config, output).await,
        command => ask(command, store.clone(), output).await,
    };
    store.close().await;
    ended
}

/// Runs a command on a database that must be there.
async fn ask(command: Command, store: Arc<dyn Store>, output: Output) -> anyhow::Result<Exit> {
    let store = &*store;
    match command {
        Command::Enqueue(enqueue) => enqueue.run(store, output).await,
        Command::Jobs(jobs) => jobs.run(store, output).await,
        Command::Transitions(transitions) => transitions.run(store, output).await,
        Command::Dead(dead) => dead.run(store, output).await,
        Command::Queues(queues) => queues.run(store, output).await,
        Command::Workers(workers) => workers.run(store, output).await,
        Command::Doctor => doctor::doctor(store, output).await,
        Command::Health => doctor::health(store, output).await,
        Command::Bench(_)
        | Command::Completions(_)
        | Command::Migrate(_)
        | Command::Up(_)
        | Command::Weeks(_)
        | Command::Worker(_) => unreachable!("these commands are run before"),
    }
}
