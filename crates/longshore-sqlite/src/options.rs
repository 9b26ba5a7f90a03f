//! How to connect: where the database is and how durable its commits are.

use std::{path::PathBuf, str::FromStr, time::Duration};

use longshore_core::Limits;
use longshore_store::{Error, ErrorKind, Result};
use sqlx::sqlite::SqliteConnectOptions;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// In a file (and two more beside it, `-wal` and `-shm`).
    File(PathBuf),
    /// In memory: it is gone with the last clone of the store.
    Memory,
}

/// What opening may do to the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// Make it if it is missing.
    #[default]
    Create,
    /// Write to it; it must be there.
    Write,
    /// Only read it; it must be there.
    Read,
}

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// When it has reached the disk: it survives a loss of power.
    #[default]
    Full,
    /// When the operating system has it: a loss of power may take the last commits away, the database
    /// stays sound.
    Normal,
}

/// How to connect to SQLite.
///
/// ```
/// use longshore_sqlite::{Database, SqliteOptions};
/// let options = SqliteOptions::from_url("sqlite://jobs.db?synchronous=normal")?;
/// assert_eq!(options.database, Database::File("jobs.db".into()));
/// # Ok::<(), longshore_store::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Where the database is.
    pub database: Database,
    /// What opening may do.
    pub opening: Opening,
    /// When a commit counts as done.
    pub synchronous: Synchronous,
    /// How long to wait while another process writes.
    pub busy_timeout: Duration,
    /// Memory for pages of the database, per connection (there are three), in bytes.
    pub cache_bytes: u32,
    /// The limits that jobs are checked against.
    pub limits: Limits,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            database: Database::File("longshore.db".into()),
            opening: Opening::default(),
            synchronous: Synchronous::default(),
            busy_timeout: Duration::from_secs(5),
            cache_bytes: 64 << 20,
            limits: Limits::default(),
        }
    }
}

impl SqliteOptions {
    /// Reads `sqlite://jobs.db`, `sqlite:jobs.db`, `sqlite:///var/lib/jobs.db`, `sqlite::memory:`.
    ///
    /// Parameters: `mode=rwc` (the default: the file is made if it is missing), `rw`, `ro`, `memory`;
    /// `synchronous=full` (the default) or `normal`. A path may be percent-encoded.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for another scheme, a missing path, an unknown parameter.
    pub fn from_url(url: &str) -> Result<Self> {
        let rest = url
            .strip_prefix("sqlite:")
            .ok_or_else(|| invalid(url, "it does not begin with `sqlite:`"))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let mut options = Self { database: database(url, path)?, ..Self::default() };
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter {
                "mode=rwc" => options.opening = Opening::Create,
                "mode=rw" => options.opening = Opening::Write,
                "mode=ro" => options.opening = Opening::Read,
                "mode=memory" => options.database = Database::Memory,
                "synchronous=full" => options.synchronous = Synchronous::Full,
                "synchronous=normal" => options.synchronous = Synchronous::Normal,
                _ => return Err(invalid(url, &format!("`{parameter}` is not a parameter of it"))),
            }
        }
        if options.database == Database::File(PathBuf::new()) {
            return Err(invalid(url, "it names no file"));
        }
        Ok(options)
    }
}

fn database(url: &str, path: &str) -> Result<Database> {
    match path {
        ":memory:" => Ok(Database::Memory),
        "" => Ok(Database::File(PathBuf::new())),
        // sqlx decodes what is percent-encoded.
        path => SqliteConnectOptions::from_str(&format!("sqlite://{path}"))
            .map(|decoded| Database::File(decoded.get_filename().to_owned()))
            .map_err(|error| invalid(url, "its path cannot be read").caused_by(error)),
    }
}

fn invalid(url: &str, problem: &str) -> Error {
    let advice = format!(
        "`{url}` is no URL of a SQLite database ({problem}): give `sqlite://FILE`, with \
         `?mode=rwc|rw|ro|memory` and `&synchronous=full|normal` if needed, or `sqlite::memory:`"
    );
    Error::new(ErrorKind::Invalid, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_files_and_memory() {
        let file = |path: &str| Database::File(path.into());
        for (url, database) in [
            ("sqlite://a.db", file("a.db")),
            ("sqlite:a.db", file("a.db")),
            ("sqlite:///tmp/a%20b.db", file("/tmp/a b.db")),
            ("sqlite::memory:", Database::Memory),
            ("sqlite://?mode=memory", Database::Memory),
        ] {
            assert_eq!(SqliteOptions::from_url(url).unwrap().database, database, "{url}");
        }
        assert_eq!(
            SqliteOptions::from_url("sqlite://a.db?mode=ro").unwrap().opening,
            Opening::Read
        );
    }

    #[test]
    fn urls_that_say_nothing_useful_are_invalid() {
        for url in
            ["postgres://x", "sqlite://", "sqlite://a.db?mode=no", "sqlite://a.db?cahce=shared"]
        {
            assert_eq!(
                SqliteOptions::from_url(url).unwrap_err().kind(),
                ErrorKind::Invalid,
                "{url}"
            );
        }
    }
}
