//! Prometheus' own tool, which checks what we show to Prometheus and what we ship for it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::debs::{self, Shop};
use crate::house;

/// Hands its path to the tests.
pub(crate) const VARIABLE: &str = "LONGSHORE_TEST_PROMTOOL";

/// The package that holds it. It is only unpacked: installed, it would start a server.
const PACKAGE: &str = "prometheus";

/// The program to use: `LONGSHORE_PROMTOOL`, the one on the PATH, or one that was unpacked before.
pub(crate) fn found() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os("LONGSHORE_PROMTOOL").filter(|it| !it.is_empty()) {
        return Some(PathBuf::from(chosen));
    }
    house::on_path("promtool").or_else(|| Some(own()).filter(|own| runs(own)))
}

/// The same, after fetching it if need be.
pub(crate) fn found_or_unpacked() -> Result<PathBuf> {
    if let Some(program) = found() {
        return Ok(program);
    }
    let place = own();
    fetch(&place).context(
        "promtool comes with Prometheus: put it on the PATH, or set LONGSHORE_PROMTOOL to it",
    )?;
    anyhow::ensure!(runs(&place), "{} does not run on this machine", place.display());
    Ok(place)
}

fn own() -> PathBuf {
    house::build_folder().join("servers/promtool")
}

fn runs(program: &Path) -> bool {
    program.is_file() && house::output_of(Command::new(program).arg("--version")).is_ok()
}

fn fetch(place: &Path) -> Result<()> {
    eprintln!("fetching promtool (from the package {PACKAGE}, which is not installed)");
    let shop = Shop::beside(place, None)?;
    let contents = shop.unpack(&[PACKAGE.to_owned()])?;
    debs::move_to(place, &contents.join("usr/bin/promtool"))
}
