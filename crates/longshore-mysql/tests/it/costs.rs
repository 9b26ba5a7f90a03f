//! How much passes between store and server.

use std::sync::Arc;

use longshore_conformance::{Crew, LEASE, failed, finish, job, witness::history};
use longshore_core::{NewJob, Outcome, Reason, Scope, State, Unique};
use longshore_mysql::{MysqlOptions, MysqlStore};
use longshore_store::{Claimed, Consume, Finish, Finished, Maintain, Operate, Produce};
use sqlx::mysql::MySqlSslMode;

use crate::{
    between::{Passed, between},
    server::Fresh,
};

/// Sets travel whole: no verb sends more for a hundred jobs than for ten.
pub(crate) async fn a_hundred_jobs_cost_as_many_statements_as_ten(fresh: &Fresh) {
    let (store, passed) = counted(fresh).await;
    // What is sent once only: settings of the sessions, new lanes.
    costs(&store, &passed, 3).await;
    let (ten, hundred) = (costs(&store, &passed, 10).await, costs(&store, &passed, 100).await);
    assert_eq!(ten, hundred);
    for (what, count) in &ten {
        assert!(*count > 0, "{what}: nothing was counted");
    }
    let enqueues = (ten[0].1, ten[2].1);
    assert_eq!(enqueues, (3, 4), "jobs, queue, commit; labels cost a statement more");
    store.close().await;
}

/// Completions with nothing to tell are closed without a look at their leases. If somebody else has one of them, or
/// it was reported before, nothing of that stays, and for a while all go the general way.
pub(crate) async fn plain_completions_cost_a_statement_less(fresh: &Fresh) {
    let (store, passed) = counted(fresh).await;
    let crew = Crew::of(Arc::new(store.clone()));
    store.enqueue(&(0..30).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    crew.take(1).await;
    let before = passed.statements();
    let mut taken = crew.take(29).await;
    assert_eq!(passed.statements() - before, 5, "clock, lock, lease, take, commit");
    let bare = |it: &Claimed| Finish { result: None, ..finish(it, Outcome::Completed) };
    let done = |jobs: &[Claimed]| jobs.iter().map(bare).collect::<Vec<_>>();
    let (first, rest) = (taken.split_off(19), taken);
    let before = passed.statements();
    assert_eq!(store.finish(&done(&first)).await.unwrap(), [Finished::Recorded; 10]);
    assert_eq!(passed.statements() - before, 4, "clock, write, close, commit");

    let mixed: Vec<_> = done(&first[..5]).into_iter().chain(done(&rest[..5])).collect();
    let answers = store.finish(&mixed).await.unwrap();
    assert_eq!(answers, [[Finished::Stale; 5], [Finished::Recorded; 5]].concat());
    let before = passed.statements();
    assert_eq!(store.finish(&done(&rest[5..10])).await.unwrap(), [Finished::Recorded; 5]);
    assert_eq!(passed.statements() - before, 5, "clock, look, write, close, commit");

    for closed in first.iter().chain(&rest[..10]) {
        let all = history(&store, closed.id).await;
        let steps: Vec<State> = all.iter().map(|it| it.state_after).collect();
        assert_eq!(steps, [State::Available, State::Running, State::Completed]);
    }
    store.close().await;
}

/// A store, and what it sends.
async fn counted(fresh: &Fresh) -> (MysqlStore, Arc<Passed>) {
    let server = &fresh.options.connect;
    let (port, passed) = between(server.get_host(), server.get_port()).await;
    let connect = server.clone().host("127.0.0.1").port(port).ssl_mode(MySqlSslMode::Disabled);
    let options = MysqlOptions { connect, ..fresh.options.clone() };
    (MysqlStore::connect(options).await.unwrap(), passed)
}

/// What each verb sends for so many jobs.
async fn costs(store: &MysqlStore, passed: &Passed, jobs: usize) -> Vec<(&'static str, usize)> {
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
