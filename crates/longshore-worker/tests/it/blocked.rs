//! Handlers that block every thread of the worker's runtime for longer than a lease.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use longshore_core::{State, Timestamp};
use longshore_sqlite::{SqliteOptions, SqliteStore};
use longshore_store::{Maintain, Store};
use longshore_worker::Worker;
use tokio::runtime::Builder;

use crate::harbour::{Crate, bring, detail, done, eventually, ledger};

const LEASE: Duration = Duration::from_millis(300);

async fn store(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    let url = format!("sqlite://{}", folder.path().join("jobs.db").display());
    let store = SqliteStore::connect(SqliteOptions::from_url(&url).unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    Arc::new(store)
}

/// G3: leases are kept by threads of their own, from the worker down to the database's connection.
#[test]
fn a_handler_that_blocks_every_thread_keeps_its_lease() {
    let folder = tempfile::tempdir().unwrap();
    let watcher = Builder::new_current_thread().enable_all().build().unwrap();
    let (watching, ids) = watcher.block_on(async {
        let store = store(&folder).await;
        let ids = bring(&store, 2).await;
        (store, ids)
    });

    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let blocks = gate.clone();
    let handler = move |_: Crate| {
        let gate = blocks.clone();
        async move {
            let open = gate.0.lock().unwrap();
            drop(gate.1.wait_while(open, |open| !*open).unwrap());
            done(())
        }
    };
    // Two threads for two jobs: none is left.
    let blocked = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let its_own = blocked.block_on(store(&folder));
    let worker = Worker::new(its_own).handle(handler).queue("default", 2).lease(LEASE);
    let drained = blocked.spawn(worker.drain());

    watcher.block_on(async {
        let until = async |n: usize| detail(&watching, ids[n]).await.lease_until;
        let both = async || Some(until(0).await?.min(until(1).await?));
        let first: Timestamp = eventually("both run", both).await;
        let held_on = async || {
            assert_eq!(watching.rescue(10, 3, None).await.unwrap(), [], "a lease was lost");
            both().await.filter(|until| *until > first + 4 * LEASE)
        };
        eventually("leases are renewed", held_on).await;
    });
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    blocked.block_on(drained).unwrap().unwrap();
    watcher.block_on(async {
        for id in ids {
            let job = detail(&watching, id).await.row;
            assert_eq!((job.state, job.attempt), (State::Completed, 1));
            assert_eq!(ledger(&watching, id).await.len(), 3);
        }
        watching.close().await;
    });
}
