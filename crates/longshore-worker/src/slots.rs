//! How many jobs this process may run at once, and how many it runs: for whoever measures.

use std::{fmt, sync::Arc};

use metrics::{Gauge, gauge};

/// The slots of a worker, as a share of the process's gauge `longshore_worker_slots`.
pub(crate) struct Slots {
    gauges: Arc<Gauges>,
    all: u32,
}

struct Gauges {
    busy: Gauge,
    free: Gauge,
}

/// A slot in which a job runs, until it is dropped.
pub(crate) struct Busy(Arc<Gauges>);

impl Slots {
    pub(crate) fn new(all: u32) -> Self {
        let slots = |state| gauge!("longshore_worker_slots", "state" => state);
        let gauges = Gauges { busy: slots("busy"), free: slots("free") };
        gauges.busy.increment(0);
        gauges.free.increment(all);
        Self { gauges: Arc::new(gauges), all }
    }

    pub(crate) fn take(&self) -> Busy {
        self.gauges.busy.increment(1);
        self.gauges.free.decrement(1);
        Busy(self.gauges.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.decrement(1);
        self.0.free.increment(1);
    }
}

/// Nothing runs any more: each run holds its worker.
impl Drop for Slots {
    fn drop(&mut self) {
        self.gauges.free.decrement(self.all);
    }
}

impl fmt::Debug for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Busy")
    }
}
