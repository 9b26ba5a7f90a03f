//! What passes between store and server: what a transaction pooler would not carry, and how much.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use longshore_conformance::{Crew, LEASE, default_lane, failed, finish, job};
use longshore_core::{JobFilter, NewJob, Outcome, Page, Reason, Scope, TransitionFilter, Unique};
use longshore_postgres::{Pooler, PostgresOptions, PostgresStore};
use longshore_store::{
    Claimed, Consume, Finished, Inspect, Maintain, Operate, Produce, Renewed, Retried,
};

use crate::{
    between::{Hands, Passed, between},
    server::Fresh,
};

async fn through(fresh: &Fresh, hands: Hands, pooler: Pooler) -> (PostgresStore, Arc<Passed>) {
    let (store, passed) = connect(fresh, hands, pooler).await;
    (store.unwrap(), passed)
}

async fn connect(
    fresh: &Fresh,
    hands: Hands,
    pooler: Pooler,
) -> (longshore_store::Result<PostgresStore>, Arc<Passed>) {
    let server = &fresh.options.connect;
    let (port, passed) = between(server.get_host(), server.get_port(), hands).await;
    let connect = server.clone().host("127.0.0.1").port(port);
    let options = PostgresOptions { connect, pooler, notify: false, ..fresh.options.clone() };
    (PostgresStore::connect(options).await, passed)
}

/// Every verb of every role works, and nothing of it depends on getting the same server connection twice.
pub(crate) async fn a_transaction_pooler_may_change_the_connection_at_any_time(fresh: &Fresh) {
    let (store, passed) = through(fresh, Hands::Transaction, Pooler::Transaction).await;
    store.migrate().await.unwrap();
    let crew = Crew::of(Arc::new(store.clone()));
    store.enqueue(&[job(), keyed("a")]).await.unwrap();
    let claimed = crew.take(10).await;
    assert_eq!(claimed.len(), 2);
    assert_eq!(store.lanes(&["default".into()]).await.unwrap().lanes, [default_lane()]);
    for job in &claimed {
        assert_eq!(crew.renew(job, None).await, Renewed::Held);
        assert_eq!(
            crew.report(job, Outcome::Discarded(Reason::Discarded)).await,
            Finished::Recorded
        );
    }
    let ids = [claimed[0].id, claimed[1].id];
    assert_eq!(store.retry(&ids).await.unwrap(), [Retried::Done; 2]);
    let claimed = crew.take(1).await.remove(0);
    let later = claimed.claimed_at + LEASE + chrono::TimeDelta::seconds(1);
    assert_eq!(store.rescue(10, 3, Some(later)).await.unwrap().len(), 1);
    assert_eq!(store.cancel(&ids).await.unwrap(), [longshore_store::Cancelled::Done; 2]);
    assert_eq!(store.retry(&ids).await.unwrap().len(), 2);
    assert!(store.pause("default").await.unwrap() && store.resume("default").await.unwrap());
    store.sample(Duration::ZERO).await.unwrap();
    store.prepare_weeks(8).await.unwrap();
    ask_everything(&store, &ids).await;
    store.leave(crew.id()).await.unwrap();

    // In a transaction of the caller's own.
    let mut connection = fresh.connection().await;
    let mut transaction = sqlx::Connection::begin(&mut connection).await.unwrap();
    store.enqueue_in(&mut transaction, &[job()]).await.unwrap();
    transaction.commit().await.unwrap();

    assert_eq!(passed.bound_to_session(), BTreeSet::new());
    assert!(passed.changes() > 20, "only {} transactions were handed on", passed.changes());
}

async fn ask_everything(store: &PostgresStore, ids: &[longshore_core::JobId]) {
    assert!(store.jobs(ids).await.unwrap().iter().all(Option::is_some));
    assert!(store.settled(ids).await.unwrap().iter().all(Option::is_some));
    assert_eq!(
        store.list_jobs(&JobFilter::default(), &Page::default()).await.unwrap().items.len(),
        2
    );
    store.list_dead(&JobFilter::default(), &Page::default()).await.unwrap();
    let all = TransitionFilter::default();
    let transitions = store.list_transitions(&all, &Page::default()).await.unwrap().items;
    assert!(store.transition(transitions[0].id).await.unwrap().is_some());
    assert_eq!(store.holder("default", "a").await.unwrap(), None);
    assert_eq!(store.depths().await.unwrap().len(), 1);
    assert_eq!(store.queues().await.unwrap().len(), 1);
    assert_eq!(store.workers().await.unwrap().len(), 1);
    assert!(store.circumstances(ids[0]).await.unwrap().is_some());
    let findings = store.check_up().await.unwrap();
    assert!(findings.iter().any(|finding| finding.subject == "pooler"));
}

