//! What an enqueue promises.

mod due;
mod limits;
mod repeat;
mod unique;

use std::time::Duration;

use longshore_core::{
    Backoff, BatchId, Due, EventId, JobId, NewJob, Payload, Priority, Reason, Scope, State, Unique,
};
use longshore_store::Enqueued;

use crate::{Disposable, job, witness::*};

pub use due::*;
pub use limits::*;
pub use repeat::*;
pub use unique::*;

/// S3-1, S2-1
pub async fn a_job_is_stored_with_every_default(db: &dyn Disposable) {
    let store = db.store();
    // The first call of a store may take another way than later ones.
    for job in [NewJob::of_kind("mail"), NewJob::of_kind("mail")] {
        let outcome = store.enqueue(std::slice::from_ref(&job)).await.unwrap();
        assert_eq!(outcome, [Enqueued::Created(job.id)]);

        let stored = detail(&*store, job.id).await;
        let row = &stored.row;
        assert_eq!((row.id, row.kind.as_str()), (job.id, "mail"));
        assert_eq!((row.tenant.as_str(), row.queue.as_str()), ("default", "default"));
        assert_eq!((row.state, row.reason), (State::Available, Reason::Received));
        assert_eq!((row.attempt, row.max_attempts, stored.last_attempt), (0, 20, 20));
        assert_eq!(row.priority, Priority::default());
        assert_eq!(row.changed_at, row.created_at);
        assert!(row.due_at >= Some(row.created_at));
        assert_eq!((row.started_at, &row.error, &row.name), (None, &None, &None));
        assert_eq!(stored.payload.as_str(), "{}");
        assert_eq!((stored.context, stored.backoff, stored.timeout_ms), (None, None, None));
        assert!(stored.labels.is_empty());
        assert_eq!((stored.version, stored.unique_key, stored.correlation_id), (None, None, None));
        assert_eq!((stored.event_id, stored.parent_id), (None, None));
        assert_eq!((stored.batch_id, stored.line), (None, None));
        assert_eq!((stored.worker_id, stored.lease_until), (None, None));
        assert_eq!((stored.progress, stored.result), (None, None));
    }
}

