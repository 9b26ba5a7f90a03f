//! A flag that is raised once and that many may wait for; it lives inside its owner, without an
//! allocation of its own, because every job has two.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(crate) struct Signal {
    raised: AtomicBool,
    waiting: Notify,
}

impl Signal {
    pub(crate) fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        self.waiting.notify_waiters();
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }

    pub(crate) async fn raised(&self) {
        let mut woken = std::pin::pin!(self.waiting.notified());
        // In line first, then the look: a raise in between wakes us.
        woken.as_mut().enable();
        if !self.is_raised() {
            woken.await;
        }
    }
}
