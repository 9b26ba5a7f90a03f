//! The roles of `docs/postgres-roles.sql` have the rights that they need, and no others.

use std::{sync::Arc, time::Duration};

use longshore_conformance::{Crew, LEASE, failed_for_now, job};
use longshore_core::{JobFilter, JobUpdate, NewJob, Outcome, Page, Payload, Reason, Scope, Unique};
use longshore_postgres::{PostgresOptions, PostgresStore};
use longshore_store::{
    Cancelled, Consume, ErrorKind, Finished, Inspect, Maintain, Operate, Produce, Released,
    Retried, Updated,
};
use sqlx::{AssertSqlSafe, Connection};

use crate::server::Fresh;

const ROLES: &str = include_str!("../../../../docs/postgres-roles.sql");

/// The names of this test's own roles: roles belong to the whole server.
fn named(fresh: &Fresh, text: &str) -> String {
    let schema = &fresh.options.schema;
    text.replace("longshore_", &format!("{schema}_"))
        .replace("longshore TO", &format!("{schema} TO"))
}

async fn make(fresh: &Fresh) {
    fresh.run(&named(fresh, ROLES)).await;
}

async fn remove(fresh: &Fresh) {
    for role in ["longshore_worker", "longshore_enqueuer", "longshore_viewer"] {
        let role = named(fresh, role);
        fresh.run(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    }
}

/// A store that may do what the role may.
async fn store_of(fresh: &Fresh, role: &str) -> PostgresStore {
    let role = named(fresh, role);
    let connect = fresh.options.connect.clone().options([("role", role.as_str())]);
    PostgresStore::connect(PostgresOptions { connect, ..fresh.options.clone() }).await.unwrap()
}

fn keyed() -> NewJob {
    let unique = Unique { key: "a".into(), scope: Scope::UntilTerminal };
    NewJob { unique: Some(unique), tenant: "new".into(), ..job() }
}

pub(crate) async fn the_worker_role_can_do_its_work_and_nothing_else(fresh: &Fresh) {
    make(fresh).await;
    let store = store_of(fresh, "longshore_worker").await;
    let crew = Crew::of(Arc::new(store.clone()));
    assert!(store.migrate().await.unwrap().applied.is_empty(), "nothing to do is no offence");
    let held = NewJob { held: true, labels: [("size".into(), 2.into())].into(), ..job() };
    let jobs: Vec<_> = (0..6).map(|_| job()).chain([keyed(), keyed(), held.clone()]).collect();
    store.enqueue(&jobs).await.unwrap();
    let claimed = crew.take(6).await;
    for (claimed, outcome) in claimed.iter().zip([
        Outcome::Completed,
        failed_for_now(),
        Outcome::Discarded(Reason::Declined),
        Outcome::Snoozed(Duration::from_secs(60)),
        Outcome::Cancelled,
    ]) {
        crew.renew(claimed, None).await;
        assert_eq!(crew.report(claimed, outcome).await, Finished::Recorded);
    }
    let later = claimed[5].claimed_at + LEASE + chrono::TimeDelta::seconds(1);
    assert_eq!(store.rescue(10, 3, Some(later)).await.unwrap().len(), 1);
    let labels = [("size".into(), Some(3.into()))].into();
    let update = JobUpdate { payload: Some(Payload::default()), labels };
    for id in [claimed[2].id, held.id] {
        assert_eq!(store.update(id, &update).await.unwrap(), Updated::Done);
    }
    assert_eq!(store.retry(&[claimed[2].id]).await.unwrap(), [Retried::Done]);
    assert_eq!(store.cancel(&[claimed[2].id]).await.unwrap(), [Cancelled::Done]);
    assert_eq!(store.release(&[held.id]).await.unwrap(), [Released::Done]);
    assert!(store.pause("default").await.unwrap() && store.resume("default").await.unwrap());
    store.delete_dead(&[claimed[2].id]).await.unwrap();
    assert!(store.sample(Duration::ZERO).await.unwrap());
    assert!(store.prepare_weeks(20).await.unwrap().is_empty(), "weeks are the owner's");
    store.list_jobs(&JobFilter::default(), &Page::default()).await.unwrap();
    store.check_up().await.unwrap();
    store.leave(crew.id()).await.unwrap();

    let mut connection = fresh.connection().await;
    let role = format!("SET ROLE {}", named(fresh, "longshore_worker"));
    sqlx::raw_sql(AssertSqlSafe(role)).execute(&mut connection).await.unwrap();
    for forbidden in [
        "DELETE FROM longshore.attempts",
        "UPDATE longshore.attempts SET reason = 5",
        "UPDATE longshore.jobs SET queue = 'mine'",
        "DELETE FROM longshore.jobs",
        "TRUNCATE longshore.queue",
        "CREATE TABLE longshore.mine ()",
        "ALTER TABLE longshore.queue ADD COLUMN mine int",
        "UPDATE longshore.migrations SET checksum = ''",
    ] {
        let tried = sqlx::raw_sql(AssertSqlSafe(fresh.text(forbidden)));
        let error = tried.execute(&mut connection).await.unwrap_err();
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .unwrap_or_default();
        assert_eq!(code, "42501", "{forbidden}: {error}");
    }
    connection.close().await.unwrap();
    store.close().await;
    remove(fresh).await;
}

pub(crate) async fn the_other_roles_can_do_what_they_are_for(fresh: &Fresh) {
    make(fresh).await;
    let enqueuer = store_of(fresh, "longshore_enqueuer").await;
    let labelled = NewJob { labels: [("size".into(), 3.into())].into(), ..job() };
    let enqueued = enqueuer.enqueue(&[labelled.clone(), keyed(), keyed()]).await.unwrap();
    assert!(enqueued[2].is_duplicate());
    let viewer = store_of(fresh, "longshore_viewer").await;
    let jobs = viewer.list_jobs(&JobFilter::default(), &Page::default()).await.unwrap();
    assert_eq!(jobs.items.len(), 2);
    let by_label = JobFilter { labels: labelled.labels, ..JobFilter::default() };
    assert_eq!(viewer.list_jobs(&by_label, &Page::default()).await.unwrap().items.len(), 1);
    viewer.settled(&[enqueued[0].id()]).await.unwrap();
    let claim =
        Crew::of(Arc::new(viewer.clone())).claim(&[longshore_conformance::default_lane()], 1);
    for error in [
        viewer.enqueue(&[job()]).await.unwrap_err(),
        viewer.cancel(&[enqueued[0].id()]).await.unwrap_err(),
        enqueuer.claim(&claim).await.unwrap_err(),
        enqueuer.pause("default").await.unwrap_err(),
        enqueuer.update(enqueued[0].id(), &JobUpdate::default()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        assert!(error.to_string().contains("docs/postgres-roles.sql"), "{error}");
    }
    viewer.close().await;
    enqueuer.close().await;
    remove(fresh).await;
}
