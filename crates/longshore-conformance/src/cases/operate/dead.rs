//! Deleting dead letters.

use longshore_core::{JobFilter, JobId, Page, State};
use longshore_store::{Deleted, Retried};

use crate::{Disposable, witness::*};

pub async fn only_dead_letters_are_deleted(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let mut ids: Vec<_> = jobs.iter().map(|(_, id)| *id).collect();
    ids.push(JobId::new());
    let outcomes = store.delete_dead(&ids).await.unwrap();
    for (place, (state, id)) in jobs.iter().enumerate() {
        let expected = match state {
            State::Discarded => Deleted::Done,
            state => Deleted::Refused(*state),
        };
        assert_eq!(outcomes[place], expected);
        assert_eq!(self::state(&*store, *id).await, *state, "nobody's state changes");
    }
    assert_eq!(outcomes[8], Deleted::NotFound);
}

/// It is no dead letter any more, but it did not vanish: its ledger stays.
pub async fn a_deleted_letter_stays_discarded_with_its_ledger(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let (_, id) = jobs[State::Discarded as usize];
    let before = (detail(&*store, id).await.row, history(&*store, id).await);
    store.delete_dead(&[id]).await.unwrap();
    assert_eq!((detail(&*store, id).await.row, history(&*store, id).await), before);
    let dead = store.list_dead(&JobFilter::default(), &Page::default()).await.unwrap();
    assert_eq!(dead.items, []);
    let again = store.delete_dead(&[id]).await.unwrap();
    assert_eq!(again, [Deleted::Refused(State::Discarded)]);
    assert_eq!(store.retry(&[id]).await.unwrap(), [Retried::Refused(State::Discarded)]);
    let discarded = JobFilter { states_in: vec![State::Discarded], ..JobFilter::default() };
    assert_eq!(all_jobs(&*store, &discarded).await.len(), 1);
}
