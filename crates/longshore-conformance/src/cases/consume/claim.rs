//! What is handed out, and what is not.

use longshore_core::{NewJob, Payload, State};
use longshore_store::{Claim, CursorAt, Store};

use crate::{Crew, Disposable, KIND, LEASE, default_lane, failed_for_now, job, lane, witness::*};

/// S3-7, S2-7
pub async fn a_claim_makes_a_job_running_under_a_lease(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = job();
    enqueue(&*store, &job).await;
    let claimed = crew.take_one().await;
    let standing = claimed.standing;
    assert_eq!((standing.state, standing.from), (State::Running, State::Available));
    assert_eq!((standing.attempt, standing.last_attempt), (1, 20));
    assert_eq!((standing.crashes, standing.seq), (0, 1));

    let stored = detail(&*store, job.id).await;
    assert_eq!((stored.row.state, stored.row.attempt), (State::Running, 1));
    assert_eq!(stored.row.started_at, Some(claimed.claimed_at));
    assert_eq!(stored.row.changed_at, claimed.claimed_at);
    assert_eq!(stored.row.due_at, None);
    assert_eq!(stored.worker_id, Some(crew.id()));
    assert_eq!(stored.lease_until, Some(claimed.claimed_at + LEASE));
    assert_eq!(stored.last_attempt, 20);
}

/// S2-11
pub async fn a_claimed_job_has_every_field(db: &dyn Disposable) {
    let store = db.store();
    let job = crate::cases::produce::job_with_everything();
    enqueue(&*store, &job).await;
    let row = detail(&*store, job.id).await.row;
    let claim = Crew::of(store.clone()).claim(&[job.lane()], 1);
    let claimed = store.claim(&claim).await.unwrap().remove(0);
    assert_eq!((claimed.id, &claimed.kind), (job.id, &job.kind));
    assert_eq!(claimed.lane, job.lane());
    assert_eq!(claimed.max_attempts, 3);
    assert_eq!((claimed.due_at, claimed.created_at), (row.due_at.unwrap(), row.created_at));
    assert_eq!(claimed.payload.as_str(), job.payload.as_str());
    assert_eq!(claimed.context, job.context);
    assert_eq!(claimed.labels, job.labels);
    assert_eq!(claimed.backoff, job.backoff);
    assert_eq!(claimed.timeout, job.timeout);
    assert_eq!((claimed.event_id, claimed.batch), (job.event_id, job.batch));
    assert!(claimed.claimed_at >= claimed.due_at);
}

/// Large jobs and small ones come whole in the same claim, whatever it is that is large.
pub async fn large_jobs_are_claimed_whole_among_small_ones(db: &dyn Disposable) {
    let store = db.store();
    let small = || NewJob {
        unique: None,
        correlation_id: None,
        completes_siblings: false,
        batch: None,
        ..crate::cases::produce::job_with_everything()
    };
    let text = |bytes| Payload::parse(format!("\"é\\n{}\"", "x".repeat(bytes))).unwrap();
    let sizes = [0, 1, 16_000, 17_000, 200_000];
    let large = |bytes| {
        [
            NewJob { payload: text(bytes), ..small() },
            NewJob { context: Some(text(bytes)), ..small() },
            NewJob { payload: text(bytes), context: None, labels: [].into(), ..small() },
        ]
    };
    let jobs: Vec<_> = sizes.into_iter().flat_map(large).collect();
    store.enqueue(&jobs).await.unwrap();
    let claim = Crew::of(store.clone()).claim(&[jobs[0].lane()], 100);
    let claimed = store.claim(&claim).await.unwrap();
    assert_eq!(claimed.len(), jobs.len());
    for claimed in claimed {
        let job = jobs.iter().find(|job| job.id == claimed.id).unwrap();
        assert_eq!(claimed.payload.as_str(), job.payload.as_str());
        assert_eq!((&claimed.context, &claimed.labels), (&job.context, &job.labels));
        assert_eq!((&claimed.backoff, claimed.timeout), (&job.backoff, job.timeout));
        assert_eq!((claimed.event_id, claimed.siblings), (job.event_id, None));
    }
}

