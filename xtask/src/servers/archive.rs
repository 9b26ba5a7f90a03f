//! MySQL's server from Debian's unstable suite, unpacked with the libraries that it needs.
//!
//! Debian's stable suites carry no MySQL. Its program is not installed: it and its libraries are
//! downloaded by apt with lists and a state of our own, and started by their own dynamic loader.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Berth, mysql::Programs};
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

/// Downloads and unpacks beside the final place, then moves: a half-made copy is never mistaken for one.
fn fetch(folder: &Path) -> Result<()> {
    let workshop = tempfile::tempdir_in(folder.parent().unwrap_or(folder))?;
    let (shop, contents) = (workshop.path(), workshop.path().join("contents"));
    for part in ["lists/partial", "archives/partial", "parts", "debs", "contents"] {
        fs::create_dir_all(shop.join(part))?;
    }
    fs::write(shop.join("sources.list"), SOURCE)?;
    fs::write(shop.join("status"), "")?;
    eprintln!("fetching MySQL ({PACKAGE}) from Debian's unstable suite");
    house::output_of(apt("apt-get", shop).args(["update", "--quiet"]))?;
    let mut needs = apt("apt-cache", shop);
    needs.args(["depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts"]);
    needs.args(["--no-breaks", "--no-replaces", "--no-enhances", PACKAGE]);
    let needs = house::output_of(&mut needs)?;
    let named = needs.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
    let needed = named.filter(|name| !NOT_NEEDED.iter().any(|not| name.starts_with(not)));
    let mut download = apt("apt-get", shop);
    download.current_dir(shop.join("debs")).args(["download", "--quiet"]);
    house::output_of(download.args(needed))?;
    for package in fs::read_dir(shop.join("debs"))?.flatten() {
        house::output_of(Command::new("dpkg-deb").arg("-x").arg(package.path()).arg(&contents))?;
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&contents, folder).context("cannot move the unpacked server to its place")
}

/// A command of apt that knows nothing of this system and changes nothing in it.
fn apt(program: &str, shop: &Path) -> Command {
    let mut command = Command::new(program);
    for (setting, place) in [
        ("Dir::Etc::sourcelist", "sources.list"),
        ("Dir::Etc::sourceparts", "parts"),
        ("Dir::State::lists", "lists"),
        ("Dir::State::status", "status"),
        ("Dir::Cache::archives", "archives"),
        ("Dir::Cache::pkgcache", "packages.bin"),
        ("Dir::Cache::srcpkgcache", "sources.bin"),
    ] {
        command.arg("-o").arg(format!("{setting}={}", shop.join(place).display()));
    }
    command.args(["-o", "APT::Sandbox::User=root"]);
    command
}
