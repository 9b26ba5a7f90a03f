//! How many jobs this process may run at once, and how many it runs: for whoever measures.

use std::sync::{Mutex, PoisonError};

use metrics::{Gauge, gauge};

use crate::line::Line;

/// The slots of a worker, as a share of the process's gauge `longshore_worker_slots`.
pub(crate) struct Slots {
    busy: Gauge,
    free: Gauge,
    all: u32,
    /// How many were busy when it was told last.
    told: Mutex<u32>,
}

impl Slots {
    pub(crate) fn new(all: u32) -> Self {
        let slots = |state| gauge!("longshore_worker_slots", "state" => state);
        let (busy, free) = (slots("busy"), slots("free"));
        busy.increment(0);
        free.increment(all);
        Self { busy, free, all, told: Mutex::new(0) }
    }

    /// Tells how many slots of all queues are busy now. Called for each batch: two atomic operations at
    /// the start and the end of each job would be felt.
    pub(crate) fn tell(&self, lines: &[Line]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that of two tellers the later one tells the later number.
        let busy = lines.iter().map(Line::running).sum();
        let change = f64::from(busy) - f64::from(*told);
        *told = busy;
        self.busy.increment(change);
        self.free.decrement(change);
    }
}

/// A worker that is gone has no slots.
impl Drop for Slots {
    fn drop(&mut self) {
        let told = *self.told.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.busy.decrement(told);
        self.free.decrement(self.all - told);
    }
}
