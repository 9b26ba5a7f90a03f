//! MySQL's server from Debian's unstable suite, unpacked with the libraries that it needs.
//!
//! Debian's stable suites carry no MySQL. Its program is not installed: it and its libraries are
//! unpacked, and started by their own dynamic loader.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Berth, mysql::Programs};
use crate::debs::{self, Shop};
use crate::house;

const PACKAGE: &str = "mysql-server-core";
const SOURCE: &str = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main\n";
/// What the server only names as a need of its scripts.
const NOT_NEEDED: [&str; 2] = ["perl", "libperl"];

/// The folder with the unpacked server; it is fetched only if no copy is there that works.
pub(super) fn unpacked(berth: &Berth) -> Result<PathBuf> {
    let folder = berth.folder.join("mysql-archive");
    if version(&folder).is_err() {
        fetch(&folder).context("MySQL comes from the packages of Debian's unstable suite")?;
        version(&folder).context("the MySQL that was unpacked does not run on this machine")?;
    }
    Ok(folder)
}

/// How it is started.
pub(super) fn programs(folder: &Path) -> Result<Programs> {
    let libraries = fs::read_dir(folder.join("usr/lib"))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.join("libstdc++.so.6").exists())
        .context("the unpacked packages hold no libraries")?;
    let loader = fs::read_dir(&libraries)?.flatten().map(|entry| entry.path()).find(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"))
    });
    let command = vec![
        loader.context("the unpacked packages hold no dynamic loader")?,
        "--library-path".into(),
        libraries,
        folder.join("usr/sbin/mysqld"),
    ];
    Ok(Programs { command, share: folder.join("usr/share/mysql"), is_mariadb: false })
}

fn version(folder: &Path) -> Result<String> {
    let programs = programs(folder)?;
    let (loader, rest) = programs.command.split_first().context("no program")?;
    house::output_of(Command::new(loader).args(rest).args(["--no-defaults", "--version"]))
}

fn fetch(folder: &Path) -> Result<()> {
    eprintln!("fetching MySQL ({PACKAGE}) from Debian's unstable suite");
    let shop = Shop::beside(folder, Some(SOURCE))?;
    let mut needed = shop.with_needs(PACKAGE)?;
    needed.retain(|name| !NOT_NEEDED.iter().any(|not| name.starts_with(not)));
    debs::move_to(folder, &shop.unpack(&needed)?)
}
