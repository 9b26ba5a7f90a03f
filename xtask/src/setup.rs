//! `cargo xtask setup`: has every database server of the tests at hand.

use std::process::ExitCode;

use anyhow::Result;

use crate::servers::{Berth, ENGINES};

/// Finds or fetches each engine and says where it is; an engine that cannot be had is a failure.
pub(crate) fn run() -> Result<ExitCode> {
    let berth = Berth::new()?;
    let mut code = ExitCode::SUCCESS;
    for engine in ENGINES.iter().filter(|engine| engine.is_usual) {
        match engine.programs(&berth) {
            Ok(programs) => println!("{}: {}", engine.really(&programs), programs.display()),
            Err(error) => {
                println!("{}: MISSING: {error:#}", engine.name);
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