/// S2-18: a retry changes nothing but where the job stands.
pub async fn a_second_attempt_gets_the_same_job(db: &dyn Disposable) {
    let store = db.store();
    let job = crate::cases::produce::job_with_everything();
    let crew = Crew::of(store.clone());
    crew.live_through(&job, failed_for_now()).await;
    let claimed = store.claim(&crew.claim(&[job.lane()], 1)).await.unwrap().remove(0);
    let standing = claimed.standing;
    assert_eq!((standing.state, standing.from), (State::Running, State::Retryable));
    assert_eq!((standing.attempt, standing.last_attempt, standing.seq), (2, 3, 2));
    assert_eq!(claimed.payload.as_str(), job.payload.as_str());
    assert_eq!((claimed.labels, claimed.context), (job.labels, job.context));
    assert_eq!((claimed.event_id, claimed.batch), (job.event_id, job.batch));
    assert_eq!((claimed.backoff, claimed.timeout), (job.backoff, job.timeout));
}

/// S3-5
pub async fn a_claim_takes_no_more_than_its_limit(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs: Vec<_> = (0..10).map(|_| job()).collect();
    store.enqueue(&jobs).await.unwrap();
    assert_eq!(crew.take(0).await.len(), 0);
    assert_eq!(crew.take(3).await.len(), 3);
    assert_eq!(crew.take(100).await.len(), 7);
    assert_eq!(crew.take(100).await.len(), 0);
}

/// S2-8
pub async fn a_claim_of_nothing_takes_nothing(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    assert!(crew.take(10).await.is_empty(), "an empty database has no work");
    enqueue(&*store, &job()).await;
    assert!(store.claim(&crew.claim(&[], 10)).await.unwrap().is_empty(), "no lane was named");
    let no_kinds = Claim { kinds: [].into(), ..crew.claim(&[default_lane()], 10) };
    assert!(store.claim(&no_kinds).await.unwrap().is_empty(), "no kind was named");
    assert_eq!(crew.take(10).await.len(), 1);
}

/// S3-32, S2-5: what a worker cannot do is left to those who can.
pub async fn kinds_without_a_handler_are_left_alone(db: &dyn Disposable) {
    let store = db.store();
    let of = NewJob::of_kind;
    let jobs = [of("a"), of("b"), of("a"), of("A"), of("c"), of("b")];
    store.enqueue(&jobs).await.unwrap();
    let claim = |kinds: &[&str], limit| {
        Crew::who_handle(store.clone(), &["default"], kinds).claim(&[default_lane()], limit)
    };
    let taken = ids(&*store, &claim(&["b", "c"], 2)).await;
    assert_eq!(taken, [jobs[1].id, jobs[4].id], "others before them do not count");
    assert_eq!(ids(&*store, &claim(&["b", "c"], 10)).await, [jobs[5].id]);
    assert_eq!(ids(&*store, &claim(&["a", "x"], 10)).await, [jobs[0].id, jobs[2].id]);
    assert_eq!(state(&*store, jobs[3].id).await, State::Available);
}

/// S2-5
pub async fn a_claim_takes_from_the_named_lanes_only(db: &dyn Disposable) {
    let store = db.store();
    let five = job().priority;
    let jobs = [
        job(),
        NewJob { tenant: "other".into(), ..job() },
        NewJob { queue: "other".into(), ..job() },
        NewJob { priority: longshore_core::Priority::HIGHEST, ..job() },
        NewJob { queue: "Default".into(), ..job() },
    ];
    store.enqueue(&jobs).await.unwrap();
    let crew = Crew::of(store.clone());
    assert_eq!(ids(&*store, &crew.claim(&[lane("other", "other", five)], 10)).await, []);
    assert_eq!(ids(&*store, &crew.claim(&[default_lane()], 10)).await, [jobs[0].id]);
    let lanes = [jobs[2].lane(), jobs[1].lane()];
    assert_eq!(ids(&*store, &crew.claim(&lanes, 10)).await, [jobs[2].id, jobs[1].id]);
}

