//! Weekly partitions and the catch-all beyond them.

use longshore_conformance::Crew;
use longshore_core::{JobId, NewJob, Timestamp, Week};
use longshore_store::{Inspect, Maintain, Produce, Severity};
use uuid::Uuid;

use crate::server::Fresh;

fn id_of(time: Timestamp) -> JobId {
    let millis = u128::try_from(time.timestamp_millis()).unwrap();
    JobId(Uuid::from_u128((millis << 80) | (JobId::new().0.as_u128() & ((1 << 80) - 1))))
}

fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

pub(crate) async fn jobs_of_this_week_have_a_partition_and_others_the_catch_all(fresh: &Fresh) {
    let today = id_of(now());
    let far = id_of(now() + chrono::Duration::weeks(5 * 52));
    let past = id_of(now() - chrono::Duration::weeks(5 * 52));
    let jobs =
        [today, far, past].map(|id| NewJob { id, ..NewJob::of_kind(longshore_conformance::KIND) });
    fresh.store.enqueue(&jobs).await.unwrap();
    let here = format!("SELECT count(*) FROM longshore.jobs_{}", Week::of(now()));
    assert_eq!(fresh.number(&here).await, 1);
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs_default").await, 2);
    let found = fresh.store.jobs(&[today, far, past]).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    let crew = Crew::of(std::sync::Arc::new(fresh.store.clone()));
    assert_eq!(crew.take(10).await.len(), 3);
}

pub(crate) async fn rows_move_out_of_the_catch_all_when_their_week_is_made(fresh: &Fresh) {
    let ahead = 20;
    let time = now() + chrono::Duration::weeks(ahead);
    let id = id_of(time);
    fresh.store.enqueue(&[NewJob { id, ..NewJob::of_kind("unload") }]).await.unwrap();
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs_default").await, 1);
    let made = fresh.store.prepare_weeks(20).await.unwrap();
    assert_eq!(made.last(), Some(&Week::of(time).to_string()));
    assert_eq!(fresh.number("SELECT count(*) FROM longshore.jobs_default").await, 0);
    assert_eq!(
        fresh.number(&format!("SELECT count(*) FROM longshore.jobs_{}", Week::of(time))).await,
        1
    );
    assert!(fresh.store.jobs(&[id]).await.unwrap()[0].is_some());
    assert!(fresh.store.prepare_weeks(20).await.unwrap().is_empty());
}

/// S3-39
pub(crate) async fn two_nodes_prepare_weeks_at_once(fresh: &Fresh) {
    let other = fresh.other().await;
    let (one, two) = tokio::join!(fresh.store.prepare_weeks(15), other.prepare_weeks(15));
    let mut made = [one.unwrap(), two.unwrap()].concat();
    made.sort();
    let before = made.len();
    made.dedup();
    assert_eq!((made.len(), before), (10, 10), "each week once: six were there from the migration");
}

/// A table of somebody else is in the place of one partition; the other weeks are made, and jobs come in.
pub(crate) async fn a_table_in_the_way_of_a_week_is_left_alone_and_named(fresh: &Fresh) {
    for (table, ahead) in [("jobs", 7), ("results", 9)] {
        let week = Week::of(now()).plus(ahead - 1);
        let name = format!("longshore.{table}_{week}");
        let make = format!("CREATE TABLE {name} (note text); INSERT INTO {name} VALUES ('mine')");
        fresh.run(&make).await;
        let ahead = u32::try_from(ahead).unwrap();
        let made = fresh.store.prepare_weeks(ahead).await.unwrap();
        assert_eq!(made, [week.next().to_string()], "the one behind it");
        let id = id_of(week.start());
        fresh.store.enqueue(&[NewJob { id, ..NewJob::of_kind("unload") }]).await.unwrap();
        let mine = format!("SELECT count(*) FROM {name} WHERE note = 'mine'");
        assert_eq!(fresh.number(&mine).await, 1);
        fresh.run(&format!("ALTER TABLE {name} RENAME TO mine_{table}")).await;
        assert_eq!(fresh.store.prepare_weeks(ahead).await.unwrap(), [week.to_string()]);
        let moved = format!("SELECT count(*) FROM longshore.jobs_{week}");
        assert_eq!(fresh.number(&moved).await, 1);
    }
    // One that is to be there by now is told of.
    let soon = Week::of(now()).plus(3);
    fresh
        .run(&format!(
            "ALTER TABLE longshore.jobs DETACH PARTITION longshore.jobs_{soon}; \
             ALTER TABLE longshore.results DETACH PARTITION longshore.results_{soon}"
        ))
        .await;
    let findings = fresh.store.check_up().await.unwrap();
    let warned = findings.into_iter().find(|finding| finding.subject == "weeks").unwrap();
    assert_eq!(warned.severity, Severity::Warning);
    let both = format!(".jobs_{soon}, ");
    assert!(warned.advice.contains(&both) && warned.advice.contains("RENAME TO"), "{warned:?}");
}
