//! At most one job for each key, within its scope.

use std::time::Duration;

use longshore_core::{JobId, NewJob, Outcome, Reason, Scope, Unique};
use longshore_store::{Cancelled, Enqueued, Store};

use crate::{Crew, Disposable, LEASE, failed, job, witness::*};

pub(crate) fn keyed(key: &str, scope: Scope) -> NewJob {
    NewJob { unique: Some(Unique { key: key.into(), scope }), ..job() }
}

async fn store_one(store: &dyn Store, job: &NewJob) -> Enqueued {
    store.enqueue(std::slice::from_ref(job)).await.unwrap().remove(0)
}

/// S3-15
pub async fn a_taken_key_answers_with_the_job_that_has_it(db: &dyn Disposable) {
    let store = db.store();
    let first = enqueue(&*store, &keyed("k", Scope::UntilTerminal)).await;
    for scope in [Scope::UntilTerminal, Scope::Forever, Scope::For(Duration::from_secs(60))] {
        assert_eq!(store_one(&*store, &keyed("k", scope)).await, Enqueued::Duplicate(first));
    }
    assert_eq!(Crew::of(store).take(10).await.len(), 1);
}

/// S3-15
pub async fn fifty_racing_enqueues_of_one_key_make_one_job(db: &dyn Disposable) {
    let stores = [db.store(), db.another().await];
    let race = (0..50).map(|n| {
        let store = stores[n % 2].clone();
        tokio::spawn(async move {
            let unrelated = job();
            let outcomes = store.enqueue(&[unrelated, keyed("k", Scope::UntilTerminal)]).await;
            outcomes.unwrap()[1]
        })
    });
    let mut outcomes = Vec::new();
    for task in race.collect::<Vec<_>>() {
        outcomes.push(task.await.unwrap());
    }
    let created = outcomes.iter().filter(|outcome| !outcome.is_duplicate()).count();
    assert_eq!(created, 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| outcome.id() == outcomes[0].id()), "{outcomes:?}");
    assert_eq!(all_jobs(&*stores[0], &Default::default()).await.len(), 51);
}

/// Two producers that name the same keys in opposite order do not block each other for good.
pub async fn racing_enqueues_of_many_keys_agree(db: &dyn Disposable) {
    let stores = [db.store(), db.another().await];
    let race = (0..8).map(|n| {
        let store = stores[n % 2].clone();
        tokio::spawn(async move {
            let mut jobs: Vec<_> =
                (0..20).map(|key| keyed(&format!("key {key}"), Scope::Forever)).collect();
            if n % 2 == 0 {
                jobs.reverse();
            }
            let mut ids: Vec<_> =
                store.enqueue(&jobs).await.unwrap().into_iter().map(Enqueued::id).collect();
            if n % 2 == 0 {
                ids.reverse();
            }
            ids
        })
    });
    let mut answers: Vec<Vec<JobId>> = Vec::new();
    for task in race.collect::<Vec<_>>() {
        answers.push(task.await.unwrap());
    }
    assert!(answers.iter().all(|ids| *ids == answers[0]));
    assert_eq!(all_jobs(&*stores[0], &Default::default()).await.len(), 20);
}

pub async fn a_key_twice_in_one_call_stores_the_first(db: &dyn Disposable) {
    let store = db.store();
    let jobs = [
        keyed("a", Scope::UntilTerminal),
        keyed("b", Scope::Forever),
        keyed("a", Scope::Forever),
        keyed("b", Scope::UntilTerminal),
    ];
    let outcomes = store.enqueue(&jobs).await.unwrap();
    let [a, b] = [jobs[0].id, jobs[1].id];
    let duplicates = [Enqueued::Duplicate(a), Enqueued::Duplicate(b)];
    assert_eq!(outcomes[..2], [Enqueued::Created(a), Enqueued::Created(b)]);
    assert_eq!(outcomes[2..], duplicates);
    assert_eq!(Crew::of(store).take(10).await.len(), 2);
}

