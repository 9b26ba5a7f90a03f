//! A completion ends what waits for the same thing, if it was asked to.

use std::time::Duration;

use longshore_core::{
    Because, Due, Invalid, JobId, NewJob, Outcome, Reason, Scope, State, explain,
};
use longshore_store::{ErrorKind, Finished, Store};

use crate::{
    Crew, Disposable, cases::produce::keyed, failed, failed_for_an_hour, failed_for_now, finish,
    job, witness::*,
};

const ORDER: &str = "order-7";
const HOUR: Duration = Duration::from_secs(3600);

/// A job that waits for the same thing as others.
fn related() -> NewJob {
    NewJob { correlation_id: Some(ORDER.into()), ..job() }
}

/// One of them whose completion is enough.
fn closer() -> NewJob {
    NewJob { completes_siblings: true, priority: longshore_core::Priority::HIGHEST, ..related() }
}

/// One that waits for another day, so that no claim takes it.
fn later() -> NewJob {
    NewJob { due: Due::In(HOUR), ..related() }
}

/// Runs a closer to its end and says what became of the report.
async fn run_closer(store: &dyn Store, crew: &Crew, outcome: Outcome) -> Finished {
    let job = closer();
    enqueue(store, &job).await;
    let claimed = store.claim(&crew.claim(&[job.lane()], 1)).await.unwrap().remove(0);
    assert_eq!(claimed.siblings.as_deref(), Some(ORDER));
    crew.report(&claimed, outcome).await
}

async fn reason(store: &dyn Store, id: JobId) -> (State, Reason) {
    let row = detail(store, id).await.row;
    (row.state, row.reason)
}

/// S2-22: jobs of the tenant and the correlation id that wait are closed, in any queue, and no others.
pub async fn a_completion_closes_what_waits_for_the_same_thing(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let of = |state: State| NewJob { queue: state.as_str().into(), ..related() };
    let scheduled = NewJob { due: Due::In(HOUR), ..of(State::Scheduled) };
    let available = of(State::Available);
    let running = of(State::Running);
    let others = [
        NewJob { held: true, ..of(State::Held) },
        NewJob { tenant: "other".into(), ..related() },
        NewJob { correlation_id: Some("ORDER-7".into()), ..job() },
        job(),
    ];
    for job in [&scheduled, &available, &running].into_iter().chain(&others) {
        enqueue(&*store, job).await;
    }
    let taken = store.claim(&crew.claim(&[running.lane()], 1)).await.unwrap();
    let retryable = crew.live_through(&of(State::Retryable), failed_for_an_hour()).await;
    let over = [
        crew.live_through(&of(State::Completed), Outcome::Completed).await,
        crew.live_through(&of(State::Cancelled), Outcome::Cancelled).await,
        crew.live_through(&of(State::Discarded), Outcome::Discarded(Reason::Declined)).await,
    ];
    let left: Vec<JobId> =
        others.iter().map(|job| job.id).chain(over).chain([running.id]).collect();
    let before = store.jobs(&left).await.unwrap();

    assert_eq!(run_closer(&*store, &crew, Outcome::Completed).await, Finished::Recorded);

    assert_eq!(store.jobs(&left).await.unwrap(), before, "nothing else changed");
    let ends = [
        (scheduled.id, State::Scheduled, 0),
        (available.id, State::Available, 0),
        (retryable, State::Retryable, 1),
    ];
    for (id, before, attempt) in ends {
        let stored = detail(&*store, id).await;
        assert_eq!((stored.row.state, stored.row.reason), (State::Completed, Reason::Correlated));
        assert_eq!((stored.row.attempt, stored.row.due_at), (attempt, None));
        assert_eq!((stored.result, stored.row.error), (None, None));
        let history = history(&*store, id).await;
        let last = history.last().unwrap();
        assert_eq!((last.state_before, last.state_after), (Some(before), State::Completed));
        assert_eq!(
            (last.reason, last.attempt, last.seq),
            (Reason::Correlated, attempt, attempt + 1)
        );
        assert_eq!((last.worker_id, &last.error), (None, &None));
        assert_eq!(store.transition(last.id).await.unwrap().as_ref(), Some(last));
        let facts = store.circumstances(id).await.unwrap().unwrap();
        let reason = Some(Reason::Correlated);
        assert_eq!(explain(&facts), [Because::Terminal { state: State::Completed, reason }]);
    }
    assert_eq!(crew.report(&taken[0], Outcome::Completed).await, Finished::Recorded);
    assert!(crew.take_at(10, taken[0].claimed_at + chrono::TimeDelta::days(1)).await.len() <= 2);
}

