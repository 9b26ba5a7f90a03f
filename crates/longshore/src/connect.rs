//! From a URL to a client: the engine is picked by its scheme.

use std::sync::Arc;

use longshore_store::{Error, ErrorKind, Result, Store};

use crate::Client;

/// How to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bring the schema up to date first. Safe when many processes do it at once; switch it off where
    /// the program's database user may not create tables, and run `longshore migrate` as one that may.
    pub migrate: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { migrate: true }
    }
}

impl Client {
    /// Connects to a database and brings its schema up to date.
    ///
    /// `sqlite://jobs.db` (made if it is not there), `sqlite::memory:`, `postgres://user@host/database`,
    /// `mysql://user@host/database`, `mariadb://user@host/database`.
    /// Each engine is a feature of this crate; `sqlite` is on by default.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a URL of an engine that is not there,
    /// [`ErrorKind::Unavailable`] if the database cannot be reached,
    /// [`ErrorKind::Schema`] if its schema is newer than this version knows.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_with(url, Options::default()).await
    }

    /// Connects to a database.
    ///
    /// ```no_run
    /// # use longshore::{Client, Options};
    /// # async fn example() -> longshore::Result {
    /// // The program's database user may not create tables: `longshore migrate` does, as another one.
    /// let url = "postgres://app@localhost/app?schema=jobs";
    /// let client = Client::connect_with(url, Options { migrate: false }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_with(url: &str, options: Options) -> Result<Self> {
        Self::over(open(url).await?, options).await
    }

    /// Shares the program's own pool: the client makes connections with the same settings, so that one
    /// transaction can hold both the program's writes and its jobs (see [`Enqueue::tx`](crate::Enqueue::tx)).
    ///
    /// The pool says where the database is; of the engine's options the others hold.
    ///
    /// ```no_run
    /// # use longshore::{Client, Options, sqlite::SqliteOptions, sqlx::SqlitePool};
    /// # async fn example() -> longshore::Result {
    /// let pool = SqlitePool::connect("sqlite://app.db").await?;
    /// let client =
    ///     Client::from_sqlite_pool(&pool, SqliteOptions::default(), Options::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::connect`].
    #[cfg(feature = "sqlite")]
    pub async fn from_sqlite_pool(
        pool: &sqlx::SqlitePool,
        engine: longshore_sqlite::SqliteOptions,
        options: Options,
    ) -> Result<Self> {
        let store = longshore_sqlite::SqliteStore::from_pool(pool, engine).await?;
        Self::over(Arc::new(store), options).await
    }

    /// Shares the program's own pool: the client makes connections with the same settings, so that one
    /// transaction can hold both the program's writes and its jobs (see [`Enqueue::tx`](crate::Enqueue::tx)).
    ///
    /// The pool says where the server is; of the engine's options the others hold: the schema, the limits,
    /// a pooler that stands in between.
    ///
    /// ```no_run
    /// # use longshore::{Client, Options, postgres::PostgresOptions, sqlx::PgPool};
    /// # async fn example() -> longshore::Result {
    /// let pool = PgPool::connect("postgres://app@localhost/app").await?;
    /// let engine = PostgresOptions { schema: "jobs".into(), ..PostgresOptions::default() };
    /// let client = Client::from_postgres_pool(&pool, engine, Options::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::connect`], and [`ErrorKind::Invalid`] for a schema's name that cannot be one.
    #[cfg(feature = "postgres")]
    pub async fn from_postgres_pool(
        pool: &sqlx::PgPool,
        engine: longshore_postgres::PostgresOptions,
        options: Options,
    ) -> Result<Self> {
        let store = longshore_postgres::PostgresStore::from_pool(pool, engine).await?;
        Self::over(Arc::new(store), options).await
    }

    /// Shares the program's own pool: the client makes connections with the same settings, so that one
    /// transaction can hold both the program's writes and its jobs (see [`Enqueue::tx`](crate::Enqueue::tx)).
    ///
    /// The pool says where the server is and which database holds the tables; of the engine's options the
    /// others hold: the tables' prefix, the limits.
    ///
    /// ```no_run
    /// # use longshore::{Client, Options, mysql::MysqlOptions, sqlx::MySqlPool};
    /// # async fn example() -> longshore::Result {
    /// let pool = MySqlPool::connect("mariadb://app@localhost/app").await?;
    /// let engine = MysqlOptions { prefix: "jobs_".into(), ..MysqlOptions::default() };
    /// let client = Client::from_mysql_pool(&pool, engine, Options::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::connect`], and [`ErrorKind::Invalid`] for a prefix that cannot be one and for a pool
    /// that names no database.
    #[cfg(feature = "mysql")]
    pub async fn from_mysql_pool(
        pool: &sqlx::MySqlPool,
        engine: longshore_mysql::MysqlOptions,
        options: Options,
    ) -> Result<Self> {
        let store = longshore_mysql::MysqlStore::from_pool(pool, engine).await?;
        Self::over(Arc::new(store), options).await
    }

    async fn over(store: Arc<dyn Store>, options: Options) -> Result<Self> {
        if options.migrate {
            store.migrate().await?;
        }
        Ok(Self::new(store))
    }
}

/// Opens the storage of a URL and changes nothing in it.
///
/// # Errors
/// As [`Client::connect`].
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => open_sqlite(url).await,
        Some("postgres" | "postgresql") => open_postgres(url).await,
        Some("mysql" | "mariadb") => open_mysql(url).await,
        // Only the scheme is repeated: the rest may hold a password.
        Some(scheme) if is_scheme(scheme) => Err(unknown(&format!("no engine for `{scheme}:`"))),
        _ => Err(unknown("a database URL begins with the name of its engine")),
    }
}

fn unknown(problem: &str) -> Error {
    Error::new(
        ErrorKind::Invalid,
        format!(
            "{problem}: give sqlite://FILE, postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE"
        ),
    )
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(feature = "sqlite")]
async fn open_sqlite(url: &str) -> Result<Arc<dyn Store>> {
    let options = longshore_sqlite::SqliteOptions::from_url(url)?;
    Ok(Arc::new(longshore_sqlite::SqliteStore::connect(options).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn open_sqlite(_: &str) -> Result<Arc<dyn Store>> {
    Err(switched_off("SQLite", "sqlite"))
}

#[cfg(feature = "postgres")]
async fn open_postgres(url: &str) -> Result<Arc<dyn Store>> {
    let options = longshore_postgres::PostgresOptions::from_url(url)?;
    Ok(Arc::new(longshore_postgres::PostgresStore::connect(options).await?))
}

#[cfg(not(feature = "postgres"))]
async fn open_postgres(_: &str) -> Result<Arc<dyn Store>> {
    Err(switched_off("PostgreSQL", "postgres"))
}

#[cfg(feature = "mysql")]
async fn open_mysql(url: &str) -> Result<Arc<dyn Store>> {
    let options = longshore_mysql::MysqlOptions::from_url(url)?;
    Ok(Arc::new(longshore_mysql::MysqlStore::connect(options).await?))
}

#[cfg(not(feature = "mysql"))]
async fn open_mysql(_: &str) -> Result<Arc<dyn Store>> {
    Err(switched_off("MySQL and MariaDB", "mysql"))
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
fn switched_off(engine: &str, feature: &str) -> Error {
    let advice = format!(
        "this program was built without {engine}: switch on the feature `{feature}` of the crate `longshore`"
    );
    Error::new(ErrorKind::Invalid, advice)
}
