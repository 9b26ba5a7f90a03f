//! Finds MariaDB's server on this machine, or installs the distribution's where this process may do so.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{install, mysql::Programs};
use crate::house;

/// The package with the server's program alone: no server of the distribution is made or started.
const PACKAGE: &str = "mariadb-server-core";

/// The program to use: `LONGSHORE_MARIADBD`, else the one on the PATH or where packages put it.
pub(super) fn found_or_installed() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("LONGSHORE_MARIADBD").filter(|it| !it.is_empty()) {
        return Ok(PathBuf::from(chosen));
    }
    if let Some(program) = find() {
        return Ok(program);
    }
    anyhow::ensure!(
        install::may_install(),
        "no MariaDB server was found on the PATH or in /usr/sbin; install its program (Debian: `sudo apt-get \
         install --no-install-recommends {PACKAGE}`), or set LONGSHORE_MARIADBD to it"
    );
    install::update()?;
    install::install(PACKAGE)?;
    find().context("MariaDB was installed but its program is not where it should be")
}

/// How it is started.
pub(super) fn programs(server: &Path) -> Result<Programs> {
    let words = house::output_of(Command::new(server).args(["--no-defaults", "--version"]))?;
    anyhow::ensure!(words.contains("MariaDB"), "{} is no MariaDB: {words}", server.display());
    let home = server.parent().and_then(Path::parent).unwrap_or(Path::new("/usr"));
    let share = ["share/mysql", "share/mariadb", "share"].map(|share| home.join(share));
    let share = share.into_iter().find(|share| share.join("mysql_system_tables.sql").is_file());
    let share =
        share.with_context(|| format!("no texts for first tables under {}", home.display()))?;
    Ok(Programs { command: vec![server.to_path_buf()], share, is_mariadb: true })
}

fn find() -> Option<PathBuf> {
    let usual = ["/usr/sbin/mariadbd", "/usr/local/sbin/mariadbd"].map(PathBuf::from);
    house::on_path("mariadbd").into_iter().chain(usual).find(|program| program.is_file())
}
