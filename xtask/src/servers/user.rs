//! As whom a server runs: database servers refuse to run as root.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// An account for servers that a root process starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct User {
    pub(super) name: &'static str,
    uid: u32,
    gid: u32,
}

/// The account to use when this process is root, else none: servers run as whoever runs the chore.
pub(super) fn for_servers() -> Result<Option<User>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(account) = nix::unistd::User::from_name(name)? {
            return Ok(Some(User { name, uid: account.uid.as_raw(), gid: account.gid.as_raw() }));
        }
    }
    anyhow::bail!(
        "database servers refuse to run as root, and there is no account `postgres` or `nobody`"
    )
}

/// A command that runs as the server's user, in a folder that this user can enter.
pub(super) fn command(user: Option<&User>, program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// Hands a folder over to the server's user.
pub(super) fn own(user: Option<&User>, folder: &Path) -> Result<()> {
    if let Some(user) = user {
        chown(folder, Some(user.uid), Some(user.gid))
            .with_context(|| format!("cannot give {} to {}", folder.display(), user.name))?;
    }
    Ok(())
}

/// Whether the server's user gets into a folder: every folder above it must let it pass.
pub(super) fn can_enter(user: Option<&User>, folder: &Path) -> bool {
    command(user, Path::new("/bin/sh"), folder)
        .args(["-c", ":"])
        .status()
        .is_ok_and(|status| status.success())
}
