//! Packages of Debian that are unpacked and not installed: apt works with lists and a state of its own,
//! knows nothing of this system's packages, and changes nothing in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::house;

/// Where packages are fetched and unpacked; it is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Shop {
    folder: TempDir,
    is_own_source: bool,
}

impl Shop {
    /// A shop beside a place to which things are moved later. It takes packages from this source, else from
    /// those of the system.
    pub(crate) fn beside(place: &Path, source: Option<&str>) -> Result<Self> {
        anyhow::ensure!(
            house::on_path("apt-get").is_some() && house::on_path("dpkg-deb").is_some(),
            "this is neither Debian nor of its kin: there is no apt-get, or no dpkg-deb"
        );
        let parent = place.parent().unwrap_or(place);
        fs::create_dir_all(parent)?;
        let folder = tempfile::tempdir_in(parent)?;
        for part in ["lists/partial", "archives/partial", "parts", "debs", "contents"] {
            fs::create_dir_all(folder.path().join(part))?;
        }
        fs::write(folder.path().join("status"), "")?;
        fs::write(folder.path().join("sources.list"), source.unwrap_or_default())?;
        let shop = Self { folder, is_own_source: source.is_some() };
        house::output_of(shop.apt("apt-get").args(["update", "--quiet"]))?;
        Ok(shop)
    }

    /// A package and all that it cannot do without.
    pub(crate) fn with_needs(&self, package: &str) -> Result<Vec<String>> {
        let mut needs = self.apt("apt-cache");
        needs.args(["depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts"]);
        needs.args(["--no-breaks", "--no-replaces", "--no-enhances", package]);
        let needs = house::output_of(&mut needs)?;
        let is_name = |line: &&str| line.starts_with(|c: char| c.is_ascii_alphanumeric());
        Ok(needs.lines().filter(is_name).map(str::to_owned).collect())
    }

    /// Fetches packages and unpacks them; the folder with what they hold.
    pub(crate) fn unpack(&self, packages: &[String]) -> Result<PathBuf> {
        let (debs, contents) = (self.place("debs"), self.place("contents"));
        let mut download = self.apt("apt-get");
        download.current_dir(&debs).args(["download", "--quiet"]);
        house::output_of(download.args(packages))?;
        for package in fs::read_dir(&debs)?.flatten() {
            let mut unpack = Command::new("dpkg-deb");
            house::output_of(unpack.arg("-x").arg(package.path()).arg(&contents))?;
        }
        Ok(contents)
    }

    fn place(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let mut set = |setting: &str, part: &str| {
            command.arg("-o").arg(format!("{setting}={}", self.place(part).display()));
        };
        if self.is_own_source {
            set("Dir::Etc::sourcelist", "sources.list");
            set("Dir::Etc::sourceparts", "parts");
        }
        for (setting, part) in [
            ("Dir::State::lists", "lists"),
            ("Dir::State::status", "status"),
            ("Dir::Cache::archives", "archives"),
            ("Dir::Cache::pkgcache", "packages.bin"),
            ("Dir::Cache::srcpkgcache", "sources.bin"),
        ] {
            set(setting, part);
        }
        command.args(["-o", "APT::Sandbox::User=root"]);
        command
    }
}

/// Moves what was unpacked to its place, in one step: a half-made copy is never mistaken for one.
pub(crate) fn move_to(place: &Path, unpacked: &Path) -> Result<()> {
    if place.is_dir() {
        fs::remove_dir_all(place)?;
    }
    fs::rename(unpacked, place)
        .with_context(|| format!("cannot move what was unpacked to {}", place.display()))
}
