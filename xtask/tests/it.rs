//! The guard of the servers: however a chore ends, its servers end too.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect has failed")]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than a server takes to stop on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A chore that keeps a server.
struct Chore {
    process: Child,
    server: String,
    /// Its servers lie there.
    fleet: PathBuf,
}

impl Chore {
    /// `None`, with a word about it, where no server was found before.
    fn start(servers: &Path) -> Option<Self> {
        if std::env::var_os("LONGSHORE_TEST_POSTGRES_15").is_none() {
            eprintln!("SKIPPED: no PostgreSQL to guard; `cargo xtask test` brings one");
            return None;
        }
        let mut process = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["wreck", "postgres-15"])
            .env("CARGO_TARGET_DIR", servers)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let (_, rest) = url.trim().split_once('@').unwrap();
        let (server, _) = rest.split_once('/').unwrap();
        let fleet = servers.join("servers").join(format!("run-{}", process.id()));
        Some(Self { process, server: server.to_owned(), fleet })
    }

    fn serves(&self) -> bool {
        TcpStream::connect(&self.server).is_ok()
    }

    fn until_all_is_gone(&self) {
        let start = Instant::now();
        while self.serves() || self.fleet.exists() {
            assert!(start.elapsed() < PATIENCE, "{} still stands", self.fleet.display());
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
}

/// A build folder of its own, that the user of the servers can enter.
fn servers() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn servers_of_a_killed_chore_are_stopped_and_removed() {
    let servers = servers();
    let Some(mut chore) = Chore::start(servers.path()) else { return };
    assert!(chore.serves() && chore.fleet.exists());
    chore.process.kill().unwrap();
    chore.process.wait().unwrap();
    chore.until_all_is_gone();
}

#[test]
fn servers_of_a_chore_that_ends_are_gone_before_it() {
    let servers = servers();
    let Some(mut chore) = Chore::start(servers.path()) else { return };
    assert!(chore.serves());
    drop(chore.process.stdin.take());
    assert!(chore.process.wait().unwrap().success());
    assert!(!chore.serves() && !chore.fleet.exists());
}
