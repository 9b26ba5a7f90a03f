//! Updates and the statements that were under way before them.

use longshore_conformance::{default_lane, job, witness::detail};
use longshore_core::{JobUpdate, NewJob, Payload};
use longshore_store::{Operate, Updated};
use sqlx::{AssertSqlSafe, Row};

use crate::server::Fresh;

/// A claim sees the jobs as they were when it began. It must not take one whose payload changed since.
pub(crate) async fn a_claim_that_began_before_an_update_does_not_take_its_job(fresh: &Fresh) {
    let old = NewJob { payload: Payload::parse("0").unwrap(), ..job() };
    longshore_conformance::witness::enqueue(&fresh.store, &old).await;
    let mut other = fresh.connection().await;
    let gate = old.id.0.as_u128() as i64;
    let shut = format!("BEGIN; SELECT pg_advisory_xact_lock({gate})");
    sqlx::raw_sql(AssertSqlSafe(shut)).execute(&mut other).await.unwrap();

    // The kinds are asked for when the statement runs, which waits there for the gate.
    let kinds = format!("(SELECT array['{}'] FROM pg_advisory_xact_lock({gate}))", old.kind);
    let lane = default_lane();
    let rank = lane.priority.rank();
    let text = fresh.text(include_str!("../../sql/consume/claim.sql"));
    let text = [
        ("$11", "NULL"),
        ("$10", "30000000"),
        ("$9", "'00000000-0000-0000-0000-000000000001'"),
        ("$8", "10"),
        ("$7", &kinds),
        ("$6", "'{10}'"),
        ("$5", "'{00000000-0000-0000-0000-000000000000}'"),
        ("$4", "'{1970-01-01}'"),
        ("$3", &format!("'{{{rank}}}'")),
        ("$2", "'{default}'"),
        ("$1", "'{default}'"),
    ]
    .iter()
    .fold(text, |text, (place, value)| text.replace(place, value));
    let mut claimer = fresh.connection().await;
    let row = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut claimer).await.unwrap();
    let claimer_pid: i32 = row.get(0);
    let claiming = tokio::spawn(async move {
        let claimed = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(&mut claimer).await.unwrap();
        claimed.iter().map(|row| row.get::<String, _>("payload")).collect::<Vec<_>>()
    });
    let waits = format!(
        "SELECT count(*) FROM pg_locks WHERE pid = {claimer_pid} AND locktype = 'advisory' AND NOT granted"
    );
    while fresh.number(&waits).await == 0 {
        assert!(!claiming.is_finished(), "it waited for nothing");
    }
    let new = JobUpdate { payload: Some(Payload::parse("1").unwrap()), ..JobUpdate::default() };
    assert_eq!(fresh.store.update(old.id, &new).await.unwrap(), Updated::Done);
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(claiming.await.unwrap(), Vec::<String>::new(), "the payload of before");
    assert_eq!(detail(&fresh.store, old.id).await.payload.as_str(), "1");
    let crew = longshore_conformance::Crew::of(std::sync::Arc::new(fresh.store.clone()));
    assert_eq!(crew.take_one().await.payload.as_str(), "1");
}
