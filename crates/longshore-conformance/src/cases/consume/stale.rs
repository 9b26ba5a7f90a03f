//! Late writers change nothing: every write of a worker is conditional on its fence.

use longshore_core::{JobId, Outcome, Reason, Scope, State, Transition};
use longshore_store::{Cancelled, Fence, Finish, Finished, JobDetail, Renewed, Store};

use crate::{
    Crew, Disposable, LEASE, cases::produce::keyed, failed_for_an_hour, failed_for_now, finish,
    job, witness::*,
};

/// Everything that a late write could have changed.
async fn everything(store: &dyn Store, id: JobId) -> (JobDetail, Vec<Transition>) {
    (detail(store, id).await, history(store, id).await)
}

/// S2-20, G4, I3
pub async fn a_report_with_another_attempt_is_stale(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    let before = everything(&*store, claimed.id).await;
    for attempt in [0, 2, u32::MAX >> 1] {
        let fence = Fence { job: claimed.id, attempt };
        let report = Finish { fence, ..finish(&claimed, Outcome::Completed) };
        assert_eq!(store.finish(&[report]).await.unwrap(), [Finished::Stale]);
    }
    assert_eq!(everything(&*store, claimed.id).await, before);
    assert_eq!(crew.report(&claimed, Outcome::Completed).await, Finished::Recorded);
}

/// G4, I5
pub async fn a_second_report_of_an_attempt_is_stale(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let ends = [Outcome::Completed, Outcome::Cancelled, Outcome::Discarded(Reason::Panic)];
    for end in ends.into_iter().chain([failed_for_now(), Outcome::Released]) {
        enqueue(&*store, &job()).await;
        let claimed = crew.take(1).await.pop().unwrap();
        assert_eq!(crew.report(&claimed, end).await, Finished::Recorded);
        let before = everything(&*store, claimed.id).await;
        for again in [Outcome::Completed, failed_for_now(), Outcome::Discarded(Reason::Panic)] {
            assert_eq!(crew.report(&claimed, again).await, Finished::Stale);
        }
        assert_eq!(everything(&*store, claimed.id).await, before);
        store.cancel(&[claimed.id]).await.unwrap();
    }
}

/// S2-20, G3: a worker that was taken for dead cannot write any more.
pub async fn a_report_after_a_rescue_is_stale(db: &dyn Disposable) {
    let store = db.store();
    let (paused, eager) = (Crew::of(store.clone()), Crew::of(db.another().await));
    enqueue(&*store, &job()).await;
    let old = paused.take_one().await;
    let after = old.claimed_at + 2 * LEASE;
    assert_eq!(store.rescue(10, 3, Some(after)).await.unwrap().len(), 1);
    assert_eq!(paused.report(&old, Outcome::Completed).await, Finished::Stale);

    let new = eager.take_at(1, after + LEASE * 200).await.remove(0);
    assert_eq!((new.id, new.standing.attempt), (old.id, 2));
    let before = everything(&*store, old.id).await;
    assert_eq!(paused.report(&old, Outcome::Completed).await, Finished::Stale);
    assert_eq!(paused.renew(&old, None).await, Renewed::Lost);
    assert_eq!(everything(&*store, old.id).await, before);
    assert_eq!(eager.report(&new, Outcome::Completed).await, Finished::Recorded);
}

/// A completion with no more to tell, which an engine may close in a shorter way, is held to its fence, frees its
/// key, and stays a completion where somebody asked to cancel; whatever else is in its call.
pub async fn a_bare_completion_is_held_to_everything(db: &dyn Disposable) {
    let store = db.store();
    let (paused, eager) = (Crew::of(store.clone()), Crew::of(db.another().await));
    enqueue(&*store, &job()).await;
    let old = paused.take_one().await;
    let after = old.claimed_at + 2 * LEASE;
    assert_eq!(store.rescue(10, 3, Some(after)).await.unwrap().len(), 1);
    let new = eager.take_at(1, after + LEASE * 200).await.remove(0);
    let key = || keyed("order-7", Scope::UntilTerminal);
    store.enqueue(&[job(), job(), key(), job()]).await.unwrap();
    let claimed = eager.take(4).await;
    assert_eq!(store.cancel(&[claimed[0].id]).await.unwrap(), [Cancelled::Requested]);
    let before = everything(&*store, old.id).await;

    let bare = |claimed| Finish { result: None, ..finish(claimed, Outcome::Completed) };
    let reports: Vec<_> = std::iter::once(&old).chain(&claimed).map(bare).collect();
    use Finished::{Recorded, Stale};
    let answers = store.finish(&reports).await.unwrap();
    assert_eq!(answers, [Stale, Recorded, Recorded, Recorded, Recorded]);
    assert_eq!(store.finish(&reports).await.unwrap(), [Stale; 5]);

    assert_eq!(everything(&*store, old.id).await, before);
    for claimed in &claimed {
        assert_eq!(state(&*store, claimed.id).await, State::Completed);
        assert_eq!(history(&*store, claimed.id).await.len(), 3);
    }
    assert!(!store.enqueue(&[key()]).await.unwrap()[0].is_duplicate());
    assert_eq!(store.finish(&[bare(&new)]).await.unwrap(), [Recorded]);
}

