//! Installs the distribution's PostgreSQL where it is missing and this process may do so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Berth, find};
use crate::house;

/// What Debian's packages read before they make and start a server of their own.
const SETTINGS: &str = "/etc/postgresql-common/createcluster.conf";
const NO_SERVER: &str = "create_main_cluster = false # while `cargo xtask` installs the programs\n";

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
    // Settings that are already there win; nobody is asked.
    let keep = "Dpkg::Options::=--force-confold";
    apt(&["install", "--quiet", "--yes", "--no-install-recommends", "-o", keep, package])
}

/// Brings the lists of packages up to date.
pub(super) fn update() -> Result<()> {
    apt(&["update", "--quiet"])
}

/// Installs the server programs; no server of the distribution is created, and none that is there is
/// touched.
fn install_postgres() -> Result<()> {
    update()?;
    let exact = Command::new("apt-cache").args(["show", "postgresql-15"]).output();
    let known = exact.is_ok_and(|said| said.status.success() && !said.stdout.is_empty());
    // It brings the settings, which must be there before they can say no.
    install("postgresql-common")?;
    let _amended = Amended::with(Path::new(SETTINGS), NO_SERVER)?;
    install(if known { "postgresql-15" } else { "postgresql" })
}

/// A file that says one thing more for a while.
#[derive(Debug)]
struct Amended<'a> {
    file: &'a Path,
    before: Vec<u8>,
}

impl<'a> Amended<'a> {
    /// Adds a line to a file until this is dropped; of two lines that set one thing, the last counts.
    fn with(file: &'a Path, line: &str) -> Result<Self> {
        let problem = || format!("cannot change {}", file.display());
        let before = fs::read(file).with_context(problem)?;
        let after = [&before, b"\n".as_slice(), line.as_bytes()].concat();
        let amended = Self { file, before };
        fs::write(file, after).with_context(problem)?;
        Ok(amended)
    }
}

impl Drop for Amended<'_> {
    fn drop(&mut self) {
        if let Err(error) = fs::write(self.file, &self.before) {
            eprintln!("remove the last line of {} by hand: {error}", self.file.display());
        }
    }
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    house::output_of(&mut command).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amended_file_is_as_before_when_the_work_is_done_or_has_failed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("createcluster.conf");
        let before = "create_main_cluster = true\nssl = on";
        fs::write(&file, before).unwrap();
        let work = || -> Result<()> {
            let _amended = Amended::with(&file, NO_SERVER)?;
            let amended = fs::read_to_string(&file)?;
            assert!(amended.starts_with(before) && amended.ends_with(NO_SERVER), "{amended}");
            anyhow::bail!("the package does not exist")
        };
        work().unwrap_err();
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }

    #[test]
    fn debian_s_own_tool_reads_the_added_line() {
        let Some(tool) = house::on_path("pg_conftool") else {
            eprintln!("SKIPPED: no pg_conftool on this machine");
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("createcluster.conf");
        fs::write(&file, "create_main_cluster = true\n").unwrap();
        let _amended = Amended::with(&file, NO_SERVER).unwrap();
        let mut asked = Command::new(tool);
        asked.arg(&file).args(["show", "-bs", "create_main_cluster"]);
        assert_eq!(house::output_of(&mut asked).unwrap(), "off");
    }
}
