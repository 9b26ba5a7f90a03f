//! What is counted of weeks that are dropped, kept and swept.

use std::time::Duration;

use longshore_conformance::{Crew, MemoryStore, job, witness::id_made_at};
use longshore_core::{NewJob, Outcome, Reason, Retention, Week};
use longshore_store::Rotated;

use crate::{board::Board, counts::measured};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[tokio::test]
async fn weeks_and_jobs_that_go_are_counted_and_weeks_that_stay_with_the_reason() {
    let board = Board::new();
    let model = MemoryStore::at("2026-11-22T12:00:00Z".parse().unwrap());
    let store = measured(&model);
    let crew = Crew::of(store.clone());
    let old = |weeks: u32| NewJob { id: id_made_at(model.now() - WEEK * weeks), ..job() };
    let over = [old(0), old(0), old(1)];
    for job in &over {
        crew.live_through(job, Outcome::Completed).await;
    }
    crew.live_through(&old(1), Outcome::Discarded(Reason::Declined)).await;
    model.advance(WEEK * 8);

    let retention = Retention::default();
    let mut strict = retention;
    strict.most_survivors = 0;
    let week = |job: &NewJob| Week::of(job.id.time().unwrap());
    let rotate = async |week, retention| store.rotate_week(week, retention, None).await.unwrap();
    let counts = || {
        ["weeks_dropped_total", "week_rows_dropped_total", "jobs_swept_total"]
            .map(|name| board.value(name).unwrap())
    };
    assert_eq!(counts(), [0.0; 3]);
    let kept = "weeks_kept_total{why=\"survivors\"}";
    assert_eq!(
        rotate(week(&over[2]), &strict).await,
        Rotated::Kept { survivors: 1, most: strict.most_survivors }
    );
    assert_eq!((counts(), board.value(kept)), ([0.0; 3], Some(1.0)));
    assert_eq!(
        rotate(week(&over[0]), &retention).await,
        Rotated::Dropped { survivors: 0, rows: 2 }
    );
    assert_eq!(counts(), [1.0, 2.0, 0.0]);
    assert_eq!(store.sweep(&retention, 10, None).await.unwrap(), 1);
    assert_eq!(counts(), [1.0, 2.0, 1.0]);
}
