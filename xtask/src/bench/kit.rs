//! The benchmark kit of somebody else: it starts its own servers, builds its own systems, and calls our binary
//! for each phase.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::house;
use crate::record::OURS;

/// Programs of which the kit needs one each, and how people get them.
const NEEDED: [(&str, &[&str], &str); 3] = [
    ("mysql", &["mariadbd", "mysqld"], "mariadb-server-core"),
    ("mysql", &["mariadb", "mysql"], "mariadb-client-core"),
    ("mysql", &["mariadb-install-db", "mysql_install_db", "mysqld"], "mariadb-server-core"),
];

/// Says what is missing before minutes of building have passed.
pub(super) fn check(kit: &Path, database: &str) -> Result<()> {
    let script = kit.join("run.sh");
    anyhow::ensure!(script.is_file(), "{} is no benchmark kit: it has no run.sh", kit.display());
    for (_, names, package) in NEEDED.iter().filter(|(of, _, _)| *of == database) {
        let found = |name: &&str| {
            let in_sbin = || Path::new("/usr/sbin").join(name).is_file();
            house::on_path(name).is_some() || in_sbin()
        };
        anyhow::ensure!(
            names.iter().any(found),
            "the kit needs {} for {database} (Debian: `sudo apt-get install --no-install-recommends {package}`), \
             or leave {database} out with `--on`",
            names.join(" or "),
        );
    }
    Ok(())
}

/// Runs it; the lines that it printed. People see them, too.
pub(super) fn run(
    kit: &Path,
    database: &str,
    binary: &Path,
    repetitions: u32,
    rest: &[String],
) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let lines = folder.path().join("lines");
    let mut run = Command::new(kit.join("run.sh"));
    run.arg(database).args(rest).args(["--contender-name", OURS]);
    run.arg("--contender").arg(format!("'{}' bench", binary.display()));
    run.args(["--reps", &repetitions.to_string()]).arg("--out").arg(&lines);
    // The kit names the database by DATABASE_URL, which this one would override.
    run.env_remove("LONGSHORE_DATABASE_URL");
    let status = run.status().with_context(|| format!("cannot start {run:?}"))?;
    anyhow::ensure!(status.success(), "the benchmark kit failed on {database}");
    fs::read_to_string(&lines).context("the benchmark kit wrote no lines")
}

/// How each system is set up, in the kit's words.
pub(super) fn list(kit: &Path, database: &str) -> Result<BTreeMap<String, String>> {
    let mut list = Command::new(kit.join("run.sh"));
    let said = house::output_of(list.args([database, "--list"]).stdin(Stdio::null()))?;
    Ok(listed(&said))
}

fn listed(said: &str) -> BTreeMap<String, String> {
    let ours =
        concat!("version ", env!("CARGO_PKG_VERSION"), ", its command line's own measurement");
    let words = said.lines().filter_map(|line| line.split_once(char::is_whitespace));
    let systems = words.map(|(name, what)| (name.to_owned(), what.trim().to_owned()));
    systems.chain([(OURS.to_owned(), ours.to_owned())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kit_tells_how_its_systems_are_set_up() {
        let listed = listed("honker                 crate honker 0.5.0, batches of 1000\nawa  x\n");
        assert_eq!(listed["honker"], "crate honker 0.5.0, batches of 1000");
        assert!(listed[OURS].starts_with("version "));
        assert_eq!(listed.len(), 3);
    }

    #[test]
    fn a_kit_is_told_whom_to_measure_and_its_lines_come_back() {
        use std::os::unix::fs::PermissionsExt;

        let kit = tempfile::tempdir().unwrap();
        let script = kit.path().join("run.sh");
        // The last word is the file for the lines.
        fs::write(&script, "#!/bin/sh\nfor file; do :; done; echo \"$@\" > \"$file\"\n").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        check(kit.path(), "sqlite").unwrap();
        let rest = ["honker".to_owned(), "--jobs".to_owned(), "50".to_owned()];
        let lines = run(kit.path(), "sqlite", Path::new("/a b/longshore"), 4, &rest).unwrap();
        let told = "sqlite honker --jobs 50 --contender-name longshore --contender '/a b/longshore' bench --reps 4 --out ";
        assert!(lines.starts_with(told), "{lines}");
    }

    #[test]
    fn a_folder_that_is_no_kit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = check(folder.path(), "sqlite").unwrap_err().to_string();
        assert!(refused.contains("it has no run.sh"), "{refused}");
    }
}
