//! From the settings to a storage.

use std::{path::Path, sync::Arc};

use longshore_core::Limits;
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_postgres::{PostgresOptions, PostgresStore};
use longshore_sqlite::{Database, Opening, SqliteOptions, SqliteStore, Synchronous};
use longshore_store::{Error, ErrorKind, Store};

use crate::{config::Config, exit::Refused, redact};

/// When a commit on SQLite counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sync {
    /// It survives a loss of power.
    #[default]
    Full,
    /// It survives a crash of the process.
    Normal,
}

/// Connects to a database that must be there. It may lack our tables.
pub(crate) async fn connect(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    open(config, |options| {
        if options.opening == Opening::Create {
            options.opening = Opening::Write;
        }
        match &options.database {
            Database::File(path) if !path.exists() => Err(missing(path)),
            _ => Ok(()),
        }
    })
    .await
}

/// Connects, and makes an empty SQLite database where there is none.
pub(crate) async fn create(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    open(config, |_| Ok(())).await
}

/// Connects as [`create`] does, with a level of safety for SQLite commits.
pub(crate) async fn with_sync(config: &Config, sync: Sync) -> anyhow::Result<Arc<dyn Store>> {
    open(config, |options| {
        if sync == Sync::Normal {
            options.synchronous = Synchronous::Normal;
        }
        Ok(())
    })
    .await
}

async fn open(
    config: &Config,
    adjust: impl FnOnce(&mut SqliteOptions) -> longshore_store::Result<()>,
) -> anyhow::Result<Arc<dyn Store>> {
    match config.url.split(':').next() {
        Some("sqlite") => {
            let mut options = SqliteOptions::from_url(&config.url)?;
            limit(&mut options.limits, config);
            adjust(&mut options)?;
            Ok(Arc::new(SqliteStore::connect(options).await?))
        }
        Some("postgres" | "postgresql") => {
            let mut options = PostgresOptions::from_url(&config.url)?;
            limit(&mut options.limits, config);
            if let Some(schema) = &config.schema {
                options.schema.clone_from(schema);
            }
            Ok(Arc::new(PostgresStore::connect(options).await?))
        }
        Some("mysql" | "mariadb") => {
            let mut options = MysqlOptions::from_url(&config.url)?;
            limit(&mut options.limits, config);
            Ok(Arc::new(MysqlStore::connect(options).await?))
        }
        _ => Err(Refused::invalid(format!(
            "no engine for `{}`: give sqlite://FILE, postgres://USER@HOST/NAME or mysql://USER@HOST/NAME",
            redact::passwords(&config.url),
        ))),
    }
}

fn limit(limits: &mut Limits, config: &Config) {
    if let Some(bytes) = config.settings.limits.payload_bytes {
        limits.payload_bytes = bytes;
    }
}

fn missing(path: &Path) -> Error {
    let advice = format!(
        "there is no database `{}`: `longshore migrate` makes it, --database-url names another",
        path.display()
    );
    Error::new(ErrorKind::Unavailable, advice)
}
