//! Looks for PostgreSQL server programs on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house;

/// The oldest PostgreSQL that Longshore supports.
pub(super) const OLDEST: u32 = 15;

/// The folder of programs to use: `LONGSHORE_PG_BIN`, else the oldest supported version that is
/// installed, so that the tests meet the oldest promise.
pub(super) fn postgres() -> Option<PathBuf> {
    if let Some(chosen) = std::env::var_os("LONGSHORE_PG_BIN").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(chosen)).filter(|folder| supported(folder).is_some());
    }
    let mut found: Vec<(u32, PathBuf)> =
        candidates().into_iter().filter_map(|folder| Some((supported(&folder)?, folder))).collect();
    found.sort();
    found.into_iter().next().map(|(_, folder)| folder)
}

/// The major version of the programs in a folder.
pub(super) fn version(programs: &Path) -> Option<u32> {
    let server = programs.join("postgres");
    if !server.is_file() || !programs.join("initdb").is_file() || !programs.join("pg_ctl").is_file()
    {
        return None;
    }
    major(&house::output_of(Command::new(server).arg("--version")).ok()?)
}

fn supported(programs: &Path) -> Option<u32> {
    version(programs).filter(|version| *version >= OLDEST)
}

fn candidates() -> Vec<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    let on_path = house::on_path("postgres").and_then(|file| file.canonicalize().ok());
    folders.extend(on_path.and_then(|file| Some(file.parent()?.to_path_buf())));
    folders
}

fn major(words: &str) -> Option<u32> {
    let number =
        words.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_is_read_from_what_the_server_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta2"), Some(18));
        assert_eq!(major("no number here"), None);
    }
}