/// Without the wish, without a completion, or too late: nobody else is touched.
pub async fn only_a_completion_with_the_wish_closes_others(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let waiting = enqueue(&*store, &later()).await;
    crew.live_through(&NewJob { queue: "plain".into(), ..related() }, Outcome::Completed).await;
    let declined = Outcome::Discarded(Reason::Declined);
    let outcomes = [failed_for_an_hour(), declined, Outcome::Snoozed(HOUR), Outcome::Cancelled];
    for outcome in outcomes {
        assert_eq!(run_closer(&*store, &crew, outcome).await, Finished::Recorded);
        assert_eq!(state(&*store, waiting).await, State::Scheduled);
    }
    let job = closer();
    enqueue(&*store, &job).await;
    let claimed = store.claim(&crew.claim(&[job.lane()], 1)).await.unwrap().remove(0);
    let soon = claimed.claimed_at + chrono::TimeDelta::minutes(1);
    store.rescue(10, 3, Some(soon)).await.unwrap();
    assert_eq!(crew.report(&claimed, Outcome::Completed).await, Finished::Stale);
    assert_eq!(state(&*store, waiting).await, State::Scheduled);
}

pub async fn a_closed_sibling_frees_its_key(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let with = |key, scope| NewJob {
        due: Due::In(HOUR),
        correlation_id: Some(ORDER.into()),
        ..keyed(key, scope)
    };
    enqueue(&*store, &with("a", Scope::UntilTerminal)).await;
    enqueue(&*store, &with("b", Scope::Forever)).await;
    assert_eq!(run_closer(&*store, &crew, Outcome::Completed).await, Finished::Recorded);

    enqueue(&*store, &keyed("a", Scope::UntilTerminal)).await;
    let again = store.enqueue(&[keyed("b", Scope::Forever)]).await.unwrap();
    assert!(again[0].is_duplicate(), "a key for ever stays taken");
}

/// Siblings are found by a correlation id.
pub async fn a_wish_without_a_correlation_id_is_refused(db: &dyn Disposable) {
    let store = db.store();
    let lonely = NewJob { correlation_id: None, ..closer() };
    let error = store.enqueue(&[job(), lonely]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains(&Invalid::NoCorrelation.to_string()), "{error}");
    assert!(Crew::of(store.clone()).take(1).await.is_empty(), "nothing is stored");
}

/// The wish is stored with the job: it outlives a release, a failure, and a retry by hand.
pub async fn a_wish_to_close_siblings_stays_with_its_job(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let waiting = enqueue(&*store, &later()).await;
    let held = NewJob { held: true, ..closer() };
    let id = enqueue(&*store, &held).await;
    assert!(detail(&*store, id).await.completes_siblings);
    assert!(!detail(&*store, waiting).await.completes_siblings);
    store.release(&[id]).await.unwrap();
    for outcome in [failed_for_now(), Outcome::Discarded(Reason::Declined), Outcome::Completed] {
        assert_eq!(state(&*store, waiting).await, State::Scheduled);
        store.retry(&[id]).await.unwrap();
        let claimed = store.claim(&crew.claim(&[held.lane()], 1)).await.unwrap().remove(0);
        assert_eq!(crew.report(&claimed, outcome).await, Finished::Recorded);
    }
    assert_eq!(reason(&*store, waiting).await, (State::Completed, Reason::Correlated));
}

