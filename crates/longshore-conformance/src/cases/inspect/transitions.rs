//! The ledger, as its transitions show it.

use chrono::TimeDelta;
use longshore_core::{
    EventId, JobId, NewJob, Outcome, Page, Reason, State, Transition, TransitionFilter,
    TransitionId,
};
use longshore_store::Store;

use crate::{Crew, Disposable, KIND, failed_for_now, job, lane, witness::*};

async fn list(store: &dyn Store, filter: &TransitionFilter, size: u32) -> Vec<Transition> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let listing = store.list_transitions(filter, &Page::After { cursor, size }).await.unwrap();
        assert!(listing.items.len() <= size as usize);
        all.extend(listing.items);
        cursor = listing.next;
        if cursor.is_none() {
            return all;
        }
    }
}

/// S0-3, S0-4
pub async fn a_history_tells_every_change_with_its_reason(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let event = EventId::new();
    let job = NewJob { event_id: Some(event), ..job() };
    crew.live_through(&job, failed_for_now()).await;
    let running = crew.take_one().await;
    let told: Vec<_> = history(&*store, job.id)
        .await
        .iter()
        .map(|it| (it.state_before, it.state_after, it.reason, it.id.ordinal, it.seq, it.attempt))
        .collect();
    use State::{Available, Retryable, Running};
    assert_eq!(
        told,
        [
            (None, Available, Reason::Received, 1, 0, 0),
            (Some(Available), Running, Reason::Claimed, 2, 1, 1),
            (Some(Running), Retryable, Reason::RetryScheduled, 3, 1, 1),
            (Some(Retryable), Running, Reason::Claimed, 4, 2, 2),
        ]
    );
    crew.report(&running, Outcome::Completed).await;

    let history = history(&*store, job.id).await;
    assert!(history.iter().all(|it| it.job_id == job.id && it.event_id == Some(event)));
    let workers: Vec<_> = history.iter().map(|it| it.worker_id).collect();
    assert_eq!(workers, [None, Some(crew.id()), Some(crew.id()), Some(crew.id()), Some(crew.id())]);
    let errors: Vec<_> = history.iter().map(|it| it.error.is_some()).collect();
    assert_eq!(errors, [false, false, true, false, false]);
    assert!(history.is_sorted_by_key(|it| it.at), "the database's clock goes on");
}

/// S0-5, I2: every job of every history.
pub async fn the_chain_of_states_is_contiguous_for_every_state(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let ids = jobs.map(|(_, id)| id);
    store.retry(&ids).await.unwrap();
    store.release(&ids).await.unwrap();
    for id in ids {
        let history = history(&*store, id).await;
        assert_eq!(history[0].state_before, None);
        for pair in history.windows(2) {
            assert_eq!(pair[1].state_before, Some(pair[0].state_after), "{history:?}");
            assert!(pair[0].id < pair[1].id);
        }
        let row = detail(&*store, id).await.row;
        let last = history.last().unwrap();
        assert_eq!(
            (last.state_after, last.reason, last.at),
            (row.state, row.reason, row.changed_at)
        );
    }
}

/// A job that came due in between was scheduled when it was claimed: the ledger does not guess.
pub async fn a_scheduled_job_is_claimed_from_scheduled(db: &dyn Disposable) {
    let store = db.store();
    let job = NewJob { due: longshore_core::Due::In(std::time::Duration::from_secs(60)), ..job() };
    enqueue(&*store, &job).await;
    let due_at = detail(&*store, job.id).await.row.due_at.unwrap();
    let crew = Crew::of(store.clone());
    let claimed = crew.take_at(1, due_at).await.remove(0);
    assert_eq!(claimed.standing.from, State::Scheduled);
    crew.report(&claimed, Outcome::Completed).await;
    let states: Vec<_> = history(&*store, job.id).await.iter().map(|it| it.state_after).collect();
    assert_eq!(states, [State::Scheduled, State::Running, State::Completed]);
    assert_eq!(history(&*store, job.id).await[1].state_before, Some(State::Scheduled));
}

