//! Letting held jobs go.

use std::time::Duration;

use longshore_core::{Due, JobId, NewJob, Reason, State};
use longshore_store::Released;

use crate::{Crew, Disposable, job, witness::*};

pub async fn release_lets_held_jobs_go_and_nothing_else(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let mut ids: Vec<_> = jobs.iter().map(|(_, id)| *id).collect();
    ids.push(JobId::new());
    let outcomes = store.release(&ids).await.unwrap();
    assert_eq!(outcomes[0], Released::Done);
    for (place, (state, _)) in jobs.iter().enumerate().skip(1) {
        assert_eq!(outcomes[place], Released::Refused(*state));
    }
    assert_eq!(outcomes[8], Released::NotFound);
    let row = detail(&*store, ids[0]).await.row;
    assert_eq!((row.state, row.reason, row.attempt), (State::Available, Reason::Released, 0));
    let again = store.release(&ids[..1]).await.unwrap();
    assert_eq!(again, [Released::Refused(State::Available)]);
    assert_eq!(history(&*store, ids[0]).await.len(), 2);
}

/// A released job runs with all its tries; the release stands in the ledger.
pub async fn a_released_job_can_be_claimed(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let job = NewJob { held: true, max_attempts: 7, ..job() };
    enqueue(&*store, &job).await;
    store.release(&[job.id]).await.unwrap();
    let lanes = other.lanes(&["default".into()]).await.unwrap().lanes;
    assert_eq!(lanes, [job.lane()]);
    let claimed = Crew::of(other).take_one().await;
    let standing = claimed.standing;
    assert_eq!((standing.attempt, standing.last_attempt, standing.seq), (1, 7, 2));
    let told: Vec<_> =
        history(&*store, job.id).await.iter().map(|it| (it.state_after, it.id.ordinal)).collect();
    assert_eq!(told, [(State::Held, 1), (State::Available, 3), (State::Running, 4)]);
}

/// A held job's own time still counts.
pub async fn a_released_job_still_waits_for_its_time(db: &dyn Disposable) {
    let store = db.store();
    let at = "2150-01-01T00:00:00.000001Z".parse().unwrap();
    let later = NewJob { held: true, due: Due::At(at), ..job() };
    let soon = NewJob { held: true, due: Due::In(Duration::from_secs(3600)), ..job() };
    store.enqueue(&[later.clone(), soon.clone()]).await.unwrap();
    store.release(&[later.id, soon.id]).await.unwrap();
    let row = detail(&*store, later.id).await.row;
    assert_eq!((row.state, row.reason, row.due_at), (State::Scheduled, Reason::Released, Some(at)));
    let row = detail(&*store, soon.id).await.row;
    assert_eq!(row.state, State::Scheduled);
    assert!(Crew::of(store).take(10).await.is_empty());
}
