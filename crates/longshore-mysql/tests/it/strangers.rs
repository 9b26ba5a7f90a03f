//! Tables that bear the names of those which stand aside during a rotation, and are somebody else's; rows of
//! somebody else in ours.

use longshore_conformance::job;
use longshore_core::{JobId, NewJob};
use longshore_store::{ErrorKind, Finding, Maintain, Produce, Rotated, Severity};

use crate::{
    rotations::{a_day, found, last_week, later, tables_aside, three, week_of},
    server::Fresh,
};

async fn finding(fresh: &Fresh) -> Option<Finding> {
    let findings = fresh.store.check_up().await.unwrap();
    findings.into_iter().find(|finding| finding.subject == "tables aside")
}

async fn rotate(fresh: &Fresh, id: JobId) -> longshore_store::Result<Rotated> {
    fresh.store.rotate_week(week_of(id), &a_day(), Some(later())).await
}

/// G8: each name, the jobs' last: without jobs aside the others used to be taken for leftovers and dropped.
pub(crate) async fn a_table_of_somebody_else_is_left_alone_and_named(fresh: &Fresh) {
    let [over, held, waiting] = three(&fresh.store).await;
    for table in ["labels", "attempts", "results", "jobs"] {
        let name = format!("longshore_{table}_aside");
        fresh
            .run(&format!("CREATE TABLE {name} (note TEXT); INSERT INTO {name} VALUES ('mine')"))
            .await;
        let refused = rotate(fresh, over).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert!(refused.to_string().contains(&name), "{refused}");
        assert!(refused.to_string().contains("RENAME TABLE"), "{refused}");
        let warned = finding(fresh).await.unwrap();
        assert_eq!((warned.severity, warned.advice), (Severity::Warning, refused.to_string()));
        // All else goes on.
        fresh.store.sweep(&a_day(), 100, None).await.unwrap();
        fresh.store.prepare_weeks(6).await.unwrap();
        fresh.store.enqueue(&[job()]).await.unwrap();
        assert_eq!(found(&fresh.store, &[over, held, waiting]).await, [true; 3]);
        assert_eq!(
            fresh.number(&format!("SELECT COUNT(*) FROM {name} WHERE note = 'mine'")).await,
            1
        );
        fresh.run(&format!("RENAME TABLE {name} TO mine_{table}")).await;
    }
    assert_eq!((tables_aside(fresh).await, finding(fresh).await), (0, None));
    assert_eq!(rotate(fresh, over).await.unwrap(), Rotated::Dropped { survivors: 2, rows: 1 });
}

/// Such as one of another Longshore, whose prefix begins as ours does.
pub(crate) async fn tables_with_longer_names_are_nobodys_leftovers(fresh: &Fresh) {
    let [over, held, waiting] = three(&fresh.store).await;
    fresh
        .run("CREATE TABLE longshore_two_jobs_aside (note TEXT); CREATE TABLE longshore_aside (note TEXT)")
        .await;
    assert_eq!(rotate(fresh, over).await.unwrap(), Rotated::Dropped { survivors: 2, rows: 1 });
    fresh.store.sweep(&a_day(), 100, None).await.unwrap();
    assert_eq!((tables_aside(fresh).await, finding(fresh).await), (2, None));
    assert_eq!(found(&fresh.store, &[held, waiting]).await, [true; 2]);
}

/// G8: a rotation that was broken off, and whoever put more jobs into its tables meanwhile.
pub(crate) async fn strangers_rows_in_tables_of_ours_are_brought_back(fresh: &Fresh) {
    let [over, held, waiting] = three(&fresh.store).await;
    let stranger = NewJob { id: last_week(), held: true, ..job() };
    fresh.store.enqueue(std::slice::from_ref(&stranger)).await.unwrap();
    let id = stranger.id.0.simple();
    fresh
        .run(&format!(
            "CREATE TABLE longshore_jobs_aside LIKE longshore_jobs; \
             INSERT INTO longshore_jobs_aside SELECT * FROM longshore_jobs; \
             DELETE FROM longshore_jobs WHERE id = x'{id}'"
        ))
        .await;
    assert_eq!(
        found(&fresh.store, &[over, held, waiting, stranger.id]).await,
        [true, true, true, false]
    );
    assert_eq!(finding(fresh).await, None);
    fresh.store.sweep(&a_day(), 100, None).await.unwrap();
    assert_eq!(tables_aside(fresh).await, 0);
    assert_eq!(found(&fresh.store, &[over, held, waiting, stranger.id]).await, [true; 4]);
    assert_eq!(rotate(fresh, over).await.unwrap(), Rotated::Dropped { survivors: 3, rows: 1 });
}
