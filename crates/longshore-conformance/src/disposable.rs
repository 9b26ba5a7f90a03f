//! How a storage brings a fresh database to each case and takes it away again.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use longshore_store::Store;

use crate::MemoryStore;

/// A fresh, empty, migrated database of one storage, for one case.
#[async_trait]
pub trait Disposable: Send + Sync {
    /// The store on it.
    fn store(&self) -> Arc<dyn Store>;

    /// Another store on the same database, with connections of its own, as another process has it.
    async fn another(&self) -> Arc<dyn Store>;

    /// Takes the database away, after a case that passed. One that failed may be left to be looked at.
    async fn vanish(&self);
}

#[async_trait]
impl Disposable for MemoryStore {
    fn store(&self) -> Arc<dyn Store> {
        Arc::new(self.clone())
    }

    async fn another(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::another(self))
    }

    async fn vanish(&self) {}
}

/// A database whose stores are decorated: a decorator passes every case that its storage passes.
pub struct Decorated<D> {
    beneath: D,
    decorate: fn(Arc<dyn Store>) -> Arc<dyn Store>,
    store: Arc<dyn Store>,
}

impl<D: Disposable> Decorated<D> {
    /// Decorates every store on a database.
    pub fn new(beneath: D, decorate: fn(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let store = decorate(beneath.store());
        Self { beneath, decorate, store }
    }
}

impl<D: Disposable> fmt::Debug for Decorated<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decorated({})", self.store.engine())
    }
}

#[async_trait]
impl<D: Disposable> Disposable for Decorated<D> {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn another(&self) -> Arc<dyn Store> {
        (self.decorate)(self.beneath.another().await)
    }

    async fn vanish(&self) {
        self.beneath.vanish().await;
    }
}

/// Says loudly that a test did not run because its server is absent, and why; `None` skips it.
///
/// # Panics
/// With `LONGSHORE_TEST_REQUIRE=1`: then an absent server is a failure.
#[must_use]
pub fn skipped<D>(why: &str) -> Option<D> {
    assert!(
        std::env::var_os("LONGSHORE_TEST_REQUIRE").is_none_or(|it| it != "1"),
        "{why}: run the tests with `cargo xtask test`, which starts the servers"
    );
    eprintln!("SKIPPED: {why}");
    None
}
