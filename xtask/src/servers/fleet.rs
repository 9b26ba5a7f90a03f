//! Servers that live as long as a chore, and the guard that removes them however the chore ends.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::{Berth, Engine, Purpose, user};

/// A server that was started.
#[derive(Debug)]
pub(crate) struct Launched {
    pub(crate) url: String,
    /// What it really is: see [`Engine::really`].
    pub(crate) really: String,
}

/// What a test can let happen to a server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// It ends at once and writes nothing more.
    Crash,
    /// It is started again, and refuses everybody: it recovers.
    Recover,
    /// It has recovered, and lets clients in.
    Open,
}

/// The servers of one chore. Dropping it stops them and removes their folder.
#[derive(Debug)]
pub(crate) struct Fleet {
    berth: Berth,
    folder: PathBuf,
    guard: Option<Child>,
}

impl Fleet {
    /// A fleet that ends with this process.
    pub(crate) fn guarded() -> Result<Self> {
        let berth = Berth::new()?;
        clear_abandoned(&berth);
        let folder = berth.folder.join(format!("run-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let guard = Command::new(std::env::current_exe()?)
            .arg("guard")
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start the guard of the servers")?;
        Ok(Self { berth, folder, guard: Some(guard) })
    }

    /// The fleet that stays until [`Fleet::sink`], also across chores.
    pub(crate) fn lasting() -> Result<Self> {
        let berth = Berth::new()?;
        let folder = berth.folder.join("dev");
        fs::create_dir_all(&folder)?;
        Ok(Self { berth, folder, guard: None })
    }

    /// Where the fleet lives; other files that must vanish with it may be put here.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a server of that engine.
    pub(crate) fn launch(&self, engine: &Engine, purpose: Purpose) -> Result<Launched> {
        let programs = engine.programs(&self.berth)?;
        let folder = self.folder.join(engine.word);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let url = engine.start(&programs, &self.berth, &folder, purpose)?;
        fs::write(folder.join("url"), &url)?;
        Ok(Launched { url, really: engine.really(&programs) })
    }

    /// The URL of a server that was launched before and still runs.
    pub(crate) fn url(&self, engine: &Engine) -> Option<String> {
        let folder = self.folder.join(engine.word);
        let runs = super::is_running(&folder, self.berth.user.as_ref());
        fs::read_to_string(folder.join("url")).ok().filter(|_| runs)
    }

    /// Lets something happen to a server that was launched before.
    pub(crate) fn order(&self, engine: &Engine, order: Order) -> Result<()> {
        let folder = self.folder.join(engine.word);
        match order {
            Order::Crash => super::stop(&folder, self.berth.user.as_ref()),
            Order::Recover => engine.recover(&self.berth, &folder),
            Order::Open => engine.open(&self.berth, &folder),
        }
    }

    /// Stops the servers and removes the folder.
    pub(crate) fn sink(&self) -> Result<()> {
        sink(&self.folder)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            if !guard.wait().is_ok_and(|status| status.success()) {
                eprintln!("the servers in {} could not be removed", self.folder.display());
            }
        }
    }
}

/// Waits until the chore that started this guard is gone, then removes its servers.
///
/// The kernel closes the pipe when the chore ends, so no signal needs to be caught. The guard leaves the
/// chore's session, so that a ctrl-c at the terminal does not reach it.
pub(crate) fn guard(folder: &Path) -> Result<ExitCode> {
    nix::unistd::setsid().context("the guard must not lead a process group")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    sink(folder)?;
    Ok(ExitCode::SUCCESS)
}

fn sink(fleet: &Path) -> Result<()> {
    let user = user::for_servers()?;
    for server in fs::read_dir(fleet)?.flatten() {
        super::stop(&server.path(), user.as_ref())?;
    }
    fs::remove_dir_all(fleet).with_context(|| format!("cannot remove {}", fleet.display()))
}

/// Removes what a guard that was itself killed left behind.
fn clear_abandoned(berth: &Berth) {
    for entry in fs::read_dir(&berth.folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix("run-")?.parse().ok());
        let abandoned = owner.is_some_and(|owner| kill(Pid::from_raw(owner), None).is_err());
        // Its guard may be at work this very moment: whoever is first is right.
        if abandoned && sink(&entry.path()).is_err() && entry.path().exists() {
            eprintln!("{} is left over and could not be removed", entry.path().display());
        }
    }
}