/// A job whose every field differs from its default.
pub(crate) fn job_with_everything() -> NewJob {
    NewJob {
        id: JobId::new(),
        tenant: "Ærø Bånd".into(),
        queue: "night shift".into(),
        kind: crate::KIND.into(),
        version: Some("v2".into()),
        name: Some("crate 4711 of ship 'Ada'".into()),
        payload: Payload::stored(r#"{"b":1, "a":[true,null,"ü"]}"#.into()),
        context: Some(Payload::stored(r#"{ "trace" : "00-4bf9" }"#.into())),
        labels: [("ship".into(), "Ada".into()), ("weight".into(), (-7).into())].into(),
        priority: Priority::new(9).unwrap(),
        due: Due::Now,
        max_attempts: 3,
        backoff: Some(Backoff::Exponential {
            base: Duration::from_millis(1500),
            cap: Duration::from_secs(60),
        }),
        timeout: Some(Duration::from_millis(2500)),
        unique: Some(Unique { key: "crate 4711".into(), scope: Scope::Forever }),
        correlation_id: Some("order 1".into()),
        completes_siblings: true,
        event_id: Some(EventId::new()),
        parent_id: Some(JobId::new()),
        batch: Some((BatchId::new(), 12)),
        held: false,
    }
}

/// S2-11
pub async fn every_field_comes_back_as_it_was_asked_for(db: &dyn Disposable) {
    let store = db.store();
    let without_key = || NewJob { unique: None, ..job_with_everything() };
    let held = NewJob { held: true, ..without_key() };
    for job in [job_with_everything(), without_key(), held] {
        enqueue(&*store, &job).await;
        let stored = detail(&*store, job.id).await;
        assert_eq!(stored.row.state, if job.held { State::Held } else { State::Available });
        assert_eq!(stored.row.tenant, *job.tenant);
        assert_eq!(stored.row.queue, *job.queue);
        assert_eq!(stored.row.name, job.name);
        assert_eq!(stored.row.priority, job.priority);
        assert_eq!((stored.row.max_attempts, stored.last_attempt), (3, 3));
        assert_eq!(stored.version, job.version);
        assert_eq!(stored.payload, job.payload);
        assert_eq!(stored.context, job.context);
        assert_eq!(stored.labels, job.labels);
        assert_eq!(stored.backoff, job.backoff);
        assert_eq!(stored.timeout_ms, Some(2500));
        assert_eq!(stored.unique_key, job.unique.map(|unique| unique.key));
        assert_eq!(stored.correlation_id, job.correlation_id);
        assert!(stored.completes_siblings);
        assert_eq!((stored.event_id, stored.parent_id), (job.event_id, job.parent_id));
        assert_eq!((stored.batch_id, stored.line), (job.batch.map(|it| it.0), Some(12)));
    }
}

/// Key order, white space, numbers and characters survive: the payload is text that nobody rewrites.
pub async fn a_payload_comes_back_byte_by_byte(db: &dyn Disposable) {
    let store = db.store();
    let long = format!("\"{}\"", "x".repeat((1 << 20) - 2));
    let texts = [
        "null",
        "true",
        "0",
        "-0.0",
        "1e400",
        "\"\"",
        "[]",
        " {\n\t\"z\" : 1 , \"a\" : 2 }\r\n",
        r#"{"a":1,"a":2}"#,
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
        r#""\u00e9\n\/ é 日本 😀 \ud83d\ude00""#,
        r#"{"'; DROP TABLE jobs; --":"\\ $1 :x ?1 %s"}"#,
        &long,
    ];
    for text in texts {
        let job = NewJob { payload: Payload::parse(text).unwrap(), ..job() };
        enqueue(&*store, &job).await;
        assert_eq!(detail(&*store, job.id).await.payload.as_str(), text);
    }
}

/// One answer for each job, in the order of the request.
pub async fn many_jobs_are_answered_in_order(db: &dyn Disposable) {
    let store = db.store();
    let mut jobs: Vec<_> = (0..1000).map(|_| job()).collect();
    jobs.reverse();
    let outcomes = store.enqueue(&jobs).await.unwrap();
    let expected: Vec<_> = jobs.iter().map(|job| Enqueued::Created(job.id)).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(all_jobs(&*store, &Default::default()).await.len(), 1000);
    assert_eq!(store.enqueue(&[]).await.unwrap(), []);
}

/// S2-39
pub async fn a_thousand_tenants_kinds_and_queues_fit(db: &dyn Disposable) {
    let store = db.store();
    let jobs: Vec<_> = (0..1000)
        .map(|n| NewJob {
            tenant: format!("tenant {n}").into(),
            queue: format!("queue {n}").into(),
            kind: format!("kind {n}").into(),
            ..job()
        })
        .collect();
    store.enqueue(&jobs).await.unwrap();
    assert_eq!(store.queues().await.unwrap().len(), 1000);
    let lanes = store.lanes(&["queue 7".into(), "queue 999".into()]).await.unwrap().lanes;
    assert_eq!(lanes.len(), 2);
    assert!(lanes.contains(&jobs[999].lane()));
}

/// Stored is stored: another process sees the job at once.
pub async fn another_process_sees_the_job(db: &dyn Disposable) {
    let job = job();
    enqueue(&*db.store(), &job).await;
    assert_eq!(state(&*db.another().await, job.id).await, State::Available);
}

/// A held job is nobody's work.
pub async fn a_held_job_is_in_no_line(db: &dyn Disposable) {
    let store = db.store();
    let job = NewJob { held: true, ..job() };
    enqueue(&*store, &job).await;
    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.reason), (State::Held, Reason::Held));
    assert_eq!((stored.row.due_at, stored.last_attempt), (None, 20));
    assert!(crate::Crew::of(store).take(10).await.is_empty());
}

/// A worker in this process need not wait for its next poll.
pub async fn a_hint_arrives_after_an_enqueue(db: &dyn Disposable) {
    use longshore_store::Hint;
    let store = db.store();
    let mut hints = store.hints();
    let job = job_with_everything();
    enqueue(&*store, &job).await;
    let hint = tokio::time::timeout(Duration::from_secs(10), hints.next()).await.expect("a hint");
    match hint {
        Hint::Lane(lane) => assert_eq!(lane, job.lane()),
        Hint::Queue(queue) => assert_eq!(queue, job.queue),
        Hint::Anywhere => {}
    }
    // For jobs that were stored in a transaction of the caller's own.
    store.hint(&[job.lane()]).await;
    tokio::time::timeout(Duration::from_secs(10), hints.next()).await.expect("another hint");
}
