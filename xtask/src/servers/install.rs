//! Installs the distribution's PostgreSQL where it is missing and this process may do so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Berth, find};
use crate::house;

/// Tells Debian's packages not to make or start a server of their own.
const SETTINGS: &str = "/etc/postgresql-common/createcluster.conf";

/// The programs of an installed PostgreSQL, after installing it if this is Debian and we are root.
pub(super) fn found_or_installed(_: &Berth) -> Result<PathBuf> {
    if let Some(programs) = find::postgres() {
        return Ok(programs);
    }
    if std::env::var_os("LONGSHORE_PG_BIN").is_some() {
        anyhow::bail!(
            "LONGSHORE_PG_BIN names a folder without PostgreSQL {} or later (initdb, pg_ctl, postgres)",
            find::OLDEST
        );
    }
    if !may_install() {
        anyhow::bail!(
            "no PostgreSQL {} or later was found under /usr/lib/postgresql or on the PATH; install the \
             server programs (Debian: `sudo apt-get install postgresql`), or set LONGSHORE_PG_BIN to the \
             folder that holds initdb, pg_ctl and postgres",
            find::OLDEST
        );
    }
    install_postgres()?;
    find::postgres()
        .context("PostgreSQL was installed but its programs are not where they should be")
}

/// Whether this process may install packages: as root, on Debian or its kin.
pub(super) fn may_install() -> bool {
    nix::unistd::geteuid().is_root() && house::on_path("apt-get").is_some()
}

/// Installs a package of the distribution, without those it only recommends.
pub(super) fn install(package: &str) -> Result<()> {
    eprintln!("installing the package {package}");
    // Settings that are already there win, ours included; nobody is asked.
    let keep = "Dpkg::Options::=--force-confold";
    apt(&["install", "--quiet", "--yes", "--no-install-recommends", "-o", keep, package])
}

/// Brings the lists of packages up to date.
pub(super) fn update() -> Result<()> {
    apt(&["update", "--quiet"])
}

/// Installs the server programs; no server of the distribution is created or started.
fn install_postgres() -> Result<()> {
    update()?;
    let exact = Command::new("apt-cache").args(["show", "postgresql-15"]).output();
    let known = exact.is_ok_and(|said| said.status.success() && !said.stdout.is_empty());
    if !Path::new(SETTINGS).exists() {
        fs::create_dir_all("/etc/postgresql-common")?;
        fs::write(SETTINGS, "create_main_cluster = false\n")?;
    }
    install(if known { "postgresql-15" } else { "postgresql" })
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    house::output_of(&mut command).map(drop)
}
