//! `cargo xtask setup`: has every database server of the tests at hand, and promtool.

use std::process::ExitCode;

use anyhow::Result;

use crate::promtool;
use crate::servers::{Berth, ENGINES};

/// Finds or fetches each and says where it is; one that cannot be had is a failure.
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
    match promtool::found_or_unpacked() {
        Ok(program) => println!("promtool: {}", program.display()),
        Err(error) => {
            println!("promtool: MISSING: {error:#}");
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
