//! Labels and updates while weeks are dropped: what survives is found and changed as before.

use longshore_core::{JobFilter, JobId, JobUpdate, Labels, NewJob, Outcome, Payload, Week};
use longshore_store::{Store, Updated};

use super::weeks::{DAY, a_day, later, now, rotate};
use crate::{Crew, Disposable, job, witness::*};

async fn found(store: &dyn Store, labels: &Labels) -> Vec<JobId> {
    let filter = JobFilter { labels: labels.clone(), ..JobFilter::default() };
    all_jobs(store, &filter).await.into_iter().map(|row| row.id).collect()
}

/// The labels of survivors survive, and those of others go with their jobs.
pub async fn carried_jobs_are_found_by_their_labels(db: &dyn Disposable) {
    let store = db.store();
    let labels: Labels = [("customer".into(), "acme".into()), ("size".into(), 3.into())].into();
    let old = |held| {
        let id = id_made_at(now() - 7 * DAY);
        NewJob { id, held, labels: labels.clone(), ..job() }
    };
    let (over, live) = (old(false), old(true));
    Crew::of(store.clone()).live_through(&over, Outcome::Completed).await;
    enqueue(&*store, &live).await;
    rotate(&*store, &[over.id, live.id], &a_day(), later()).await;
    store.sweep(&a_day(), 1000, Some(later())).await.unwrap();
    assert_eq!(found(&*store, &labels).await, [live.id]);
    // The same id once more: nothing is left that would stand in its way.
    enqueue(&*store, &NewJob { labels: [("size".into(), 4.into())].into(), ..over.clone() }).await;
    assert_eq!(found(&*store, &labels).await, [live.id]);
    store.cancel(&[live.id, over.id]).await.unwrap();
    rotate(&*store, &[live.id], &a_day(), later()).await;
    store.sweep(&a_day(), 1000, Some(later())).await.unwrap();
    assert!(found(&*store, &labels).await.is_empty());
    assert!(all_jobs(&*store, &JobFilter::default()).await.is_empty());
}

/// No change is lost, whether it comes before, while or after its job is carried.
pub async fn updates_of_carried_jobs_are_kept(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let old = |held| NewJob { id: id_made_at(now() - 7 * DAY), held, ..job() };
    let jobs = [old(true), old(false)];
    store.enqueue(&jobs).await.unwrap();
    let week = Week::of(jobs[0].id.time().unwrap());
    let maintenance = async {
        loop {
            other.rotate_week(week, &a_day(), Some(later())).await.unwrap();
            other.prepare_weeks(1).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let changes = async {
        for round in 0..20 {
            for job in &jobs {
                let labels = [("round".to_owned(), Some(round.into()))].into();
                let update = JobUpdate { payload: Some(Payload::of(&round).unwrap()), labels };
                assert_eq!(store.update(job.id, &update).await.unwrap(), Updated::Done);
                let found = detail(&*store, job.id).await;
                assert_eq!(found.payload, Payload::of(&round).unwrap());
                assert_eq!(found.labels["round"], round.into());
            }
        }
    };
    tokio::select! {
        () = changes => {}
        () = maintenance => unreachable!("changes are done before"),
    }
    let ids = jobs.each_ref().map(|job| job.id);
    rotate(&*store, &ids, &a_day(), later()).await;
    for id in ids {
        let found = detail(&*store, id).await;
        assert_eq!((found.payload.as_str(), &found.labels["round"]), ("19", &19.into()));
    }
    assert_eq!(found(&*store, &[("round".into(), 19.into())].into()).await.len(), 2);
    assert!(found(&*store, &[("round".into(), 18.into())].into()).await.is_empty());
}
