//! Calling jobs off.

use longshore_core::{JobId, Outcome, Reason, State};
use longshore_store::{Cancelled, Finished, Renewed};

use crate::{Crew, Disposable, job, witness::*};

/// S3-12, S3-13
pub async fn cancel_ends_what_waits_and_asks_what_runs(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let mut ids: Vec<_> = jobs.iter().map(|(_, id)| *id).collect();
    ids.push(JobId::new());
    let outcomes = store.cancel(&ids).await.unwrap();
    use Cancelled::{AlreadyOver, Done, NotFound, Requested};
    assert_eq!(
        outcomes,
        [
            Done,
            Done,
            Done,
            Requested,
            Done,
            AlreadyOver(State::Completed),
            AlreadyOver(State::Cancelled),
            AlreadyOver(State::Discarded),
            NotFound,
        ]
    );
    for ((before, id), outcome) in jobs.into_iter().zip(outcomes) {
        let expected = if outcome == Done { State::Cancelled } else { before };
        let row = detail(&*store, id).await.row;
        assert_eq!(row.state, expected);
        assert_eq!(row.due_at, None);
        let last = history(&*store, id).await.pop().unwrap();
        assert_eq!((last.state_after, last.reason), (row.state, row.reason));
        if outcome == Done {
            assert_eq!((last.state_before, last.reason), (Some(before), Reason::Cancelled));
            assert_eq!(last.worker_id, None);
        }
    }
    assert_eq!(store.cancel(&[]).await.unwrap(), []);
}

/// S3-12
pub async fn a_cancelled_job_stays_cancelled(db: &dyn Disposable) {
    let store = db.store();
    let id = enqueue(&*store, &job()).await;
    assert_eq!(store.cancel(&[id, id]).await.unwrap()[0], Cancelled::Done);
    let before = history(&*store, id).await;
    let again = store.cancel(&[id]).await.unwrap();
    assert_eq!(again, [Cancelled::AlreadyOver(State::Cancelled)]);
    assert!(Crew::of(store.clone()).take(10).await.is_empty());
    assert_eq!(history(&*store, id).await, before);
    assert_eq!(before.len(), 2);
}

/// S1-18: a running job is asked; its handler decides.
pub async fn a_running_job_hears_of_its_cancellation_and_may_still_complete(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&[job(), job()]).await.unwrap();
    let claimed = crew.take(2).await;
    for claimed in &claimed {
        assert_eq!(crew.renew(claimed, None).await, Renewed::Held);
        assert_eq!(store.cancel(&[claimed.id]).await.unwrap(), [Cancelled::Requested]);
        assert_eq!(crew.renew(claimed, None).await, Renewed::CancelRequested);
        assert_eq!(state(&*store, claimed.id).await, State::Running);
    }
    assert_eq!(crew.report(&claimed[0], Outcome::Cancelled).await, Finished::Recorded);
    assert_eq!(crew.report(&claimed[1], Outcome::Completed).await, Finished::Recorded);
    assert_eq!(state(&*store, claimed[0].id).await, State::Cancelled);
    assert_eq!(state(&*store, claimed[1].id).await, State::Completed);
}

/// Cancelling races with claiming: a job is either called off or runs, never both.
pub async fn a_cancel_that_races_with_claims_is_exact(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let jobs: Vec<_> = (0..100).map(|_| job()).collect();
    store.enqueue(&jobs).await.unwrap();
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let claims = tokio::spawn(async move {
        let crew = Crew::of(other);
        let mut taken = Vec::new();
        for _ in 0..20 {
            taken.extend(crew.take(5).await.iter().map(|it| it.id));
        }
        taken
    });
    let mut outcomes = Vec::new();
    for some in ids.chunks(10) {
        outcomes.extend(store.cancel(some).await.unwrap());
    }
    let taken = claims.await.unwrap();
    for (id, outcome) in ids.iter().zip(outcomes) {
        match outcome {
            Cancelled::Done => assert!(!taken.contains(id), "it was called off and handed out"),
            Cancelled::Requested => assert!(taken.contains(id)),
            other => panic!("{other:?}"),
        }
    }
}
