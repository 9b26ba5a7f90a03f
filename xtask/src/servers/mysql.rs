//! One private MariaDB or MySQL server in a folder of its own: loopback only, durable, user `longshore`.

use std::fs::{self, File};
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Purpose;
use super::user::{self, User};
use crate::house;

/// A unix socket's path may be about 107 bytes long.
const LONGEST_SOCKET: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The texts that make MariaDB's own tables, in the folder that its packages bring.
const MARIADB_TABLES: [&str; 3] =
    ["mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql"];

/// Only this user gets in over TCP, without a password; the server listens on loopback alone.
const USER: &str = "CREATE USER longshore@'%' IDENTIFIED BY '';\n\
                    GRANT ALL ON *.* TO longshore@'%' WITH GRANT OPTION;\n";

/// How a server program of this family is started.
pub(super) struct Programs {
    /// The server, and the dynamic loader with its libraries before it if it needs other ones than
    /// this system has.
    pub(super) command: Vec<PathBuf>,
    /// The folder with messages, character sets and the texts that make the first tables.
    pub(super) share: PathBuf,
    pub(super) is_mariadb: bool,
}

impl Programs {
    /// The version that the server says it is.
    pub(super) fn version(&self) -> Option<String> {
        let (program, rest) = self.command.split_first()?;
        let mut asked = Command::new(program);
        let words = house::output_of(asked.args(rest).args(["--no-defaults", "--version"])).ok()?;
        let number =
            words.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        number?.split('-').next().map(str::to_owned)
    }
}

/// Makes a server in `folder` and starts it; returns its URL. The folder then holds all that [`stop`]
/// needs.
pub(super) fn start(
    programs: &Programs,
    folder: &Path,
    user: Option<&User>,
    purpose: Purpose,
) -> Result<String> {
    let data = folder.join("data");
    fs::create_dir_all(&data)?;
    user::own(user, folder)?;
    user::own(user, &data)?;
    let port = super::free_ports().next().context("no port is free")?;
    let file = folder.join("my.cnf");
    fs::write(&file, settings(programs, folder, port, purpose))?;
    fs::write(folder.join("port"), port.to_string())?;
    fs::write(folder.join("first.sql"), first_tables(programs)?)?;
    let mut make = server(programs, folder, user);
    if programs.is_mariadb {
        make.arg("--bootstrap").stdin(File::open(folder.join("first.sql"))?);
    } else {
        make.arg("--initialize-insecure")
            .arg(format!("--init-file={}", folder.join("first.sql").display()));
    }
    house::output_of(&mut make)?;
    launch(programs, folder, user, port)?;
    Ok(format!("mysql://longshore@127.0.0.1:{port}/mysql"))
}

/// Starts a server again that has crashed; it recovers, and lets clients in.
pub(super) fn open(programs: &Programs, folder: &Path, user: Option<&User>) -> Result<()> {
    let port = fs::read_to_string(folder.join("port"))?.trim().parse()?;
    launch(programs, folder, user, port)
}

/// Whether a server of this family was started in `folder` and runs.
pub(super) fn is_running(folder: &Path) -> bool {
    process(folder).is_some()
}

