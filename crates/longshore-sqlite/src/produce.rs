//! The role of whoever brings work.

use async_trait::async_trait;
use longshore_core::NewJob;
use longshore_store::{Enqueued, Produce, Result};

use crate::{SqliteStore, new_rows::NewRows};

#[async_trait]
impl Produce for SqliteStore {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        self.enqueue_rows(NewRows::of(jobs, &self.limits())?).await
    }
}
