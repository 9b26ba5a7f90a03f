//! One row that somebody spoilt does not keep other jobs from coming back.

use chrono::TimeDelta;
use longshore_conformance::{Crew, Disposable, LEASE, job};
use longshore_core::{JobId, LONGEST_WAIT, State, Timestamp};
use longshore_store::{Claimed, Inspect, Maintain, Produce};

use crate::file::File;

/// Three running jobs of one worker that went silent, the first with the oldest lease.
async fn running(file: &File) -> (Vec<Claimed>, Timestamp) {
    let crew = Crew::of(file.store());
    let mut claimed = Vec::new();
    for _ in 0..3 {
        file.store.enqueue(&[job()]).await.unwrap();
        claimed.push(crew.take_one().await);
    }
    let now = claimed[2].claimed_at + LEASE + TimeDelta::seconds(1);
    (claimed, now)
}

async fn spoil(file: &File, change: &'static str, job: JobId) {
    let changed = sqlx::query(change).bind(job.0).execute(&mut file.connection().await).await;
    assert_eq!(changed.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn a_stored_backoff_beyond_all_years_brings_its_job_back_all_the_same() {
    let file = File::new().await;
    let (claimed, now) = running(&file).await;
    let forever = r#"UPDATE longshore_jobs SET backoff =
                     '{"type":"fixed","delay":18446744073709551615}' WHERE id = ?1"#;
    spoil(&file, forever, claimed[0].id).await;
    assert_eq!(file.store.rescue(100, 3, Some(now)).await.unwrap().len(), 3);
    let row = file.store.jobs(&[claimed[0].id]).await.unwrap().remove(0).unwrap().row;
    assert_eq!(row.state, State::Retryable);
    assert_eq!(row.due_at, Some(now + LONGEST_WAIT));
}

#[tokio::test]
async fn a_stored_policy_that_cannot_be_read_stops_neither_claims_nor_rescues() {
    let file = File::new().await;
    let (claimed, now) = running(&file).await;
    let garbage = "UPDATE longshore_jobs SET backoff = 'soon', labels = '{' WHERE id = ?1";
    spoil(&file, garbage, claimed[0].id).await;
    assert_eq!(file.store.rescue(100, 3, Some(now)).await.unwrap().len(), 3);
    let again = Crew::of(file.store()).take_at(10, now + TimeDelta::hours(2)).await;
    assert_eq!(again.len(), 3);
}

#[tokio::test]
async fn a_job_that_cannot_be_rescued_stops_no_other() {
    let file = File::new().await;
    let (claimed, now) = running(&file).await;
    // A row stands where the rescue must write its own.
    let row = "INSERT INTO longshore_attempts (job_id, seq, attempt, state_before, state_after, reason, at) \
               VALUES (?1, 1, 0, 2, 2, 0, 0)";
    spoil(&file, row, claimed[0].id).await;
    let rescued = file.store.rescue(100, 3, Some(now)).await.unwrap();
    let ids: Vec<_> = rescued.iter().map(|it| it.job).collect();
    assert_eq!(ids, [claimed[1].id, claimed[2].id]);
    let error = file.store.rescue(100, 3, Some(now)).await.unwrap_err();
    assert!(!error.is_transient(), "what is left is told: {error:?}");
}

#[tokio::test]
async fn a_lease_whose_job_is_gone_does_not_stay_for_ever() {
    let file = File::new().await;
    let (claimed, now) = running(&file).await;
    spoil(&file, "DELETE FROM longshore_jobs WHERE id = ?1", claimed[0].id).await;
    assert_eq!(file.store.rescue(100, 3, Some(now)).await.unwrap().len(), 3);
    assert_eq!(file.number("SELECT count(*) FROM longshore_leases").await, 0);
}
