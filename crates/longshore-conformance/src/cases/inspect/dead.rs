//! The list of dead letters.

use longshore_core::{JobFilter, NewJob, Outcome, Page, Reason, State};
use longshore_store::Store;

use crate::{Crew, Disposable, failed_for_now, job, witness::*};

async fn dead(store: &dyn Store, filter: &JobFilter) -> Vec<longshore_core::JobId> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = Page::After { cursor, size: 3 };
        let listing = store.list_dead(filter, &page).await.unwrap();
        assert!(listing.items.iter().all(|row| row.state == State::Discarded));
        ids.extend(listing.items.iter().map(|row| row.id));
        cursor = listing.next;
        if cursor.is_none() {
            return ids;
        }
    }
}

/// S3-22
pub async fn dead_letters_are_listed_newest_first(db: &dyn Disposable) {
    let store = db.store();
    assert_eq!(dead(&*store, &JobFilter::default()).await, []);
    one_in_every_state(db).await;
    let crew = Crew::of(store.clone());
    let mut letters = Vec::new();
    for n in 0..8 {
        let job = NewJob { max_attempts: 1, name: Some(format!("{n}")), ..job() };
        letters.insert(0, crew.live_through(&job, failed_for_now()).await);
    }
    let found = dead(&*store, &JobFilter::default()).await;
    assert_eq!((&found[..8], found.len()), (&letters[..], 9));
    let listing =
        store.list_dead(&JobFilter::default(), &Page::At { offset: 2, limit: 3 }).await.unwrap();
    assert_eq!(listing.meta.unwrap().count, 9);
    assert_eq!(listing.items.iter().map(|row| row.id).collect::<Vec<_>>(), letters[2..5]);
    let row = &listing.items[0];
    assert_eq!((row.reason, row.attempt, row.max_attempts), (Reason::Exhausted, 1, 1));
    assert_eq!(row.error.as_ref().unwrap().message, "the crane is stuck");
    assert_eq!(*row, detail(&*store, row.id).await.row);
}

pub async fn dead_letters_are_filtered(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::who_handle(store.clone(), &[], &["a", "b"]);
    let of = |kind: &str, queue: &str| NewJob { queue: queue.into(), ..NewJob::of_kind(kind) };
    let discard = || Outcome::Discarded(Reason::Discarded);
    let a = crew.live_through(&of("a", "x"), discard()).await;
    let b = crew.live_through(&of("b", "y"), discard()).await;
    let all = JobFilter::default;
    let kinds = JobFilter { kinds_in: vec!["b".into()], ..all() };
    assert_eq!(dead(&*store, &kinds).await, [b]);
    let queues = JobFilter { queues_notin: vec!["y".into()], ..all() };
    assert_eq!(dead(&*store, &queues).await, [a]);
    let states = JobFilter { states_in: vec![State::Completed], ..all() };
    assert_eq!(dead(&*store, &states).await, [b, a], "states are ignored");
    let attempts = JobFilter { min_attempts: Some(2), ..all() };
    assert_eq!(dead(&*store, &attempts).await, []);
}
