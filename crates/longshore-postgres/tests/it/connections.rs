//! Connections that break, servers that are gone, poolers in between, wake-ups from elsewhere.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, finish};
use longshore_core::{NewJob, Outcome, State};
use longshore_postgres::{PostgresOptions, PostgresStore};
use longshore_store::{
    Consume, ErrorKind, Hint, Inspect, Maintain, Operate, Produce, Renewed, Severity,
};

use crate::server::Fresh;

fn job() -> NewJob {
    NewJob::of_kind(longshore_conformance::KIND)
}

/// A store whose connections can be told from those of other tests.
pub(crate) async fn named(fresh: &Fresh) -> (PostgresStore, String) {
    let name = format!("named {}", fresh.options.schema);
    let connect = fresh.options.connect.clone().application_name(&name);
    (
        PostgresStore::connect(PostgresOptions { connect, ..fresh.options.clone() }).await.unwrap(),
        name,
    )
}

pub(crate) async fn terminated_connections_heal(fresh: &Fresh) {
    let (store, name) = named(fresh).await;
    let crew = Crew::of(Arc::new(store.clone()));
    for _ in 0..3 {
        store.enqueue(&[job()]).await.unwrap();
        let claimed = crew.take(1).await.remove(0);
        let kill = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{name}'"
        );
        assert!(fresh.number(&kill).await > 0);
        let alive =
            format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
        while fresh.number(&alive).await > 0 {
            tokio::task::yield_now().await;
        }
        let finished = store.finish(&[finish(&claimed, Outcome::Completed)]).await.unwrap();
        assert_eq!(finished, [longshore_store::Finished::Recorded]);
        let settled = store.settled(&[claimed.id]).await.unwrap().remove(0).unwrap();
        assert_eq!(settled.state, State::Completed);
    }
}

/// S2-36: who could not commit has taken nothing.
pub(crate) async fn a_claim_whose_commit_fails_takes_nothing(fresh: &Fresh) {
    fresh
        .run(
            "CREATE FUNCTION longshore.refuse() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE 'no commit today'; END $$;
             CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON longshore.leases
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION longshore.refuse()",
        )
        .await;
    let crew = Crew::of(Arc::new(fresh.store.clone()));
    let job = job();
    fresh.store.enqueue(std::slice::from_ref(&job)).await.unwrap();
    let claim = crew.claim(&[job.lane()], 1);
    assert!(fresh.store.claim(&claim).await.is_err());
    let settled = async || fresh.store.settled(&[job.id]).await.unwrap().remove(0).unwrap().state;
    assert_eq!(settled().await, State::Available);
    fresh.run("DROP TRIGGER refuse ON longshore.leases").await;
    assert_eq!(fresh.store.claim(&claim).await.unwrap()[0].standing.attempt, 1);
    assert_eq!(settled().await, State::Running);
}

pub(crate) async fn a_server_that_is_not_there_is_unavailable(fresh: &Fresh) {
    let connect = fresh.options.connect.clone().host("127.0.0.1").port(1).password("s3cret");
    let error = PostgresStore::connect(PostgresOptions { connect, ..fresh.options.clone() })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    let text = error.to_string();
    assert!(text.contains("at 127.0.0.1:1 (") && text.contains("is it running"), "{text}");
    assert!(!format!("{error:?}").contains("s3cret"));
    let connect = fresh.options.connect.clone().database("there_is_no_such_database");
    let error = PostgresStore::connect(PostgresOptions { connect, ..fresh.options.clone() })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

pub(crate) async fn a_server_that_takes_no_writes_says_so(fresh: &Fresh) {
    let connect = fresh.options.connect.clone().options([("default_transaction_read_only", "on")]);
    let store = PostgresStore::connect(PostgresOptions { connect, ..fresh.options.clone() });
    let store = store.await.unwrap();
    let crew = Crew::of(Arc::new(store.clone()));
    let claim = crew.claim(&[longshore_conformance::default_lane()], 1);
    for error in [
        store.enqueue(&[job()]).await.unwrap_err(),
        store.claim(&claim).await.unwrap_err(),
        store.rescue(1, 3, None).await.unwrap_err(),
        store.pause("default").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        assert!(error.to_string().contains("connect to the primary server"), "{error}");
    }
    assert!(store.depths().await.unwrap().is_empty(), "questions are answered");
}

/// All working connections are busy, and the heartbeat still goes through.
pub(crate) async fn a_heartbeat_does_not_wait_for_a_busy_pool(fresh: &Fresh) {
    let options = PostgresOptions { connections: 1, ..fresh.options.clone() };
    let store = PostgresStore::connect(options).await.unwrap();
    let crew = Crew::of(Arc::new(store.clone()));
    store.enqueue(&[job()]).await.unwrap();
    let claimed = crew.take(1).await;
    let mut other = fresh.connection().await;
    let mut blocker = sqlx::Connection::begin(&mut other).await.unwrap();
    let lock = fresh.text("LOCK TABLE longshore.jobs IN ACCESS EXCLUSIVE MODE");
    sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut *blocker).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.enqueue(&[job()]).await }
    });
    let heard = tokio::time::timeout(Duration::from_secs(10), crew.renew(&claimed[0], None)).await;
    assert_eq!(heard.expect("the heartbeat waits"), Renewed::Held);
    blocker.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
}

pub(crate) async fn an_enqueue_wakes_another_process(fresh: &Fresh) {
    let other = fresh.other().await;
    let mut hints = other.hints();
    // The first hint says that the listener is there.
    assert_eq!(hints.next().await, Hint::Anywhere);
    fresh.store.enqueue(&[NewJob { queue: "harbour: one".into(), ..job() }]).await.unwrap();
    assert_eq!(hints.next().await, Hint::Queue("harbour: one".into()));
}

pub(crate) async fn a_process_does_not_wake_itself_twice(fresh: &Fresh) {
    let mut hints = fresh.store.hints();
    assert_eq!(hints.next().await, Hint::Anywhere);
    let other = fresh.other().await;
    fresh.store.enqueue(&[job()]).await.unwrap();
    assert!(matches!(hints.next().await, Hint::Lane(_)));
    // What the other one says comes after anything that was said before.
    other.enqueue(&[NewJob { queue: "last".into(), ..job() }]).await.unwrap();
    assert_eq!(hints.next().await, Hint::Queue("last".into()));
}

pub(crate) async fn a_check_up_finds_settings_that_lose_jobs(fresh: &Fresh) {
    let connect = fresh.options.connect.clone().options([("synchronous_commit", "off")]);
    let careless = PostgresOptions { connect, ..fresh.options.clone() };
    let findings = PostgresStore::connect(careless).await.unwrap().check_up().await.unwrap();
    let bad: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Bad)
        .map(|finding| finding.subject.as_str())
        .collect();
    assert_eq!(bad, ["synchronous_commit"]);
    let findings = fresh.store.check_up().await.unwrap();
    assert!(findings.iter().all(|finding| finding.severity != Severity::Bad), "{findings:?}");
}
