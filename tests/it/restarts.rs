//! The server itself crashes, refuses, recovers and comes back while producers and workers are at it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use longshore::{
    Client, Job, JobFilter, JobId, Options, Page, StoreError, TransitionFilter,
    core::{Listing, State},
};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{place::Place, wreck::Wreck};

/// The lease is short: a claim whose answer was lost holds its jobs until it has run out.
const WORK: &str = r#"
[worker]
lease = "4s"
queues = { default = 4 }

[[handlers]]
kind = "note"
command = ["sh", "-c", "echo $LONGSHORE_JOB_ID >> runs"]
"#;

const PRODUCERS: usize = 3;
const BETWEEN_JOBS: Duration = Duration::from_millis(30);
const CRASHES: usize = 2;
const REFUSED: &str = "Connection refused";
const RECOVERS: &str = "not accepting connections";

#[derive(Serialize, Deserialize)]
struct Note;

impl Job for Note {
    const KIND: &'static str = "note";
}

#[test]
fn nothing_acknowledged_is_lost_when_postgres_15_crashes_under_load() {
    nothing_acknowledged_is_lost_when_the_server_crashes_under_load("LONGSHORE_TEST_POSTGRES_15");
}

#[test]
fn nothing_acknowledged_is_lost_when_postgres_18_crashes_under_load() {
    nothing_acknowledged_is_lost_when_the_server_crashes_under_load("LONGSHORE_TEST_POSTGRES_18");
}

#[test]
fn nothing_acknowledged_is_lost_when_mariadb_crashes_under_load() {
    nothing_acknowledged_is_lost_when_the_server_crashes_under_load("LONGSHORE_TEST_MARIADB");
}

#[test]
fn nothing_acknowledged_is_lost_when_mysql_crashes_under_load() {
    nothing_acknowledged_is_lost_when_the_server_crashes_under_load("LONGSHORE_TEST_MYSQL");
}

fn nothing_acknowledged_is_lost_when_the_server_crashes_under_load(variable: &str) {
    let Some(mut server) = Wreck::beside(variable) else { return };
    let place = Place::on_server(&server.url);
    place.settings(WORK);
    place.ok(&["migrate"]);
    let workers = [place.worker(), place.worker()];
    let producers = Producers::start(&place);

    for _ in 0..CRASHES {
        let (acknowledged, completed) = (producers.acknowledged().len(), producers.completed());
        place.until("more is enqueued and completed", |_| {
            producers.acknowledged().len() >= acknowledged + 50
                && producers.completed() >= completed + 50
        });
        let met = |place: &Place, words| (producers.met(words), count(&place.read("log"), words));
        let everybody_meets = |words| {
            let before = met(&place, words);
            place.until(words, |place| {
                let now = met(place, words);
                now.0 > before.0 && now.1 > before.1
            });
        };
        server.crash();
        everybody_meets(REFUSED);
        // The others answer nobody while they recover.
        if variable.contains("POSTGRES") {
            server.recover();
            everybody_meets(RECOVERS);
        }
        server.open();
    }

    let acknowledged = producers.acknowledged().len();
    place.until("enqueuing goes on", |_| producers.acknowledged().len() >= acknowledged + 50);
    producers.stop();
    place.until("all are over", |_| producers.live() == 0);
    for worker in workers {
        assert!(worker.stop().success(), "{}", place.read("log"));
    }
    let completions = producers.completions();
    let runs = place.read("runs");
    let runs: BTreeSet<&str> = runs.lines().collect();
    for id in producers.acknowledged() {
        assert_eq!(completions.get(&id), Some(&1), "{id} was acknowledged");
        assert!(runs.contains(&*id.to_string()), "{id} was run");
    }
    let asked = producers.seen.asked.lock().unwrap();
    assert!(completions.iter().all(|(id, times)| asked.contains(id) && *times == 1));
}

fn count(text: &str, words: &str) -> usize {
    text.matches(words).count()
}

