//! A worker at work: what its tasks share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Instant,
};

use longshore_core::{Lane, Outcome, WorkerId};
use longshore_store::{Claimed, Finish, Hint, Store, WorkerFacts};
use tokio::sync::{Notify, mpsc, watch};

use crate::{
    Event,
    events::EventBoard,
    lease::{Lease, Terms},
    leases::Leases,
    line::Line,
    registry::Handlers,
    run,
    setup::Settings,
    signal::Signal,
    verdict,
};

#[derive(derive_debug::Opaque)]
pub(crate) struct Runtime {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) id: WorkerId,
    pub(crate) settings: Settings,
    pub(crate) handlers: Handlers,
    pub(crate) terms: Arc<Terms>,
    pub(crate) leases: Leases,
    pub(crate) events: EventBoard,
    pub(crate) lines: Vec<Line>,
    line_of: HashMap<Arc<str>, usize>,
    facts: RwLock<Arc<WorkerFacts>>,
    reports: mpsc::UnboundedSender<Finish>,
    /// Wakes the fetcher: a queue has more room, or somebody waits for the worker to be drained.
    pub(crate) room: Notify,
    /// Hints of this worker to itself.
    own_hints: Mutex<Vec<Hint>>,
    /// Come to an end.
    pub(crate) stop: Signal,
    /// Come to an end at once.
    pub(crate) hurry: Signal,
    /// How often somebody asked to be told when nothing is left to do, and how often that was answered.
    pub(crate) drains_asked: watch::Sender<u64>,
    pub(crate) drains_answered: watch::Sender<u64>,
}
