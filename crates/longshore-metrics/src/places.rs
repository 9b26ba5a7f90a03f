//! Queues and kinds as labels: each pair that was registered has its instruments, all else shares `other`.

use std::sync::{Arc, OnceLock};

use longshore_core::State;
use metrics::{Counter, Histogram, counter, histogram};

use crate::names::{self, OTHER};

/// The instruments of every pair of a queue and a kind, made when the pair is met first.
pub(crate) struct Places {
    queues: Names,
    kinds: Names,
    pairs: Box<[OnceLock<Box<Place>>]>,
}

/// Names in order. The number of a name is its place; the number after the last is that of all others.
struct Names(Vec<Arc<str>>);

/// Knows the pair that it was asked for last: most neighbours in a slice are alike.
pub(crate) struct Finder<'a> {
    places: &'a Places,
    last: (&'a str, &'a str),
    number: usize,
}

impl<'a> Finder<'a> {
    /// The number of a pair: what a slice is grouped by.
    pub(crate) fn number(&mut self, queue: &'a str, kind: &'a str) -> usize {
        if self.last != (queue, kind) {
            self.last = (queue, kind);
            self.number = self.places.number(queue, kind);
        }
        self.number
    }
}

/// The instruments of jobs of one kind in one queue.
pub(crate) struct Place {
    queue: Arc<str>,
    kind: Arc<str>,
    enqueued: OnceLock<Counter>,
    duplicate: OnceLock<Counter>,
    attempts: [OnceLock<Counter>; State::ALL.len()],
    finished: [OnceLock<Counter>; State::ALL.len()],
    ran: OnceLock<Histogram>,
    waited: OnceLock<Histogram>,
}

impl Places {
    pub(crate) fn new(queues: Vec<Arc<str>>, kinds: Vec<Arc<str>>) -> Self {
        let (queues, kinds) = (Names::new(queues), Names::new(kinds));
        let pairs = queues.numbers() * kinds.numbers();
        Self { queues, kinds, pairs: (0..pairs).map(|_| OnceLock::new()).collect() }
    }

    /// Looks pairs up, one after the other.
    pub(crate) fn finder(&self) -> Finder<'_> {
        Finder { places: self, last: ("", ""), number: self.number("", "") }
    }

    fn number(&self, queue: &str, kind: &str) -> usize {
        self.queues.number(queue) * self.kinds.numbers() + self.kinds.number(kind)
    }

    /// The number of jobs of which nobody says where they stood.
    pub(crate) fn other(&self) -> usize {
        self.pairs.len() - 1
    }

    pub(crate) fn at(&self, number: usize) -> &Place {
        self.pairs[number].get_or_init(|| {
            let queue = self.queues.name(number / self.kinds.numbers());
            Box::new(Place::new(queue, self.kinds.name(number % self.kinds.numbers())))
        })
    }
}

impl Names {
    fn new(names: Vec<Arc<str>>) -> Self {
        let mut names: Vec<_> = names.into_iter().filter(|name| **name != *OTHER).collect();
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    fn numbers(&self) -> usize {
        self.0.len() + 1
    }

    /// A search in a short list takes less than the hash of a name would.
    fn number(&self, name: &str) -> usize {
        self.0.binary_search_by(|known| (**known).cmp(name)).unwrap_or(self.0.len())
    }

    fn name(&self, number: usize) -> Arc<str> {
        self.0.get(number).cloned().unwrap_or_else(|| OTHER.into())
    }
}

impl Place {
    fn new(queue: Arc<str>, kind: Arc<str>) -> Self {
        Self {
            queue,
            kind,
            enqueued: OnceLock::new(),
            duplicate: OnceLock::new(),
            attempts: Default::default(),
            finished: Default::default(),
            ran: OnceLock::new(),
            waited: OnceLock::new(),
        }
    }

    pub(crate) fn enqueued(&self, jobs: u64) {
        self.counter(&self.enqueued, names::JOBS_ENQUEUED).increment(jobs);
    }

    pub(crate) fn duplicate(&self, jobs: u64) {
        self.counter(&self.duplicate, names::JOBS_DUPLICATE).increment(jobs);
    }

    /// So many attempts came to this state.
    pub(crate) fn closed(&self, outcome: State, attempts: u64) {
        let counter = &self.attempts[outcome.code() as usize];
        self.outcome(counter, names::ATTEMPTS, outcome).increment(attempts);
    }

    /// So many jobs are over.
    pub(crate) fn finished(&self, outcome: State, jobs: u64) {
        let counter = &self.finished[outcome.code() as usize];
        self.outcome(counter, names::JOBS_FINISHED, outcome).increment(jobs);
    }

    pub(crate) fn ran(&self) -> &Histogram {
        self.histogram(&self.ran, names::JOB_RUN_SECONDS)
    }

    pub(crate) fn waited(&self) -> &Histogram {
        self.histogram(&self.waited, names::JOB_WAIT_SECONDS)
    }

    fn counter<'a>(&self, made: &'a OnceLock<Counter>, name: &'static str) -> &'a Counter {
        made.get_or_init(
            || counter!(name, "queue" => self.queue.clone(), "kind" => self.kind.clone()),
        )
    }

    fn outcome<'a>(
        &self,
        made: &'a OnceLock<Counter>,
        name: &'static str,
        outcome: State,
    ) -> &'a Counter {
        made.get_or_init(|| {
            let (queue, kind) = (self.queue.clone(), self.kind.clone());
            counter!(name, "queue" => queue, "kind" => kind, "outcome" => outcome.as_str())
        })
    }

    fn histogram<'a>(&self, made: &'a OnceLock<Histogram>, name: &'static str) -> &'a Histogram {
        made.get_or_init(
            || histogram!(name, "queue" => self.queue.clone(), "kind" => self.kind.clone()),
        )
    }
}