/// Tasks that enqueue until they are told to stop, and a record of what they were told.
struct Producers {
    runtime: Runtime,
    client: Client,
    seen: Arc<Seen>,
    tasks: Mutex<JoinSet<()>>,
}

#[derive(Default)]
struct Seen {
    enough: AtomicBool,
    asked: Mutex<BTreeSet<JobId>>,
    acknowledged: Mutex<Vec<JobId>>,
    troubles: Mutex<String>,
}

impl Producers {
    fn start(place: &Place) -> Self {
        let runtime = Runtime::new().unwrap();
        let url = match &place.schema {
            Some(schema) => format!("{}&schema={schema}", place.url),
            None => place.url.clone(),
        };
        let connect = Client::connect_with(&url, Options { migrate: false });
        let client = runtime.block_on(connect).unwrap();
        let seen = Arc::<Seen>::default();
        let mut tasks = JoinSet::new();
        for _ in 0..PRODUCERS {
            tasks.spawn_on(produce(client.clone(), seen.clone()), runtime.handle());
        }
        Self { runtime, client, seen, tasks: Mutex::new(tasks) }
    }

    /// Lets them end what they are at; one that met an error that is not a passing one fails the test.
    fn stop(&self) {
        self.seen.enough.store(true, Ordering::Relaxed);
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        self.runtime.block_on(tasks.join_all());
    }

    fn acknowledged(&self) -> Vec<JobId> {
        self.seen.acknowledged.lock().unwrap().clone()
    }

    /// How often they were told so.
    fn met(&self, words: &str) -> usize {
        count(&self.seen.troubles.lock().unwrap(), words)
    }

    fn completed(&self) -> usize {
        self.completions().len()
    }

    /// How many jobs are not completed.
    fn live(&self) -> usize {
        let filter = JobFilter { states_notin: vec![State::Completed], ..JobFilter::default() };
        let (store, page) = (self.client.store(), Page::first(1));
        self.answer(async || store.list_jobs(&filter, &page).await).items.len()
    }

    /// The first question after a crash may find its connection broken: it is asked again.
    fn answer<T>(&self, ask: impl AsyncFn() -> Result<T, StoreError>) -> T {
        let answer = match self.runtime.block_on(ask()) {
            Err(error) if error.is_transient() => self.runtime.block_on(ask()),
            answer => answer,
        };
        answer.unwrap()
    }

    /// How often the ledger completes each job.
    fn completions(&self) -> BTreeMap<JobId, usize> {
        let filter =
            TransitionFilter { states_in: vec![State::Completed], ..TransitionFilter::default() };
        let store = self.client.store();
        let mut completions = BTreeMap::new();
        let mut cursor = None;
        loop {
            let page = Page::After { cursor, size: 1000 };
            let Listing { items, next, .. } =
                self.answer(async || store.list_transitions(&filter, &page).await);
            for transition in items {
                *completions.entry(transition.job_id).or_default() += 1;
            }
            if next.is_none() {
                return completions;
            }
            cursor = next;
        }
    }
}

/// Every other job is given up when its enqueue fails, as a caller may; the others are repeated.
async fn produce(client: Client, seen: Arc<Seen>) {
    let mut clock = tokio::time::interval(BETWEEN_JOBS);
    let mut gives_up = false;
    while !seen.enough.load(Ordering::Relaxed) {
        let id = JobId::new();
        seen.asked.lock().unwrap().insert(id);
        loop {
            clock.tick().await;
            match client.enqueue(Note).id(id).await {
                Ok(enqueued) => {
                    assert_eq!(enqueued.id(), id);
                    seen.acknowledged.lock().unwrap().push(id);
                    break;
                }
                Err(error) if error.is_transient() => {
                    seen.troubles.lock().unwrap().push_str(&format!("{error:?}\n"));
                }
                Err(error) => panic!("an outage is no lasting error: {error:?}"),
            }
            if gives_up {
                break;
            }
        }
        gives_up = !gives_up;
    }
}
