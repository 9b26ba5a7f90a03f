//! How often a batch hands something to SQLite: each time costs more than the rows that come with it.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
    thread,
};

use longshore_conformance::{Crew, Disposable, finish, job};
use longshore_core::Outcome;
use sqlx::{Connection, SqliteConnection};
use tracing::{Event, Metadata, Subscriber, span};

use crate::file::File;

/// Handed-over texts, by the thread of the connection that ran them.
static CALLS: LazyLock<Mutex<HashMap<String, u64>>> = LazyLock::new(Mutex::default);

/// Listens to what the driver says about each text that it has run.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn event(&self, _: &Event<'_>) {
        let thread = thread::current().name().unwrap_or_default().to_owned();
        *CALLS.lock().unwrap().entry(thread).or_default() += 1;
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// A connection whose thread has a name of its own.
async fn counted(file: &File, name: &'static str) -> SqliteConnection {
    // The other tests of this program hear nothing of it.
    let _ = tracing::subscriber::set_global_default(Listener);
    let settings = file.settings().thread_name(move |_| name.to_owned());
    SqliteConnection::connect_with(&settings).await.unwrap()
}

fn calls(name: &str) -> u64 {
    CALLS.lock().unwrap().remove(name).unwrap_or_default()
}

/// As many for a thousand jobs as for one: a text for each job would make a drain thirteen times as slow.
#[tokio::test]
async fn a_thousand_jobs_take_as_many_calls_as_one() {
    let file = File::new().await;
    let crew = Crew::of(file.store());
    let mut connection = counted(&file, "counted-calls").await;
    // Of each enqueue, and of each report.
    let mut told = Vec::new();
    for jobs in [1, 1000] {
        let jobs: Vec<_> = (0..jobs).map(|_| job()).collect();
        let mut transaction = connection.begin().await.unwrap();
        calls("counted-calls");
        file.store.enqueue_in(&mut transaction, &jobs).await.unwrap();
        let enqueue = calls("counted-calls");
        transaction.commit().await.unwrap();

        let claimed = crew.take(1000).await;
        assert_eq!(claimed.len(), jobs.len());
        let reports: Vec<_> =
            claimed.iter().map(|claimed| finish(claimed, Outcome::Completed)).collect();
        let mut transaction = connection.begin().await.unwrap();
        calls("counted-calls");
        file.store.finish_in(&mut transaction, &reports).await.unwrap();
        told.push((enqueue, calls("counted-calls")));
        transaction.commit().await.unwrap();
    }
    assert_eq!(told, [(1, 1), (1, 1)]);

    for _ in 0..3 {
        sqlx::query("SELECT 1").fetch_one(&mut connection).await.unwrap();
    }
    assert_eq!(calls("counted-calls"), 3, "the count counts");
}
