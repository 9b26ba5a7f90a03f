//! Statements are counted as the driver runs them: a set of a hundred jobs costs as many as a set of ten.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use async_trait::async_trait;

use longshore_conformance::{Crew, MemoryStore, default_lane, failed, finish, job};
use longshore_core::{Limits, NewJob, Outcome, Reason, Scope, Unique};
use longshore_store::{Claimed, Enqueued, Finish, Finished, Result};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tracing::{Event, Metadata, Subscriber, span};

use crate::{
    claim::Taking,
    clock,
    closings::Closings,
    enqueue,
    heartbeat::Beat,
    migrate::Migrating,
    new_rows::NewRows,
    operate::{Cancelling, Retrying},
    rescue::Rescuing,
    writer::Write,
};

/// Statements by the name of the thread that ran them.
static STATEMENTS: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, _: &Event<'_>) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        let mut statements = STATEMENTS.lock().unwrap();
        *statements.get_or_insert_default().entry(name).or_default() += 1;
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Bringing(NewRows);

#[async_trait]
impl Write for Bringing {
    type Answer = Vec<Enqueued>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Enqueued>> {
        enqueue::enqueue(connection, &[&self.0], clock::now()).await
    }
}

/// A connection whose statements are counted.
struct Counted {
    connection: SqliteConnection,
    thread: String,
    costs: Vec<(&'static str, usize)>,
}

impl Counted {
    async fn new(thread: &str) -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing::subscriber::set_global_default(Counter).unwrap());
        let name = thread.to_owned();
        let settings =
            SqliteConnectOptions::new().filename(":memory:").thread_name(move |_| name.clone());
        let connection = SqliteConnection::connect_with(&settings).await.unwrap();
        Self { connection, thread: thread.to_owned(), costs: Vec::new() }
    }

    async fn run<W: Write>(&mut self, what: &'static str, work: W) -> W::Answer {
        let before = self.count();
        let mut transaction = self.connection.begin().await.unwrap();
        let answer = work.apply(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        self.costs.push((what, self.count() - before));
        answer
    }

    fn count(&self) -> usize {
        let statements = STATEMENTS.lock().unwrap();
        statements.as_ref().and_then(|all| all.get(&self.thread)).copied().unwrap_or_default()
    }
}

/// What each verb costs for so many jobs.
async fn costs(jobs: usize) -> Vec<(&'static str, usize)> {
    let mut database = Counted::new(&format!("counted-{jobs}")).await;
    database.run("migrate", Migrating).await;
    let crew = Crew::of(Arc::new(MemoryStore::new()));
    let limits = Limits::default();
    let plain: Vec<_> = (0..jobs).map(|_| job()).collect();
    let keyed = |n| {
        let unique = Unique { key: format!("order {n}"), scope: Scope::UntilTerminal };
        NewJob { unique: Some(unique), ..job() }
    };
    let keyed: Vec<_> = (0..jobs).map(keyed).collect();
    database.run("enqueue", Bringing(NewRows::of(&plain, &limits).unwrap())).await;
    database.run("enqueue with keys", Bringing(NewRows::of(&keyed, &limits).unwrap())).await;

    let labels = || [("size".into(), 3.into()), ("customer".into(), "acme".into())].into();
    let elsewhere = |_| NewJob { queue: "labelled".into(), labels: labels(), ..job() };
    let labelled: Vec<_> = (0..jobs).map(elsewhere).collect();
    database.run("enqueue with labels", Bringing(NewRows::of(&labelled, &limits).unwrap())).await;

    let claim = crew.claim(&[default_lane()], jobs as u32);
    let first = database.run("claim", Taking(claim.clone())).await;
    let second = database.run("claim again", Taking(claim)).await;
    assert_eq!((first.len(), second.len()), (jobs, jobs));
    let leases = first.iter().map(|claimed| (claimed, None)).collect();
    database.run("heartbeat", Beat(crew.heartbeat(leases))).await;

    let ends = [Outcome::Completed, failed(), Outcome::Discarded(Reason::Declined)];
    let in_every_way = |(n, claimed): (usize, &Claimed)| finish(claimed, ends[n % 3].clone());
    let reports: Vec<_> = first.iter().enumerate().map(in_every_way).collect();
    let mixed = database.run("finish", Closings::of(&reports).unwrap()).await;
    assert_eq!(mixed, vec![Finished::Recorded; jobs]);
    let plain = |claimed| Finish { result: None, ..finish(claimed, Outcome::Completed) };
    let half: Vec<_> = second.iter().take(jobs / 2).map(plain).collect();
    database.run("finish alike", Closings::of(&half).unwrap()).await;

    let later = clock::now() + clock::micros(Duration::from_secs(3600));
    let rescue = Rescuing { limit: 1000, max_crashes: 3, now: later, only: None };
    assert_eq!(database.run("rescue", rescue).await.len(), jobs - jobs / 2);
    let ids: Vec<_> = first.iter().chain(&second).map(|claimed| claimed.id).collect();
    database.run("retry", Retrying(ids.clone())).await;
    database.run("cancel", Cancelling(ids)).await;
    database.costs
}

#[tokio::test]
async fn a_hundred_jobs_cost_as_many_statements_as_ten() {
    let (ten, hundred) = (costs(10).await, costs(100).await);
    assert_eq!(ten, hundred);
    for (what, count) in &ten {
        assert!(*count > 0, "{what}: nothing was counted");
    }
    assert_eq!(ten[1].1 + 1, ten[3].1, "labels cost one statement, and nothing without them");
}
