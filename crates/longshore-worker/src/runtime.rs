//! A worker at work: what its tasks share.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::Instant,
};

use longshore_core::{Outcome, WorkerId};
use longshore_store::{Claimed, Finish, Hint, Store, WorkerFacts};
use tokio::sync::{Notify, mpsc, watch};

use crate::{
    Event,
    events::EventBoard,
    lease::{Lease, Terms},
    leases::Leases,
    line::Line,
    registry::Handlers,
    run::launch,
    setup::Settings,
    signal::Signal,
    slots::Slots,
    verdict,
};

pub(crate) struct Runtime {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) id: WorkerId,
    pub(crate) settings: Settings,
    pub(crate) handlers: Handlers,
    pub(crate) terms: Arc<Terms>,
    pub(crate) leases: Leases,
    pub(crate) events: EventBoard,
    pub(crate) lines: Vec<Line>,
    pub(crate) slots: Slots,
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
    /// What the part said that broke off.
    pub(crate) broken: OnceLock<String>,
    /// The last chance of the reports has passed.
    pub(crate) give_up: Signal,
    /// How often somebody asked to be told when nothing is left, and up to which time that was answered.
    pub(crate) drains_asked: watch::Sender<u64>,
    pub(crate) drains_answered: watch::Sender<u64>,
}

impl Runtime {
    /// A worker that does nothing yet, and the reports that its runs will make.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        handlers: Handlers,
        settings: Settings,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Finish>) {
        let id = WorkerId::new();
        let terms = Arc::new(Terms::of(&store, &settings));
        let queues = &settings.queues;
        let lines: Vec<_> = queues
            .iter()
            .map(|(queue, slots)| Line::new(queue.clone(), *slots, settings.fetch))
            .collect();
        let slots = Slots::new(lines.iter().map(|line| line.slots).sum());
        let facts = RwLock::new(Arc::new(facts(id, &settings, handlers.kinds())));
        let (reports, reported) = mpsc::unbounded_channel();
        let runtime = Self {
            store,
            id,
            settings,
            handlers,
            terms,
            leases: Leases::default(),
            events: EventBoard::new(),
            lines,
            slots,
            facts,
            reports,
            room: Notify::new(),
            own_hints: Mutex::default(),
            stop: Signal::default(),
            hurry: Signal::default(),
            broken: OnceLock::new(),
            give_up: Signal::default(),
            drains_asked: watch::Sender::new(0),
            drains_answered: watch::Sender::new(0),
        };
        (Arc::new(runtime), reported)
    }

    pub(crate) fn queues(&self) -> Vec<Arc<str>> {
        self.lines.iter().map(|line| line.queue.clone()).collect()
    }

    /// Counts jobs that were claimed, so that the next claim asks for no more than there is room beside them.
    pub(crate) fn expect(&self, claimed: &[Claimed]) {
        let mut by_line = vec![0; self.lines.len()];
        for line in claimed.iter().filter_map(|job| self.line_of(job)) {
            by_line[line] += 1;
        }
        self.lines.iter().zip(by_line).for_each(|(line, jobs)| line.expect(jobs));
    }

    /// Takes jobs in that were expected, and starts those that find a slot.
    pub(crate) fn admit(self: &Arc<Self>, claimed: Vec<Claimed>, sent: Instant) {
        let leases: Vec<Arc<Lease>> = claimed
            .into_iter()
            .filter_map(|job| {
                let line = self.line_of(&job)?;
                Some(Arc::new(Lease::new(job, line, sent, &self.terms)))
            })
            .collect();
        self.leases.add(&leases);
        let mut by_line: Vec<Vec<Arc<Lease>>> = vec![Vec::new(); self.lines.len()];
        for lease in leases {
            by_line[lease.line].push(lease);
        }
        let mut starting = Vec::new();
        for (line, leases) in self.lines.iter().zip(by_line) {
            if !leases.is_empty() {
                starting.append(&mut line.admit(leases));
            }
        }
        self.slots.tell(&self.lines);
        starting.iter().for_each(|lease| launch(self, lease));
    }

    /// The line of a job's queue. A worker has few queues: to compare names is less than to hash one.
    fn line_of(&self, job: &Claimed) -> Option<usize> {
        self.lines.iter().position(|line| line.queue == job.lane.queue)
    }

    /// Hands the report of an attempt to the finisher. Only whoever won [`Lease::report`] may do this.
    pub(crate) fn report(&self, finish: Finish) {
        if let Err(unsent) = self.reports.send(finish) {
            let fence = unsent.0.fence;
            self.events.post(Event::Abandoned { id: fence.job, attempt: fence.attempt });
        }
    }

    /// Gives a job back that did not run; its attempt does not count.
    pub(crate) fn give_back(&self, lease: &Lease) {
        if lease.report() {
            self.report(verdict::close(lease, Outcome::Released));
        }
    }

    /// Tells the fetcher where work may be.
    pub(crate) fn hint(&self, hint: Hint) {
        self.own_hints.lock().unwrap_or_else(PoisonError::into_inner).push(hint);
        self.room.notify_one();
    }

    pub(crate) fn take_hints(&self) -> Vec<Hint> {
        std::mem::take(&mut *self.own_hints.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn facts(&self) -> Arc<WorkerFacts> {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says so in the worker's own row, with the next heartbeat.
    pub(crate) fn declare_stopping(&self) {
        let stopping = WorkerFacts { stopping: true, ..(*self.facts()).clone() };
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(stopping);
        self.terms.progressed.notify_one();
    }

    /// Waits until nothing that is due is left and nothing runs.
    pub(crate) async fn drained(&self) {
        let mut answered = self.drains_answered.subscribe();
        let mut mine = 0;
        self.drains_asked.send_modify(|asked| {
            *asked += 1;
            mine = *asked;
        });
        self.room.notify_one();
        let _ = answered.wait_for(|answered| *answered >= mine).await;
    }
}

/// Who a process is that takes jobs, and what it does.
pub(crate) fn facts(id: WorkerId, settings: &Settings, kinds: &[Arc<str>]) -> WorkerFacts {
    WorkerFacts {
        id,
        host: host(),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
        queues: settings.queues.iter().map(|(queue, slots)| (queue.to_string(), *slots)).collect(),
        kinds: kinds.iter().map(ToString::to_string).collect(),
        stopping: false,
    }
}

/// The machine's name, for people: nothing depends on it.
fn host() -> String {
    let from_kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = from_kernel().or_else(|| std::env::var("HOSTNAME").ok());
    name.map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".into())
}
