//! Where this repository and its build folder are, and how its commands are started.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The folder of this repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The build folder: `target`, or where `CARGO_TARGET_DIR` says.
pub(crate) fn build_folder() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").filter(|folder| !folder.is_empty());
    root().join(chosen.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// The cargo that runs this chore, in the repository's folder.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root()).args(arguments);
    command
}

/// Whether an absent database server is a failure rather than a loud skip.
pub(crate) fn every_engine_is_required() -> bool {
    let says_yes = |name| std::env::var(name).is_ok_and(|value| value == "1" || value == "true");
    says_yes("CI") || says_yes("LONGSHORE_TEST_REQUIRE")
}

/// Runs a command to its end and returns what it printed; its failure is an error that shows its words.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let said = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let words = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if said.status.success() {
        return Ok(words);
    }
    let complaint = String::from_utf8_lossy(&said.stderr);
    anyhow::bail!("{command:?} failed ({}):\n{words}\n{}", said.status, complaint.trim())
}

/// The program of that name on the PATH, if any.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
