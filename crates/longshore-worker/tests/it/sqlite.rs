//! The same worker on a real database.

use std::sync::Arc;

use longshore_core::State;
use longshore_sqlite::{SqliteOptions, SqliteStore};
use longshore_store::{Maintain, Store};
use longshore_worker::{Ctx, Error, Worker};

use crate::harbour::{Crate, bring, detail, done};

/// A fresh database; the folder is removed with the first value.
async fn sqlite() -> (tempfile::TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("jobs.db").display());
    let store = SqliteStore::connect(SqliteOptions::from_url(&url).unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    (folder, Arc::new(store))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_completes_everything_with_retries_in_the_mix() {
    let (_folder, store) = sqlite().await;
    let ids = bring(&store, 3000).await;
    let handler = |job: Crate, ctx: Ctx| async move {
        if job.n.is_multiple_of(10) && ctx.attempt() == 1 {
            return Err(Error::retry_in(std::time::Duration::ZERO, "once more"));
        }
        Ok(job.n)
    };
    Worker::new(store.clone()).handle(handler).queue("default", 20).drain().await.unwrap();
    for (n, id) in (0..).zip(ids) {
        let job = detail(&store, id).await;
        let attempts = if n % 10 == 0 { 2 } else { 1 };
        assert_eq!((job.row.state, job.row.attempt), (State::Completed, attempts));
        assert_eq!(job.result.unwrap().as_str(), n.to_string());
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_leaves_no_trace_of_itself() {
    let (_folder, store) = sqlite().await;
    bring(&store, 10).await;
    let handler = |_: Crate| async { done(()) };
    Worker::new(store.clone()).handle(handler).drain().await.unwrap();
    assert!(store.workers().await.unwrap().is_empty());
    store.close().await;
}
