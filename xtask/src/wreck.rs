//! `cargo xtask wreck ENGINE`: a server of its own for a test that lets it crash.
//!
//! It prints the server's URL, then takes one order a line from its standard input and answers each that
//! is done with `done`. The server is gone when the input ends, or when this process does.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::servers::{ENGINES, Fleet, Order, Purpose};

/// Where tests find this program.
pub(crate) const VARIABLE: &str = "LONGSHORE_TEST_XTASK";

/// Keeps the server, and obeys.
pub(crate) fn run(engine: &str) -> Result<ExitCode> {
    let engine = ENGINES
        .iter()
        .find(|known| known.word == engine)
        .with_context(|| format!("there is no engine `{engine}`"))?;
    let fleet = Fleet::guarded()?;
    let mut answers = std::io::stdout();
    writeln!(answers, "{}", fleet.launch(engine, Purpose::Tests)?.url)?;
    for order in std::io::stdin().lines() {
        fleet.order(engine, meaning(&order?)?)?;
        writeln!(answers, "done")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn meaning(order: &str) -> Result<Order> {
    Ok(match order {
        "crash" => Order::Crash,
        "recover" => Order::Recover,
        "open" => Order::Open,
        other => anyhow::bail!("there is no order `{other}`: say crash, recover or open"),
    })
}
