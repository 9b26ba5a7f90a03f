//! One private PostgreSQL server in a folder of its own: loopback only, durable, superuser `longshore`.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Purpose;
use super::user::{self, User};
use crate::house;

/// Without hot standby, a server that [`recover`]s refuses everybody.
const TESTS: &str = "max_connections = 500\nmax_locks_per_transaction = 512\n\
                     shared_buffers = 128MB\nhot_standby = off\n";
const BENCHMARKS: &str = "max_connections = 200\nshared_buffers = 1GB\n";
const DURABLE: &str = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n";

/// Only this superuser gets in, without a password, and only from this machine.
const ACCESS: &str = "local all longshore trust\nhost all longshore 127.0.0.1/32 trust\n";

/// A unix socket's path may be about 107 bytes long; the file's own name takes some of them.
const LONGEST_SOCKET_FOLDER: usize = 85;

const UNTIL_NOTED: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Makes a server in `folder` and starts it; returns its URL. The folder then holds all that
/// [`stop`] needs.
pub(super) fn start(
    programs: &Path,
    folder: &Path,
    user: Option<&User>,
    purpose: Purpose,
) -> Result<String> {
    fs::create_dir_all(folder)?;
    user::own(user, folder)?;
    fs::write(folder.join("programs"), programs.as_os_str().as_encoded_bytes())?;
    let data = folder.join("data");
    let mut initdb = user::command(user, &programs.join("initdb"), folder);
    initdb.args([
        "--no-sync",
        "--username=longshore",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
    ]);
    house::output_of(initdb.arg("--pgdata").arg(&data))?;
    fs::write(data.join("pg_hba.conf"), ACCESS)?;

    // Another process may take the free port before the server does: then there is another one.
    let mut refused = None;
    for port in super::free_ports().take(3) {
        fs::write(data.join("postgresql.auto.conf"), settings(folder, port, purpose))?;
        match launch(programs, folder, user) {
            Ok(()) => return Ok(format!("postgres://longshore@127.0.0.1:{port}/postgres")),
            Err(error) => refused = Some(error),
        }
    }
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    Err(refused.context("no port is free")?.context(format!("the server did not start:\n{log}")))
}

/// Starts a server that was stopped so that it stays in recovery: it answers, but lets nobody in.
pub(super) fn recover(folder: &Path, user: Option<&User>) -> Result<()> {
    let signal = folder.join("data/standby.signal");
    fs::write(&signal, "")?;
    user::own(user, &signal)?;
    launch(&programs_of(folder)?, folder, user)
}

/// Ends the recovery: the server lets clients in again.
pub(super) fn open(folder: &Path, user: Option<&User>) -> Result<()> {
    let begun = Instant::now();
    loop {
        let mut promote = control(&programs_of(folder)?, folder, user);
        promote.args(["promote", "--wait", "--silent", "--timeout=60"]);
        match house::output_of(&mut promote) {
            // It answers a moment before it has noted down that it recovers.
            Err(_) if begun.elapsed() < UNTIL_NOTED => sleep(BETWEEN_LOOKS),
            ended => return ended.map(drop),
        }
    }
}

/// Stops the server in `folder`, if one runs there, as a crash would: at once, without a checkpoint.
pub(super) fn stop(folder: &Path, user: Option<&User>) -> Result<()> {
    if !is_running(folder, user) {
        return Ok(());
    }
    let mut stop = control(&programs_of(folder)?, folder, user);
    house::output_of(stop.args(["stop", "--mode=immediate", "--wait", "--silent", "--timeout=30"]))
        .map(drop)
}

/// Whether the server in `folder` runs, or is about to.
pub(super) fn is_running(folder: &Path, user: Option<&User>) -> bool {
    folder.join("data/postmaster.pid").exists()
        && programs_of(folder)
            .and_then(|programs| house::output_of(control(&programs, folder, user).arg("status")))
            .is_ok()
}

fn launch(programs: &Path, folder: &Path, user: Option<&User>) -> Result<()> {
    let mut start = control(programs, folder, user);
    start.args(["start", "--wait", "--silent", "--timeout=60", "--log"]).arg(folder.join("log"));
    house::output_of(&mut start).map(drop)
}

fn programs_of(folder: &Path) -> Result<PathBuf> {
    let note = folder.join("programs");
    Ok(PathBuf::from(
        fs::read_to_string(&note).with_context(|| format!("cannot read {}", note.display()))?,
    ))
}

fn control(programs: &Path, folder: &Path, user: Option<&User>) -> std::process::Command {
    let mut command = user::command(user, &programs.join("pg_ctl"), folder);
    command.arg("--pgdata").arg(folder.join("data"));
    command
}

fn settings(folder: &Path, port: u16, purpose: Purpose) -> String {
    let sockets = Some(folder).filter(|folder| folder.as_os_str().len() <= LONGEST_SOCKET_FOLDER);
    let sockets = sockets.map_or_else(String::new, |folder| folder.display().to_string());
    let capacity = match purpose {
        Purpose::Tests => TESTS,
        Purpose::Benchmarks => BENCHMARKS,
    };
    format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{sockets}'\n\
         {DURABLE}{capacity}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_listens_on_loopback_only_and_is_durable() {
        for purpose in [Purpose::Tests, Purpose::Benchmarks] {
            let settings = settings(Path::new("/short"), 5555, purpose);
            assert!(settings.contains("listen_addresses = '127.0.0.1'\nport = 5555\n"));
            assert!(settings.contains("unix_socket_directories = '/short'"));
            assert!(settings.contains("fsync = on"));
        }
    }

    #[test]
    fn a_folder_too_long_for_a_socket_gets_none() {
        let long = format!("/{}", "x".repeat(200));
        assert!(
            settings(Path::new(&long), 1, Purpose::Tests).contains("unix_socket_directories = ''")
        );
    }
}