/// Ends the server in `folder`, if one runs there. Its data is about to be removed, so it need not be
/// left in order.
pub(super) fn stop(folder: &Path) -> Result<()> {
    let Some(server) = process(folder) else { return Ok(()) };
    kill(server, Signal::SIGKILL).context("the server cannot be stopped")?;
    let begun = Instant::now();
    while process(folder).is_some() && begun.elapsed() < PATIENCE {
        sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

/// The process that runs on the data of this folder. A number alone may belong to somebody else by now.
fn process(folder: &Path) -> Option<Pid> {
    let number: i32 = fs::read_to_string(folder.join("pid")).ok()?.trim().parse().ok()?;
    let words = fs::read_to_string(format!("/proc/{number}/cmdline")).ok()?;
    words.contains(&*folder.to_string_lossy()).then(|| Pid::from_raw(number))
}

/// Starts the server in the background, away from the terminal's signals, and waits until it answers.
fn launch(programs: &Programs, folder: &Path, user: Option<&User>, port: u16) -> Result<()> {
    let server = server(programs, folder, user);
    let mut shell = user::command(user, Path::new("/bin/sh"), folder);
    shell.args(["-c", "\"$@\" >log 2>&1 </dev/null &", "sh"]).arg(server.get_program());
    shell.args(server.get_args()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    anyhow::ensure!(shell.status()?.success(), "the server could not be started");
    let begun = Instant::now();
    while !answers(port) {
        if begun.elapsed() > PATIENCE {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            anyhow::bail!("the server did not start:\n{log}");
        }
        sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

fn server(programs: &Programs, folder: &Path, user: Option<&User>) -> Command {
    let (program, rest) = programs.command.split_first().map_or_else(
        || (PathBuf::from("mariadbd"), &[][..]),
        |(program, rest)| (program.clone(), rest),
    );
    let mut command = user::command(user, &program, folder);
    command.args(rest).arg(format!("--defaults-file={}", folder.join("my.cnf").display()));
    command
}

/// A server that is ready greets whoever connects.
fn answers(port: u16) -> bool {
    let greeting = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.read_exact(&mut [0; 5])
    };
    greeting().is_ok()
}

fn first_tables(programs: &Programs) -> Result<String> {
    if !programs.is_mariadb {
        return Ok(USER.to_owned());
    }
    let mut text = String::from(
        "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\nSET @skip_auth_anonymous=1;\n",
    );
    for name in MARIADB_TABLES {
        let file = programs.share.join(name);
        let part = fs::read_to_string(&file);
        text.push_str(&part.with_context(|| format!("cannot read {}", file.display()))?);
        text.push('\n');
    }
    Ok(text + "FLUSH PRIVILEGES;\n" + USER)
}

fn settings(programs: &Programs, folder: &Path, port: u16, purpose: Purpose) -> String {
    let folder = folder.display();
    let socket = format!("{folder}/socket");
    let socket = if socket.len() <= LONGEST_SOCKET { socket } else { String::new() };
    let cache = match purpose {
        Purpose::Tests => "256M",
        Purpose::Benchmarks => "1G",
    };
    let own = match (programs.is_mariadb, purpose) {
        // A file for each partition of each test's tables takes longer than the tests.
        (true, Purpose::Tests) => "innodb_file_per_table = 0\ninnodb_log_file_size = 512M\n",
        (true, Purpose::Benchmarks) => "innodb_log_file_size = 1G\n",
        (false, _) => "mysqlx = 0\nsecure_file_priv = NULL\ninnodb_redo_log_capacity = 1G\n",
    };
    let share = programs.share.display();
    format!(
        "[mysqld]\ndatadir = {folder}/data\nsocket = {socket}\npid_file = {folder}/pid\nport = {port}\n\
         tmpdir = {folder}\nbind_address = 127.0.0.1\nskip_name_resolve = 1\nskip_log_bin\nmax_connections = 500\n\
         lc_messages_dir = {share}\ncharacter_sets_dir = {share}/charsets\n\
         innodb_flush_log_at_trx_commit = 1\ninnodb_buffer_pool_size = {cache}\n{own}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_listens_on_loopback_only_and_is_durable() {
        for is_mariadb in [false, true] {
            let programs = Programs { command: Vec::new(), share: "/share".into(), is_mariadb };
            for purpose in [Purpose::Tests, Purpose::Benchmarks] {
                let settings = settings(&programs, Path::new("/short"), 5555, purpose);
                assert!(
                    settings.contains("port = 5555\ntmpdir = /short\nbind_address = 127.0.0.1\n")
                );
                assert!(settings.contains("socket = /short/socket\n"));
                assert!(settings.contains("innodb_flush_log_at_trx_commit = 1\n"));
            }
        }
    }

    #[test]
    fn a_process_of_somebody_elses_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pid"), std::process::id().to_string()).unwrap();
        assert!(!is_running(folder.path()));
        stop(folder.path()).unwrap();
    }
}
