//! How to reach the database, and how to behave there.

use std::{fmt, str::FromStr, time::Duration};

use longshore_core::Limits;
use longshore_store::{Error, ErrorKind, Result};
use sqlx::postgres::PgConnectOptions;

/// What stands between this process and the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or a pooler that keeps one server connection for each session.
    #[default]
    None,
    /// A pooler that may change the server connection after each transaction (PgBouncer's
    /// `pool_mode = transaction`). Statements are then not prepared, nothing is set for a session, and
    /// wake-ups between processes are off: polling finds the work.
    Transaction,
}

/// How to reach the database, and how to behave there.
///
/// ```
/// use longshore_postgres::PostgresOptions;
/// let options = PostgresOptions::from_url("postgres://app@localhost/app?schema=jobs")?;
/// assert_eq!(options.schema, "jobs");
/// # Ok::<(), longshore_store::Error>(())
/// ```
#[derive(Clone)]
pub struct PostgresOptions {
    /// Where the server is and who we are there. The default reads the `PG*` environment variables.
    pub connect: PgConnectOptions,
    /// The schema of Longshore's tables: `[a-z_][a-z0-9_]{0,62}`, not beginning with `pg_`.
    pub schema: String,
    /// What stands in between.
    pub pooler: Pooler,
    /// Most connections for claims, finishes and enqueues. Questions get up to two more; heartbeats,
    /// sending and receiving of wake-ups one each.
    pub connections: u32,
    /// How long a call waits for a connection.
    pub acquire_timeout: Duration,
    /// The server ends a statement that takes longer.
    pub statement_timeout: Duration,
    /// Whether commits wake workers of other processes (`NOTIFY`).
    pub notify: bool,
    /// The limits that jobs are checked against.
    pub limits: Limits,
}

impl PostgresOptions {
    /// Options from a `postgres://` URL.
    ///
    /// Besides what PostgreSQL's own clients know, the query may hold `schema=NAME`,
    /// `pooler=transaction` and `notify=off`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a text that is no such URL.
    pub fn from_url(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut options = Self::default();
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("schema", name)) => name.clone_into(&mut options.schema),
                Some(("pooler", "transaction")) => options.pooler = Pooler::Transaction,
                Some(("pooler", "none")) => options.pooler = Pooler::None,
                Some(("notify", "on")) => options.notify = true,
                Some(("notify", "off")) => options.notify = false,
                Some((name @ ("pooler" | "notify"), value)) => {
                    let message = format!("`{value}` is no value of `{name}` in a postgres URL");
                    return Err(Error::new(ErrorKind::Invalid, message));
                }
                _ => others.push(pair),
            }
        }
        let rest = if others.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{}", others.join("&"))
        };
        // The cause may repeat parts of the URL, and with them a password: it is left out.
        options.connect = PgConnectOptions::from_str(&rest).map_err(|_| {
            let message = "the database URL is not like postgres://USER:PASSWORD@HOST:PORT/DATABASE \
                           (special characters in a password are percent-encoded)";
            Error::new(ErrorKind::Invalid, message)
        })?;
        check_schema(&options.schema)?;
        Ok(options)
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connect: PgConnectOptions::new(),
            schema: "longshore".into(),
            pooler: Pooler::None,
            connections: 5,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            notify: true,
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for PostgresOptions {
    /// Everything but the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("host", &self.connect.get_host())
            .field("port", &self.connect.get_port())
            .field("database", &self.connect.get_database())
            .field("user", &self.connect.get_username())
            .field("schema", &self.schema)
            .field("pooler", &self.pooler)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Says whether a name can stand in our statements as it is.
pub(crate) fn check_schema(name: &str) -> Result<()> {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let goes_on = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if starts_well && goes_on && name.len() <= 63 && !name.starts_with("pg_") {
        return Ok(());
    }
    let shown: String = name.chars().take(64).collect();
    let message = format!(
        "`{shown}` is no schema name for Longshore: give 1 to 63 of a-z, 0-9 and _, beginning with a letter \
         or _ and not with pg_"
    );
    Err(Error::new(ErrorKind::Invalid, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_the_connection_and_our_own_settings() {
        let options = PostgresOptions::from_url(
            "postgres://ada:s%40fe@db:6432/app?schema=jobs&pooler=transaction&sslmode=disable&notify=off",
        )
        .unwrap();
        assert_eq!(options.schema, "jobs");
        assert_eq!(options.pooler, Pooler::Transaction);
        assert!(!options.notify);
        assert_eq!((options.connect.get_host(), options.connect.get_port()), ("db", 6432));
    }

    #[test]
    fn no_message_shows_the_password() {
        let options = PostgresOptions::from_url("postgres://ada:secret@db/app").unwrap();
        assert!(!format!("{options:?}").contains("secret"));
        let error = PostgresOptions::from_url("postgres://ada:secret@db:port/app").unwrap_err();
        assert!(!format!("{error:?}").contains("secret"));
    }

    /// S2-29: a name is checked, and then put in; a text is never replaced by what somebody gave.
    #[test]
    fn only_plain_names_become_schemas() {
        for good in ["longshore", "_x", "a1_b", "order"] {
            check_schema(good).unwrap();
        }
        for bad in ["", "1a", "A", "a-b", "a.b", "a\"b", "pg_x", "ä", "a b", &"a".repeat(64)] {
            assert_eq!(check_schema(bad).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
    }
}