/// A cursor takes no more than its quota, also when the claim has room.
pub async fn a_cursor_takes_no_more_than_its_quota(db: &dyn Disposable) {
    let store = db.store();
    let of = |tenant: &str| NewJob { tenant: tenant.into(), ..job() };
    let jobs = [of("a"), of("a"), of("a"), of("b"), of("b"), of("b")];
    store.enqueue(&jobs).await.unwrap();
    let crew = Crew::of(store.clone());
    let cursor = |job: &NewJob, quota| CursorAt { lane: job.lane(), floor: None, quota };
    let claim = |cursors, limit| Claim { cursors, ..crew.claim(&[], limit) };

    let both = vec![cursor(&jobs[0], 2), cursor(&jobs[3], 1)];
    assert_eq!(ids(&*store, &claim(both, 10)).await, [jobs[0].id, jobs[1].id, jobs[3].id]);
    let none = vec![cursor(&jobs[0], 0), cursor(&jobs[3], 5)];
    assert_eq!(ids(&*store, &claim(none, 1)).await, [jobs[4].id], "the limit goes before quotas");
}

/// Sixty-four lanes are the most that a claim names; all of them are served.
pub async fn a_claim_serves_sixty_four_lanes(db: &dyn Disposable) {
    let store = db.store();
    let jobs: Vec<_> =
        (0..64).map(|n| NewJob { tenant: format!("t{n}").into(), ..job() }).collect();
    store.enqueue(&jobs).await.unwrap();
    let lanes: Vec<_> = jobs.iter().rev().map(NewJob::lane).collect();
    let taken = ids(&*store, &Crew::of(store.clone()).claim(&lanes, 1000)).await;
    let expected: Vec<_> = jobs.iter().rev().map(|job| job.id).collect();
    assert_eq!(taken, expected);
}

/// Lanes are known as soon as there is work in them, also to another process.
pub async fn lanes_name_every_line_and_the_paused_queues(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    assert!(other.lanes(&["default".into()]).await.unwrap().lanes.is_empty());
    let jobs = [job(), NewJob { tenant: "b".into(), ..job() }, job()];
    store.enqueue(&jobs).await.unwrap();
    enqueue(&*store, &NewJob { queue: "elsewhere".into(), ..job() }).await;
    store.pause("elsewhere").await.unwrap();
    store.pause("default").await.unwrap();

    let mut found = other.lanes(&["default".into(), "unheard of".into()]).await.unwrap();
    found.lanes.sort();
    let mut expected = [jobs[0].lane(), jobs[1].lane()];
    expected.sort();
    assert_eq!(found.lanes, expected);
    assert_eq!(found.paused, ["default".into()]);
    assert_eq!(other.lanes(&[]).await.unwrap().lanes, []);
}

/// A worker that is not known by a heartbeat yet may claim: the lease is what counts.
pub async fn a_job_in_another_state_is_not_handed_out(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let crew = Crew::who_handle(store.clone(), &[], &[KIND]);
    let lanes: Vec<_> =
        State::ALL.iter().map(|it| lane(it.as_str(), "default", job().priority)).collect();
    let taken = ids(&*store, &crew.claim(&lanes, 100)).await;
    let (_, available) = jobs[State::Available as usize];
    assert_eq!(taken, [available]);
}

pub(crate) async fn ids(store: &dyn Store, claim: &Claim) -> Vec<longshore_core::JobId> {
    store.claim(claim).await.unwrap().iter().map(|claimed| claimed.id).collect()
}
