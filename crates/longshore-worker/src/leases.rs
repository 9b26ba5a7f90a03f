//! All leases that this process holds, from the claim until the outcome is written.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use longshore_store::Fence;
use tokio::sync::Notify;

use crate::lease::Lease;

#[derive(Debug, Default)]
pub(crate) struct Leases {
    held: Mutex<HashMap<Fence, Arc<Lease>>>,
    emptied: Notify,
}

impl Leases {
    pub(crate) fn add(&self, leases: &[Arc<Lease>]) {
        self.lock().extend(leases.iter().map(|lease| (lease.fence(), lease.clone())));
    }

    /// Forgets leases; returns them, `None` where it was forgotten before.
    pub(crate) fn remove(&self, fences: impl Iterator<Item = Fence>) -> Vec<Option<Arc<Lease>>> {
        let mut held = self.lock();
        let removed = fences.map(|fence| held.remove(&fence)).collect();
        if held.is_empty() {
            self.emptied.notify_waiters();
        }
        removed
    }

    pub(crate) fn all(&self) -> Vec<Arc<Lease>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Waits until none is held.
    pub(crate) async fn emptied(&self) {
        let mut emptied = std::pin::pin!(self.emptied.notified());
        emptied.as_mut().enable();
        if !self.is_empty() {
            emptied.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Fence, Arc<Lease>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
