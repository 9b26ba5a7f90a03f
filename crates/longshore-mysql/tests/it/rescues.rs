//! One row that somebody spoilt does not keep other jobs from coming back.

use chrono::TimeDelta;
use longshore_conformance::{Crew, Disposable, LEASE};
use longshore_core::{LONGEST_WAIT, NewJob, State, Timestamp};
use longshore_store::{Claimed, Inspect, Maintain, Produce};

use crate::server::Fresh;

/// Three running jobs of one worker that went silent, the first with the oldest lease.
async fn running(fresh: &Fresh) -> (Vec<Claimed>, Timestamp) {
    let crew = Crew::of(fresh.store());
    let mut claimed = Vec::new();
    for _ in 0..3 {
        fresh.store.enqueue(&[NewJob::of_kind(longshore_conformance::KIND)]).await.unwrap();
        claimed.push(crew.take_one().await);
    }
    let now = claimed[2].claimed_at + LEASE + TimeDelta::seconds(1);
    (claimed, now)
}

pub(crate) async fn a_stored_backoff_beyond_all_years_brings_its_job_back_all_the_same(
    fresh: &Fresh,
) {
    let (claimed, now) = running(fresh).await;
    let id = claimed[0].id;
    let forever =
        r#"UPDATE longshore_jobs SET backoff = '{"type":"fixed","delay":18446744073709551615}'"#;
    fresh.run(&format!("{forever} WHERE id = x'{}'", id.0.simple())).await;
    assert_eq!(fresh.store.rescue(100, 3, Some(now)).await.unwrap().len(), 3);
    let row = fresh.store.jobs(&[id]).await.unwrap().remove(0).unwrap().row;
    assert_eq!((row.state, row.due_at), (State::Retryable, Some(now + LONGEST_WAIT)));
}

pub(crate) async fn a_stored_policy_that_cannot_be_read_stops_neither_claims_nor_rescues(
    fresh: &Fresh,
) {
    let (claimed, now) = running(fresh).await;
    let garbage = "UPDATE longshore_jobs SET backoff = 'soon', labels = '{'";
    fresh.run(&format!("{garbage} WHERE id = x'{}'", claimed[0].id.0.simple())).await;
    assert_eq!(fresh.store.rescue(100, 3, Some(now)).await.unwrap().len(), 3);
    let again = Crew::of(fresh.store()).take_at(10, now + TimeDelta::hours(2)).await;
    assert_eq!(again.len(), 3);
}

pub(crate) async fn a_job_that_cannot_be_rescued_stops_no_other(fresh: &Fresh) {
    let (claimed, now) = running(fresh).await;
    // A row stands where the rescue must write its own.
    let row = "INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, at)";
    let values = format!("(x'{}', 1, 0, 2, 2, 0, NOW(6))", claimed[0].id.0.simple());
    fresh.run(&format!("{row} VALUES {values}")).await;
    let rescued = fresh.store.rescue(100, 3, Some(now)).await.unwrap();
    let ids: Vec<_> = rescued.iter().map(|it| it.job).collect();
    assert_eq!(ids, [claimed[1].id, claimed[2].id]);
    let error = fresh.store.rescue(100, 3, Some(now)).await.unwrap_err();
    assert!(!error.is_transient(), "what is left is told: {error:?}");
}