/// Keys are compared byte by byte, and each tenant has its own.
pub async fn keys_differ_by_case_spaces_accents_and_tenant(db: &dyn Disposable) {
    let store = db.store();
    let long = "x".repeat(512);
    for key in ["key", "Key", "key ", " key", "kéy", "ke\u{301}y", "key\t", "'", "%", &long] {
        enqueue(&*store, &keyed(key, Scope::UntilTerminal)).await;
    }
    enqueue(&*store, &NewJob { tenant: "other".into(), ..keyed("key", Scope::Forever) }).await;
}

/// S3-16
pub async fn a_key_until_terminal_is_free_again_when_its_job_is_over(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let ends =
        [Outcome::Completed, Outcome::Cancelled, Outcome::Discarded(Reason::Discarded), failed()];
    for end in ends {
        let job = NewJob { max_attempts: 1, ..keyed("k", Scope::UntilTerminal) };
        crew.live_through(&job, end).await;
        assert_eq!(store.holder("default", "k").await.unwrap(), None);
    }
    let waiting = enqueue(&*store, &keyed("k", Scope::UntilTerminal)).await;
    assert_eq!(store.cancel(&[waiting]).await.unwrap(), [Cancelled::Done]);

    let crashing = NewJob { max_attempts: 1, ..keyed("k", Scope::UntilTerminal) };
    enqueue(&*store, &crashing).await;
    let claimed = crew.take_one().await;
    let after = claimed.claimed_at + 2 * LEASE;
    assert_eq!(store.rescue(10, 3, Some(after)).await.unwrap().len(), 1);
    enqueue(&*store, &keyed("k", Scope::UntilTerminal)).await;
}

/// Retries, snoozes and releases are no end: the key stays taken.
pub async fn a_key_until_terminal_stays_taken_while_its_job_lives(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let lives = [failed(), Outcome::Snoozed(Duration::from_secs(60)), Outcome::Released];
    for (n, life) in lives.into_iter().enumerate() {
        let key = format!("key {n}");
        let queue = key.as_str().into();
        let job = NewJob { queue, ..keyed(&key, Scope::UntilTerminal) };
        let id = crew.live_through(&job, life).await;
        let another = keyed(&key, Scope::UntilTerminal);
        assert_eq!(store_one(&*store, &another).await, Enqueued::Duplicate(id));
        assert_eq!(store.holder("default", &key).await.unwrap(), Some(id));
    }
}

/// S3-16
pub async fn a_key_for_ever_stays_taken(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let id = crew.live_through(&keyed("k", Scope::Forever), Outcome::Completed).await;
    let again = keyed("k", Scope::UntilTerminal);
    assert_eq!(store_one(&*store, &again).await, Enqueued::Duplicate(id));
}

/// S3-16
pub async fn a_key_for_a_window_outlives_its_job_but_not_its_window(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let hour = keyed("hour", Scope::For(Duration::from_secs(3600)));
    let id = crew.live_through(&hour, Outcome::Completed).await;
    let again = keyed("hour", Scope::UntilTerminal);
    assert_eq!(store_one(&*store, &again).await, Enqueued::Duplicate(id));

    // The database's clock ends the window, so the case can only ask until it did.
    let blink = Scope::For(Duration::from_millis(1));
    let first = enqueue(&*store, &keyed("blink", blink)).await;
    for _ in 0..2000 {
        match store_one(&*store, &keyed("blink", Scope::Forever)).await {
            Enqueued::Created(second) => {
                assert_ne!(first, second);
                let last = store_one(&*store, &keyed("blink", blink)).await;
                assert_eq!(last, Enqueued::Duplicate(second), "the new job has the key now");
                return;
            }
            Enqueued::Duplicate(holder) => assert_eq!(holder, first),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the window of one millisecond never ended");
}

/// S3-17
pub async fn the_holder_of_a_key_is_its_live_job(db: &dyn Disposable) {
    let store = db.store();
    assert_eq!(store.holder("default", "k").await.unwrap(), None);
    let job = NewJob { tenant: "a".into(), ..keyed("k", Scope::UntilTerminal) };
    enqueue(&*store, &job).await;
    assert_eq!(store.holder("a", "k").await.unwrap(), Some(job.id));
    assert_eq!(store.holder("default", "k").await.unwrap(), None);
    assert_eq!(store.holder("a", "K").await.unwrap(), None);
    store.cancel(&[job.id]).await.unwrap();
    assert_eq!(store.holder("a", "k").await.unwrap(), None);
}