/// All attempts of a call are closed first: what one of them left waiting is a sibling like any other.
pub async fn siblings_of_one_call_end_alike_in_any_order(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    for order in [[0, 1, 2], [2, 1, 0]] {
        let jobs = [closer(), closer(), NewJob { priority: closer().priority, ..related() }];
        store.enqueue(&jobs).await.unwrap();
        let claimed = store.claim(&crew.claim(&[jobs[0].lane()], 3)).await.unwrap();
        let outcomes = [Outcome::Completed, Outcome::Completed, failed()];
        let mut reports = Vec::new();
        for place in order {
            let job = claimed.iter().find(|it| it.id == jobs[place].id).unwrap();
            reports.push(finish(job, outcomes[place].clone()));
        }
        assert_eq!(store.finish(&reports).await.unwrap(), [Finished::Recorded; 3]);
        for (place, expected) in
            [Reason::Ok, Reason::Ok, Reason::Correlated].into_iter().enumerate()
        {
            assert_eq!(reason(&*store, jobs[place].id).await, (State::Completed, expected));
        }
        assert_eq!(history(&*store, jobs[2].id).await.len(), 4);
    }
}

/// Closing races with claiming: a job either runs or is closed, never both.
pub async fn a_closing_that_races_with_claims_is_exact(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let crew = Crew::of(store.clone());
    let jobs: Vec<_> = (0..100).map(|_| related()).collect();
    store.enqueue(&jobs).await.unwrap();
    let claims = tokio::spawn(async move {
        let crew = Crew::of(other);
        let mut taken = Vec::new();
        for _ in 0..20 {
            taken.extend(crew.take(5).await.iter().map(|it| it.id));
        }
        taken
    });
    assert_eq!(run_closer(&*store, &crew, Outcome::Completed).await, Finished::Recorded);
    let taken = claims.await.unwrap();
    for job in &jobs {
        match reason(&*store, job.id).await {
            (State::Running, _) => assert!(taken.contains(&job.id)),
            (State::Completed, Reason::Correlated) => assert!(!taken.contains(&job.id), "both"),
            other => panic!("{other:?}"),
        }
    }
}

/// Two that end at once neither wait for each other nor close a job twice.
pub async fn racing_completions_close_each_sibling_once(db: &dyn Disposable) {
    let stores = [db.store(), db.another().await];
    let crew = Crew::of(stores[0].clone());
    for _ in 0..5 {
        let waiting: Vec<_> = (0..20).map(|_| later()).collect();
        stores[0].enqueue(&waiting).await.unwrap();
        let closers: Vec<_> = (0..8).map(|_| closer()).collect();
        stores[0].enqueue(&closers).await.unwrap();
        let claimed = stores[0].claim(&crew.claim(&[closer().lane()], 8)).await.unwrap();
        assert_eq!(claimed.len(), 8);
        let ends = claimed.into_iter().enumerate().map(|(n, claimed)| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move {
                store.finish(&[finish(&claimed, Outcome::Completed)]).await.unwrap()
            })
        });
        for end in ends.collect::<Vec<_>>() {
            assert_eq!(end.await.unwrap(), [Finished::Recorded]);
        }
        for job in waiting {
            let history = history(&*stores[0], job.id).await;
            assert_eq!((history.len(), history[1].reason), (2, Reason::Correlated));
        }
    }
}

pub async fn ten_thousand_siblings_are_closed_at_once(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs: Vec<_> = (0..10_000).map(|_| later()).collect();
    for part in jobs.chunks(1000) {
        store.enqueue(part).await.unwrap();
    }
    assert_eq!(run_closer(&*store, &crew, Outcome::Completed).await, Finished::Recorded);
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    for part in ids.chunks(1000) {
        let settled = store.settled(part).await.unwrap();
        assert!(settled.iter().flatten().filter(|it| it.state == State::Completed).count() == 1000);
    }
    assert_eq!(history(&*store, ids[9_999]).await.len(), 2);
}