/// S0-8: a transition has one id for its whole life, and is found by it.
pub async fn a_transition_is_found_by_its_id_before_and_after_the_attempt_closes(
    db: &dyn Disposable,
) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let event_id = Some(EventId::new());
    enqueue(&*store, &NewJob { event_id, ..job() }).await;
    let claimed = crew.take_one().await;
    let open = history(&*store, claimed.id).await;
    assert_eq!(open.len(), 2);
    crew.report(&claimed, failed_for_now()).await;
    let closed = history(&*store, claimed.id).await;
    assert_eq!(closed[..2], open[..]);
    for transition in &closed {
        let id: TransitionId = transition.id.to_string().parse().unwrap();
        assert_eq!(store.transition(id).await.unwrap().as_ref(), Some(transition));
    }
    let unknown = [(claimed.id, 0), (claimed.id, 4), (claimed.id, 999), (JobId::new(), 1)];
    for (job, ordinal) in unknown {
        assert_eq!(store.transition(TransitionId { job, ordinal }).await.unwrap(), None);
    }
}

/// S0-8: an open claim is found by its id too.
pub async fn an_open_claim_is_found_by_its_id(db: &dyn Disposable) {
    let store = db.store();
    enqueue(&*store, &job()).await;
    let claimed = Crew::of(store.clone()).take_one().await;
    let claim =
        store.transition(TransitionId { job: claimed.id, ordinal: 2 }).await.unwrap().unwrap();
    assert_eq!((claim.state_before, claim.state_after), (Some(State::Available), State::Running));
    assert_eq!(claim.at, claimed.claimed_at);
}

/// Newest job first, within a job newest first; a walk meets each once.
pub async fn a_walk_meets_each_transition_once(db: &dyn Disposable) {
    let store = db.store();
    one_in_every_state(db).await;
    let everything = list(&*store, &TransitionFilter::default(), 1000).await;
    assert!(everything.is_sorted_by(|a, b| a.id > b.id));
    assert_eq!(everything.len(), 8 + 5 + 4, "arrivals, claims and outcomes");
    for size in [1, 2, 5] {
        assert_eq!(list(&*store, &TransitionFilter::default(), size).await, everything);
    }
    let page = Page::At { offset: 3, limit: 4 };
    let listing = store.list_transitions(&TransitionFilter::default(), &page).await.unwrap();
    assert_eq!(listing.items, everything[3..7]);
    assert_eq!(listing.meta.unwrap().count, 17);
}

/// S0-17, S0-18
pub async fn transitions_are_filtered(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let everything = list(&*store, &TransitionFilter::default(), 1000).await;
    let all = TransitionFilter::default;
    let expect = async |filter: TransitionFilter, keep: &dyn Fn(&Transition) -> bool| {
        let expected: Vec<_> = everything.iter().filter(|it| keep(it)).cloned().collect();
        assert!(!expected.is_empty());
        assert_eq!(list(&*store, &filter, 3).await, expected, "{filter:?}");
    };
    let running = vec![State::Running, State::Completed];
    expect(TransitionFilter { states_in: running.clone(), ..all() }, &|it| {
        running.contains(&it.state_after)
    })
    .await;
    expect(TransitionFilter { states_notin: running.clone(), ..all() }, &|it| {
        !running.contains(&it.state_after)
    })
    .await;
    expect(TransitionFilter { min_attempts: Some(1), ..all() }, &|it| it.attempt >= 1).await;
    expect(TransitionFilter { max_attempts: Some(0), ..all() }, &|it| it.attempt == 0).await;
    let at = everything[5].at;
    expect(TransitionFilter { created_before: Some(at), ..all() }, &|it| it.at < at).await;
    let moment = TimeDelta::microseconds(1);
    expect(TransitionFilter { created_after: Some(at - moment), ..all() }, &|it| it.at >= at).await;
    let (_, id) = jobs[State::Completed as usize];
    let short_cut = TransitionFilter { job_id: Some(id), states_in: vec![State::Held], ..all() };
    expect(short_cut, &|it| it.job_id == id).await;
}

/// One ledger row an attempt, and none for a claim that is still open.
pub async fn the_ledger_grows_by_two_transitions_an_attempt(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::who_handle(store.clone(), &["default"], &[KIND]);
    let job = NewJob { max_attempts: 50, ..job() };
    enqueue(&*store, &job).await;
    for attempt in 1..=30 {
        let lane = lane("default", "default", job.priority);
        let claimed = store.claim(&crew.claim(&[lane], 1)).await.unwrap().remove(0);
        assert_eq!((claimed.standing.attempt, claimed.standing.seq), (attempt, attempt));
        crew.report(&claimed, failed_for_now()).await;
    }
    let history = history(&*store, job.id).await;
    assert_eq!(history.len(), 61);
    assert_eq!(history.last().unwrap().id.ordinal, 61);
}
