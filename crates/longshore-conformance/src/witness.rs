//! What a store says about single jobs, and jobs in every state to ask it about.

use std::time::Duration;

use longshore_core::{
    Due, JobFilter, JobId, NewJob, Outcome, Page, Reason, State, Transition, TransitionFilter,
};
use longshore_store::{Enqueued, JobDetail, JobRow, Store};

use crate::{Crew, failed_for_an_hour, job};

/// A job with everything.
///
/// # Panics
/// If there is no such job.
pub async fn detail(store: &dyn Store, id: JobId) -> JobDetail {
    let found = store.jobs(&[id]).await.expect("a look-up works").pop().flatten();
    found.expect("the job is there")
}

/// Where a job stands now.
pub async fn state(store: &dyn Store, id: JobId) -> State {
    detail(store, id).await.row.state
}

/// The transitions of a job, oldest first.
pub async fn history(store: &dyn Store, id: JobId) -> Vec<Transition> {
    let filter = TransitionFilter { job_id: Some(id), ..TransitionFilter::default() };
    let listing = store.list_transitions(&filter, &Page::first(1000)).await;
    let mut transitions = listing.expect("a list works").items;
    transitions.reverse();
    transitions
}

/// All jobs that match, newest first, by walking the pages.
pub async fn all_jobs(store: &dyn Store, filter: &JobFilter) -> Vec<JobRow> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = Page::After { cursor, size: 1000 };
        let listing = store.list_jobs(filter, &page).await.expect("a list works");
        rows.extend(listing.items);
        cursor = listing.next;
        if cursor.is_none() {
            return rows;
        }
    }
}

/// Stores one job that is not there yet.
pub async fn enqueue(store: &dyn Store, job: &NewJob) -> JobId {
    let outcome = store.enqueue(std::slice::from_ref(job)).await.expect("the job is stored");
    assert_eq!(outcome, [Enqueued::Created(job.id)]);
    job.id
}

/// One job in each state, in the order of the states, each in the queue that is named after its state.
pub async fn one_in_every_state(db: &dyn crate::Disposable) -> [(State, JobId); 8] {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let of = |state: State| NewJob { queue: state.as_str().into(), ..job() };
    let in_an_hour = Due::In(Duration::from_secs(3600));

    let held = NewJob { held: true, ..of(State::Held) };
    let scheduled = NewJob { due: in_an_hour, ..of(State::Scheduled) };
    let available = of(State::Available);
    for job in [&held, &scheduled, &available] {
        enqueue(&*store, job).await;
    }
    let running = of(State::Running);
    enqueue(&*store, &running).await;
    let taken = store.claim(&crew.claim(&[running.lane()], 1)).await.expect("a claim works");
    assert_eq!(taken.len(), 1);
    let retryable = crew.live_through(&of(State::Retryable), failed_for_an_hour()).await;
    let completed = crew.live_through(&of(State::Completed), Outcome::Completed).await;
    let cancelled = crew.live_through(&of(State::Cancelled), Outcome::Cancelled).await;
    let discard = Outcome::Discarded(Reason::Discarded);
    let discarded = crew.live_through(&of(State::Discarded), discard).await;

    let ids = [
        held.id,
        scheduled.id,
        available.id,
        running.id,
        retryable,
        completed,
        cancelled,
        discarded,
    ];
    let all = std::array::from_fn(|place| (State::ALL[place], ids[place]));
    for (expected, id) in all {
        assert_eq!(state(&*store, id).await, expected);
    }
    all
}
