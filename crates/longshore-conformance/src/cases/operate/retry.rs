//! Running jobs again, or sooner, by hand.

use longshore_core::{JobId, NewJob, Outcome, Reason, Scope, State};
use longshore_store::{Enqueued, Retried};

use crate::{Crew, Disposable, cases::produce::keyed, failed_for_now, job, witness::*};

/// S3-18
pub async fn retry_revives_the_dead_and_hurries_what_waits(db: &dyn Disposable) {
    let store = db.store();
    let jobs = one_in_every_state(db).await;
    let mut ids: Vec<_> = jobs.iter().map(|(_, id)| *id).collect();
    ids.push(JobId::new());
    let outcomes = store.retry(&ids).await.unwrap();
    use Retried::{Done, NotFound, Refused};
    assert_eq!(
        outcomes,
        [
            Refused(State::Held),
            Done,
            Refused(State::Available),
            Refused(State::Running),
            Done,
            Refused(State::Completed),
            Refused(State::Cancelled),
            Done,
            NotFound,
        ]
    );
    for ((before, id), outcome) in jobs.into_iter().zip(outcomes) {
        let row = detail(&*store, id).await.row;
        if outcome != Done {
            assert_eq!(row.state, before);
            continue;
        }
        assert_eq!((row.state, row.reason), (State::Available, Reason::RetriedByHand));
        assert_eq!(row.due_at, Some(row.changed_at));
        assert_eq!(row.error, None);
        let last = history(&*store, id).await.pop().unwrap();
        assert_eq!((last.state_before, last.state_after), (Some(before), State::Available));
        assert_eq!(last.attempt, row.attempt);
    }
    assert_eq!(store.retry(&[]).await.unwrap(), []);
}

/// I3, I4: a whole new budget, but the fence goes on.
pub async fn a_revived_job_counts_on_with_a_new_budget(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = NewJob { max_attempts: 2, ..job() };
    crew.live_through(&job, failed_for_now()).await;
    let second = crew.take_one().await;
    crew.report(&second, failed_for_now()).await;
    assert_eq!(state(&*store, job.id).await, State::Discarded);

    assert_eq!(store.retry(&[job.id]).await.unwrap(), [Retried::Done]);
    let revived = detail(&*store, job.id).await;
    assert_eq!((revived.row.attempt, revived.last_attempt), (2, 4));
    assert_eq!(revived.row.max_attempts, 2);
    let claimed = crew.take_one().await;
    let standing = claimed.standing;
    assert_eq!((standing.attempt, standing.last_attempt, standing.crashes), (3, 4, 0));
    assert_eq!(standing.seq, 4, "two attempts and the retry stand in the ledger");
    crew.report(&claimed, failed_for_now()).await;
    assert_eq!(state(&*store, job.id).await, State::Available);
    let last = crew.take_one().await;
    crew.report(&last, failed_for_now()).await;
    let row = detail(&*store, job.id).await.row;
    assert_eq!((row.state, row.reason, row.attempt), (State::Discarded, Reason::Exhausted, 4));
}

/// A hurried job keeps its tries.
pub async fn a_hurried_job_keeps_its_tries(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let id = crew.live_through(&job(), crate::failed_for_an_hour()).await;
    store.retry(&[id]).await.unwrap();
    let claimed = crew.take_one().await;
    assert_eq!((claimed.standing.attempt, claimed.standing.last_attempt), (2, 20));
    assert_eq!(claimed.standing.from, State::Available);
}

/// S3-18: no SQL error, but the live job that has the key.
pub async fn a_dead_letter_whose_key_is_taken_again_is_refused(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let discard = Outcome::Discarded(Reason::Discarded);
    let dead = crew.live_through(&keyed("k", Scope::UntilTerminal), discard).await;
    let live = enqueue(&*store, &keyed("k", Scope::UntilTerminal)).await;
    let elsewhere = NewJob { queue: "q".into(), ..job() };
    let discard = Outcome::Discarded(Reason::Discarded);
    let other = crew.live_through(&elsewhere, discard).await;
    let outcomes = store.retry(&[dead, other]).await.unwrap();
    assert_eq!(outcomes, [Retried::KeyTaken(live), Retried::Done]);
    assert_eq!(state(&*store, dead).await, State::Discarded);

    store.cancel(&[live]).await.unwrap();
    assert_eq!(store.retry(&[dead]).await.unwrap(), [Retried::Done]);
    assert_eq!(store.holder("default", "k").await.unwrap(), Some(dead), "it has its key again");
    let again = store.enqueue(&[keyed("k", Scope::UntilTerminal)]).await.unwrap();
    assert_eq!(again, [Enqueued::Duplicate(dead)]);
    let claimed = crew.take_one().await;
    crew.report(&claimed, Outcome::Completed).await;
    enqueue(&*store, &keyed("k", Scope::UntilTerminal)).await;
}

/// I6: of two dead letters with one key, one comes back.
pub async fn two_dead_letters_of_one_key_do_not_both_revive(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let discard = || Outcome::Discarded(Reason::Discarded);
    let first = crew.live_through(&keyed("k", Scope::UntilTerminal), discard()).await;
    let second = crew.live_through(&keyed("k", Scope::UntilTerminal), discard()).await;
    let outcomes = store.retry(&[second, first]).await.unwrap();
    let (winner, loser) = match outcomes[..] {
        [Retried::Done, Retried::KeyTaken(holder)] => (holder, first),
        [Retried::KeyTaken(holder), Retried::Done] => (holder, second),
        _ => panic!("{outcomes:?}"),
    };
    assert_ne!(winner, loser);
    assert_eq!(state(&*store, winner).await, State::Available);
    assert_eq!(state(&*store, loser).await, State::Discarded);
}

/// A dead letter whose key is its own for ever runs again.
pub async fn a_dead_letter_that_has_its_key_for_ever_runs_again(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let discard = Outcome::Discarded(Reason::Discarded);
    let dead = crew.live_through(&keyed("k", Scope::Forever), discard).await;
    assert_eq!(store.retry(&[dead]).await.unwrap(), [Retried::Done]);
    assert_eq!(crew.take_one().await.id, dead);
}

/// A job named twice is retried once.
pub async fn a_job_twice_in_one_call_is_retried_once(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let dead = crew.live_through(&job(), Outcome::Discarded(Reason::Discarded)).await;
    let outcomes = store.retry(&[dead, dead]).await.unwrap();
    assert_eq!(outcomes[0], Retried::Done);
    assert_eq!(history(&*store, dead).await.len(), 4);
    assert_eq!(crew.take(10).await.len(), 1);
}