/// The fence goes on through a retry by hand, so a report from before it stays stale.
pub async fn a_report_from_before_a_retry_by_hand_is_stale(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let old = crew.take_one().await;
    crew.report(&old, Outcome::Discarded(Reason::Discarded)).await;
    store.retry(&[old.id]).await.unwrap();
    let new = crew.take_one().await;
    assert_eq!(new.standing.attempt, 2);
    assert_eq!(crew.report(&old, Outcome::Completed).await, Finished::Stale);
    assert_eq!(state(&*store, old.id).await, State::Running);
}

pub async fn a_report_about_an_unknown_job_is_stale(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    let fence = Fence { job: JobId::new(), attempt: 1 };
    let report = Finish { fence, ..finish(&claimed, Outcome::Completed) };
    assert_eq!(store.finish(&[report]).await.unwrap(), [Finished::Stale]);
}

/// The first report of a fence counts, also within one call.
pub async fn a_fence_twice_in_one_call_counts_once(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&[job(), job()]).await.unwrap();
    let claimed = crew.take(2).await;
    let reports = [
        finish(&claimed[0], Outcome::Discarded(Reason::Declined)),
        finish(&claimed[1], Outcome::Completed),
        finish(&claimed[0], Outcome::Completed),
        finish(&claimed[1], failed_for_now()),
    ];
    use Finished::{Recorded, Stale};
    assert_eq!(store.finish(&reports).await.unwrap(), [Recorded, Recorded, Stale, Stale]);
    assert_eq!(detail(&*store, claimed[0].id).await.row.reason, Reason::Declined);
    assert_eq!(state(&*store, claimed[1].id).await, State::Completed);
    assert_eq!(detail(&*store, claimed[0].id).await.result, None);
    assert_eq!(history(&*store, claimed[0].id).await.len(), 3);
    assert_eq!(history(&*store, claimed[1].id).await.len(), 3);
    assert!(crew.take(10).await.is_empty());
}

/// Stale reports spoil nothing for the others of their call, and answers keep their places.
pub async fn stale_reports_leave_the_rest_of_their_call_alone(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&(0..100).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    let claimed = crew.take(100).await;
    let early: Vec<_> =
        claimed.iter().step_by(3).map(|it| finish(it, Outcome::Completed)).collect();
    store.finish(&early).await.unwrap();
    let all: Vec<_> = claimed.iter().map(|it| finish(it, Outcome::Cancelled)).collect();
    let outcomes = store.finish(&all).await.unwrap();
    for (place, outcome) in outcomes.iter().enumerate() {
        let expected = if place % 3 == 0 { Finished::Stale } else { Finished::Recorded };
        assert_eq!(*outcome, expected, "at place {place}");
        let end = if place % 3 == 0 { State::Completed } else { State::Cancelled };
        assert_eq!(state(&*store, claimed[place].id).await, end);
    }
}

/// G4: of many who report the same attempt at once, one is heard.
pub async fn one_of_many_racing_reports_counts(db: &dyn Disposable) {
    let stores = [db.store(), db.another().await];
    enqueue(&*stores[0], &job()).await;
    let claimed = Crew::of(stores[0].clone()).take_one().await;
    let race = (0..16).map(|n| {
        let (store, claimed) = (stores[n % 2].clone(), claimed.clone());
        tokio::spawn(async move {
            let report = finish(&claimed, Outcome::Completed);
            store.finish(&[report]).await.unwrap()[0]
        })
    });
    let mut recorded = 0;
    for task in race.collect::<Vec<_>>() {
        recorded += usize::from(task.await.unwrap() == Finished::Recorded);
    }
    assert_eq!(recorded, 1);
    assert_eq!(history(&*stores[0], claimed.id).await.len(), 3);
}

/// Ends of every kind in one call, of first attempts and of second ones, some of them stale: each is told, and
/// stored, as what it is.
pub async fn many_ends_of_every_kind_keep_their_places(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    store.enqueue(&(0..60).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    for claimed in crew.take(60).await {
        crew.report(&claimed, failed_for_now()).await;
    }
    store.enqueue(&(0..60).map(|_| job()).collect::<Vec<_>>()).await.unwrap();
    let claimed = crew.take(120).await;
    assert_eq!(claimed.iter().filter(|it| it.standing.attempt == 2).count(), 60);
    let early: Vec<_> =
        claimed.iter().step_by(7).map(|it| finish(it, Outcome::Completed)).collect();
    store.finish(&early).await.unwrap();
    // Most say nothing but that they completed, which engines may treat apart.
    let end = |place: usize| match place % 10 {
        0 => failed_for_an_hour(),
        1 => Outcome::Cancelled,
        2 => Outcome::Discarded(Reason::Declined),
        _ => Outcome::Completed,
    };
    let reports = claimed.iter().enumerate().map(|(place, claimed)| {
        let result = finish(claimed, end(place)).result.filter(|_| place % 10 == 3);
        Finish { result, ..finish(claimed, end(place)) }
    });
    let reports: Vec<_> = reports.collect();
    let answers = store.finish(&reports).await.unwrap();
    for (place, (report, answer)) in reports.iter().zip(&answers).enumerate() {
        let is_stale = place % 7 == 0;
        assert_eq!(*answer == Finished::Stale, is_stale, "at place {place}");
        let stored = detail(&*store, report.fence.job).await;
        let end = if is_stale { State::Completed } else { report.step.standing.state };
        assert_eq!((stored.row.state, stored.row.attempt), (end, report.fence.attempt));
        if !is_stale {
            assert_eq!(
                (stored.row.reason, stored.result),
                (report.step.reason, report.result.clone())
            );
        }
    }
}