/// The test above could not fail if this one did.
pub(crate) async fn a_store_that_knows_of_no_pooler_depends_on_its_sessions(fresh: &Fresh) {
    let (store, passed) = through(fresh, Hands::Session, Pooler::None).await;
    store.enqueue(&[job()]).await.unwrap();
    let bound = passed.bound_to_session();
    assert!(bound.iter().any(|what| what.starts_with("a statement named")), "{bound:?}");
    assert!(bound.contains("the startup setting options"), "{bound:?}");
    assert_eq!(passed.changes(), 0);

    let refused = connect(fresh, Hands::Transaction, Pooler::None).await.0.unwrap_err();
    assert!(refused.to_string().contains("connect with `pooler=transaction`"), "{refused}");
}

/// Sets travel whole: no verb sends more for a hundred jobs than for ten.
pub(crate) async fn a_hundred_jobs_cost_as_many_statements_as_ten(fresh: &Fresh) {
    let (store, passed) = through(fresh, Hands::Session, Pooler::None).await;
    // What is sent once only: types that the driver asks for, new lanes.
    costs(&store, &passed, 3).await;
    let (ten, hundred) = (costs(&store, &passed, 10).await, costs(&store, &passed, 100).await);
    assert_eq!(ten, hundred);
    for (what, count) in &ten {
        assert!(*count > 0, "{what}: nothing was counted");
    }
    assert_eq!(ten[2], ("enqueue with labels", 4), "two statements, and a transaction around them");
    let hot = ["enqueue", "claim", "heartbeat", "finish"];
    assert!(ten.iter().filter(|(what, _)| hot.contains(what)).all(|(_, count)| *count == 1));
}

/// What each verb sends for so many jobs.
async fn costs(store: &PostgresStore, passed: &Passed, jobs: usize) -> Vec<(&'static str, usize)> {
    let mut costs = Vec::new();
    let mut before = passed.statements();
    let mut paid = |what| {
        let now = passed.statements();
        costs.push((what, now - before));
        before = now;
    };
    let crew = Crew::of(Arc::new(store.clone()));
    let plain: Vec<_> = (0..jobs).map(|_| job()).collect();
    let labels = || [("size".into(), 3.into()), ("customer".into(), "acme".into())].into();
    let elsewhere = |_| NewJob { queue: "labelled".into(), labels: labels(), ..job() };
    let labelled: Vec<_> = (0..jobs).map(elsewhere).collect();
    let keys: Vec<_> = (0..jobs).map(|n| keyed(&format!("{jobs} {n}"))).collect();
    store.enqueue(&plain).await.unwrap();
    paid("enqueue");
    store.enqueue(&keys).await.unwrap();
    paid("enqueue with keys");
    store.enqueue(&labelled).await.unwrap();
    paid("enqueue with labels");
    let first = crew.take(jobs as u32).await;
    paid("claim");
    let second = crew.take(jobs as u32).await;
    paid("claim");
    assert_eq!((first.len(), second.len()), (jobs, jobs));
    let leases = first.iter().map(|claimed| (claimed, None)).collect();
    store.heartbeat(&crew.heartbeat(leases)).await.unwrap();
    paid("heartbeat");
    let ends = [Outcome::Completed, failed(), Outcome::Discarded(Reason::Declined)];
    let in_every_way = |(n, claimed): (usize, &Claimed)| finish(claimed, ends[n % 3].clone());
    let reports: Vec<_> = first.iter().enumerate().map(in_every_way).collect();
    assert_eq!(store.finish(&reports).await.unwrap(), vec![Finished::Recorded; jobs]);
    paid("finish");
    let later = Some(second[0].claimed_at + LEASE * 2);
    assert_eq!(store.rescue(1000, 3, later).await.unwrap().len(), jobs);
    paid("rescue");
    let ids: Vec<_> = first.iter().chain(&second).map(|claimed| claimed.id).collect();
    store.retry(&ids).await.unwrap();
    paid("retry");
    store.cancel(&ids).await.unwrap();
    paid("cancel");
    costs
}

fn keyed(key: &str) -> NewJob {
    let unique = Unique { key: key.into(), scope: Scope::UntilTerminal };
    NewJob { unique: Some(unique), ..job() }
}
