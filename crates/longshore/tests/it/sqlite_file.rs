//! A fresh database file for each test.

use longshore::Client;
use tempfile::TempDir;

/// A file that vanishes with this value.
pub(crate) struct File {
    folder: TempDir,
}

impl File {
    pub(crate) fn fresh() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}/jobs.db", self.folder.path().display())
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.url()).await.unwrap()
    }

    /// A pool as a program would have one, on the same file.
    pub(crate) async fn pool(&self) -> longshore::sqlx::SqlitePool {
        longshore::sqlx::SqlitePool::connect(&self.url()).await.unwrap()
    }
}
