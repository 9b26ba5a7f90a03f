//! How to reach the database, and how to behave there.

use std::{fmt, str::FromStr, time::Duration};

use longshore_core::Limits;
use longshore_store::{Error, ErrorKind, Result};
use sqlx::mysql::MySqlConnectOptions;

/// How to reach the database, and how to behave there.
///
/// ```
/// use longshore_mysql::MysqlOptions;
/// let options = MysqlOptions::from_url("mariadb://app@localhost/app?prefix=jobs_")?;
/// assert_eq!(options.prefix, "jobs_");
/// # Ok::<(), longshore_store::Error>(())
/// ```
#[derive(Clone)]
pub struct MysqlOptions {
    /// Where the server is, who we are there, and which database holds our tables. The isolation level,
    /// time zone, SQL mode and character set of our own sessions are set whatever stands here.
    pub connect: MySqlConnectOptions,
    /// What the names of Longshore's tables begin with: `[a-z_][a-z0-9_]{0,39}`.
    pub prefix: String,
    /// Most connections for claims, finishes and enqueues. Questions get up to two more, heartbeats one.
    pub connections: u32,
    /// How long a call waits for a connection.
    pub acquire_timeout: Duration,
    /// The server ends a statement that takes longer (MySQL: only one that asks).
    pub statement_timeout: Duration,
    /// The limits that jobs are checked against.
    pub limits: Limits,
}

impl MysqlOptions {
    /// Options from a `mysql://` or `mariadb://` URL, which names a database.
    ///
    /// Besides `socket=PATH`, `ssl-mode=MODE` and the like, the query may hold `prefix=NAME`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a text that is no such URL.
    pub fn from_url(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut options = Self::default();
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("prefix", name)) => name.clone_into(&mut options.prefix),
                _ => others.push(pair),
            }
        }
        let rest = if others.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{}", others.join("&"))
        };
        // The cause may repeat parts of the URL, and with them a password: it is left out.
        options.connect = MySqlConnectOptions::from_str(&rest).map_err(|_| {
            let message = "the database URL is not like mysql://USER:PASSWORD@HOST:PORT/DATABASE \
                           (special characters in a password are percent-encoded)";
            Error::new(ErrorKind::Invalid, message)
        })?;
        options.check()?;
        Ok(options)
    }

    /// The database, once the rest was found to be usable.
    pub(crate) fn check(&self) -> Result<String> {
        check_prefix(&self.prefix)?;
        let database = self.connect.get_database().filter(|name| !name.is_empty());
        database.map(str::to_owned).ok_or_else(|| {
            let message =
                "the URL names no database for Longshore's tables: give mysql://USER@HOST/DATABASE";
            Error::new(ErrorKind::Invalid, message)
        })
    }
}

impl Default for MysqlOptions {
    fn default() -> Self {
        Self {
            connect: MySqlConnectOptions::new(),
            prefix: "longshore_".into(),
            connections: 5,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for MysqlOptions {
    /// Everything but the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlOptions")
            .field("host", &self.connect.get_host())
            .field("port", &self.connect.get_port())
            .field("database", &self.connect.get_database())
            .field("user", &self.connect.get_username())
            .field("prefix", &self.prefix)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Says whether a prefix can stand in our statements as it is.
fn check_prefix(prefix: &str) -> Result<()> {
    let starts_well = prefix.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let goes_on = prefix.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if starts_well && goes_on && prefix.len() <= 40 {
        return Ok(());
    }
    let shown: String = prefix.chars().take(64).collect();
    let message = format!(
        "`{shown}` is no prefix for Longshore's tables: give 1 to 40 of a-z, 0-9 and _, beginning with a \
         letter or _"
    );
    Err(Error::new(ErrorKind::Invalid, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_the_connection_and_our_own_settings() {
        for scheme in ["mysql", "mariadb"] {
            let options = MysqlOptions::from_url(&format!(
                "{scheme}://ada:s%40fe@db:3307/app?prefix=jobs_&ssl-mode=disabled"
            ))
            .unwrap();
            assert_eq!(options.prefix, "jobs_");
            assert_eq!(options.connect.get_database(), Some("app"));
            assert_eq!((options.connect.get_host(), options.connect.get_port()), ("db", 3307));
        }
    }

    #[test]
    fn a_url_without_a_database_is_refused() {
        let error = MysqlOptions::from_url("mysql://ada@db").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn no_message_shows_the_password() {
        let options = MysqlOptions::from_url("mysql://ada:secret@db/app").unwrap();
        assert!(!format!("{options:?}").contains("secret"));
        let error = MysqlOptions::from_url("mysql://ada:secret@db:port/app").unwrap_err();
        assert!(!format!("{error:?}").contains("secret"));
    }

    /// S2-29: a name is checked, and then put in.
    #[test]
    fn only_plain_names_become_prefixes() {
        for good in ["longshore_", "_x", "a1_b", "order"] {
            check_prefix(good).unwrap();
        }
        for bad in ["", "1a", "A", "a-b", "a.b", "a`b", "ä", "a b", &"a".repeat(41)] {
            assert_eq!(check_prefix(bad).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
    }
}
