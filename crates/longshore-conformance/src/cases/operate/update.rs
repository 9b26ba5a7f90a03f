//! Changing jobs that wait.

use std::collections::{BTreeMap, HashMap};

use longshore_core::{
    Invalid, JobFilter, JobId, JobUpdate, Label, Labels, Limits, NewJob, Outcome, Payload, Reason,
    State,
};
use longshore_store::{Deleted, ErrorKind, Released, Retried, Store, Updated};

use crate::{Crew, Disposable, job, witness::*};

fn json(text: &str) -> Payload {
    Payload::parse(text).unwrap()
}

/// A new payload and nothing else.
fn payload(text: &str) -> JobUpdate {
    JobUpdate { payload: Some(json(text)), ..JobUpdate::default() }
}

fn labels(changes: &[(&str, Option<Label>)]) -> BTreeMap<String, Option<Label>> {
    changes.iter().map(|(name, label)| ((*name).to_owned(), label.clone())).collect()
}

async fn found_by(store: &dyn Store, name: &str, label: impl Into<Label>) -> Vec<JobId> {
    let labels = [(name.to_owned(), label.into())].into();
    let rows = all_jobs(store, &JobFilter { labels, ..JobFilter::default() }).await;
    rows.into_iter().map(|row| row.id).collect()
}

/// S2-23: payload and labels, each for itself; everything else stays, the ledger, too.
pub async fn an_update_changes_what_it_names_and_nothing_else(db: &dyn Disposable) {
    let store = db.store();
    let job = crate::cases::produce::job_with_everything();
    enqueue(&*store, &job).await;
    let mut expected = detail(&*store, job.id).await;
    let before = history(&*store, job.id).await;
    let mut step = async |update: JobUpdate, new: Option<&str>, labels: &Labels| {
        assert_eq!(store.update(job.id, &update).await.unwrap(), Updated::Done);
        expected.payload = new.map_or(expected.payload.clone(), json);
        expected.labels.clone_from(labels);
        assert_eq!(detail(&*store, job.id).await, expected);
    };
    step(JobUpdate::default(), None, &job.labels).await;
    step(payload(r#"{"b": "ü"}"#), Some(r#"{"b": "ü"}"#), &job.labels).await;

    let mut after = job.labels.clone();
    after.insert("weight".into(), 8.into());
    after.insert("port".into(), "Rønne".into());
    let changes = labels(&[("weight", Some(8.into())), ("port", Some("Rønne".into()))]);
    step(JobUpdate { payload: None, labels: changes }, None, &after).await;
    assert_eq!(found_by(&*store, "weight", 8).await, [job.id]);
    assert_eq!(found_by(&*store, "port", "Rønne").await, [job.id]);
    assert_eq!(found_by(&*store, "ship", "Ada").await, [job.id], "it was not named");
    assert!(found_by(&*store, "weight", -7).await.is_empty(), "it has another value now");

    let none = labels(&[("weight", None), ("port", None), ("ship", None), ("unknown", None)]);
    let both = JobUpdate { payload: Some(json("7")), labels: none };
    step(both, Some("7"), &Labels::new()).await;
    assert!(found_by(&*store, "ship", "Ada").await.is_empty());
    assert_eq!(history(&*store, job.id).await, before);
    let claim = Crew::of(store.clone()).claim(&[job.lane()], 1);
    let claimed = store.claim(&claim).await.unwrap().remove(0);
    assert_eq!((claimed.payload.as_str(), claimed.labels), ("7", Labels::new()));
}

/// S2-23: an unknown job is told apart; what runs or is over is left alone.
pub async fn an_update_reaches_what_waits_and_nothing_else(db: &dyn Disposable) {
    let store = db.store();
    let labels = labels(&[("new", Some(1.into()))]);
    let update = JobUpdate { labels, ..payload("[1]") };
    for (state, id) in one_in_every_state(db).await {
        let before = detail(&*store, id).await;
        let refused = matches!(state, State::Running | State::Completed | State::Cancelled);
        let expected = if refused { Updated::Refused(state) } else { Updated::Done };
        assert_eq!(store.update(id, &update).await.unwrap(), expected, "{state}");
        let after = detail(&*store, id).await;
        assert_eq!(after.row, before.row);
        assert_eq!((after.payload == before.payload, after.labels.is_empty()), (refused, refused));
        if state == State::Discarded {
            assert_eq!(store.delete_dead(&[id]).await.unwrap(), [Deleted::Done]);
            let over = Updated::Refused(State::Discarded);
            assert_eq!(store.update(id, &update).await.unwrap(), over, "it is no letter any more");
        }
    }
    assert_eq!(found_by(&*store, "new", 1).await.len(), 5);
    assert_eq!(store.update(JobId::new(), &update).await.unwrap(), Updated::NotFound);
}

/// Checked like an enqueue, with nothing changed.
pub async fn an_update_keeps_the_limits(db: &dyn Disposable) {
    let store = db.store();
    let many: Labels = (1..Limits::MOST_LABELS).map(|n| (format!("n{n}"), 1.into())).collect();
    let job = NewJob { labels: many.clone(), ..job() };
    enqueue(&*store, &job).await;
    let text = |text: &str| Payload::stored(text.into());
    let large = format!("\"{}\"", "x".repeat(store.limits().payload_bytes - 1));
    let deep = "[".repeat(128) + &"]".repeat(128);
    let bad = [text(&large), text(&deep), text("{"), text(r#""\u0000""#), text(r#""\ud800""#)];
    let mut bad: Vec<_> =
        bad.map(|payload| JobUpdate { payload: Some(payload), ..JobUpdate::default() }).into();
    let long = "x".repeat(Limits::KEY_BYTES + 1);
    for text in ["", "a\0b", &long] {
        let (name, value) =
            (labels(&[(text, Some(1.into()))]), labels(&[("a", Some(text.into()))]));
        bad.extend([name, value].map(|labels| JobUpdate { labels, ..payload("1") }));
    }
    // One more is fine, two are not.
    let two = labels(&[("a", Some(1.into())), ("b", Some(1.into()))]);
    bad.push(JobUpdate { labels: two, ..payload("1") });
    for update in bad {
        let error = store.update(job.id, &update).await.expect_err("it breaks a limit");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{update:?}");
    }
    let found = detail(&*store, job.id).await;
    assert_eq!((found.payload, found.labels), (job.payload, many));
    let one = JobUpdate { labels: labels(&[("a", Some(1.into()))]), ..JobUpdate::default() };
    assert_eq!(store.update(job.id, &one).await.unwrap(), Updated::Done);
    let too_many = Invalid::Labels { given: 33, max: 32 };
    assert!(too_many.to_string().contains("at most 32"), "{too_many}");
}

/// A broken payload is mended where it lies; the retry runs with the new one.
pub async fn a_mended_dead_letter_runs_with_its_new_payload(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let broken = NewJob { payload: json(r#"{"to": 7}"#), ..job() };
    let letter = crew.live_through(&broken, Outcome::Discarded(Reason::Undecodable)).await;
    let mended = payload(r#"{"to": "ada@example.com"}"#);
    assert_eq!(store.update(letter, &mended).await.unwrap(), Updated::Done);
    assert_eq!(state(&*store, letter).await, State::Discarded);
    assert_eq!(store.retry(&[letter]).await.unwrap(), [Retried::Done]);
    let claimed = crew.take_one().await;
    assert_eq!(Some(claimed.payload), mended.payload);
}

/// Updating races with claiming: an attempt has the new payload, or the update is refused.
pub async fn an_update_that_races_with_claims_is_exact(db: &dyn Disposable) {
    const JOBS: usize = 300;
    let (store, other) = (db.store(), db.another().await);
    let jobs: Vec<_> = (0..JOBS).map(|_| NewJob { payload: json("0"), ..job() }).collect();
    store.enqueue(&jobs).await.unwrap();
    let claims = tokio::spawn(async move {
        let crew = Crew::of(other);
        let mut taken: HashMap<JobId, Payload> = HashMap::new();
        while taken.len() < JOBS {
            taken.extend(crew.take(2).await.into_iter().map(|it| (it.id, it.payload)));
        }
        taken
    });
    let mut outcomes = Vec::new();
    // Both go through the line in one order, so that they meet again and again.
    for job in &jobs {
        outcomes.push(store.update(job.id, &payload("1")).await.unwrap());
    }
    let taken = claims.await.unwrap();
    for (job, outcome) in jobs.iter().zip(outcomes) {
        let expected = match outcome {
            Updated::Done => json("1"),
            Updated::Refused(State::Running) => json("0"),
            other => panic!("{other:?}"),
        };
        assert_eq!(taken[&job.id], expected, "{outcome:?}");
        assert_eq!(detail(&*store, job.id).await.payload, expected, "{outcome:?}");
    }
}

/// A claim of a thousand jobs is a while on its way to the last of them: an update that commits ahead of it
/// is seen.
pub async fn an_update_ahead_of_a_large_claim_is_seen(db: &dyn Disposable) {
    const JOBS: usize = 1000;
    let (store, crew) = (db.store(), Crew::of(db.another().await));
    for _ in 0..5 {
        let jobs: Vec<_> = (0..JOBS).map(|_| NewJob { payload: json("0"), ..job() }).collect();
        store.enqueue(&jobs).await.unwrap();
        let crew = crew.clone();
        let claims = tokio::spawn(async move {
            let mut taken: HashMap<JobId, Payload> = HashMap::new();
            // What was locked for an update is passed over, and taken by the next one.
            while taken.len() < JOBS {
                let claimed = crew.take(JOBS as u32).await;
                taken.extend(claimed.into_iter().map(|it| (it.id, it.payload)));
            }
            taken
        });
        let mut changed = Vec::new();
        for job in jobs.iter().rev() {
            match store.update(job.id, &payload("1")).await.unwrap() {
                Updated::Done => changed.push(job.id),
                Updated::Refused(State::Running) => break,
                other => panic!("{other:?}"),
            }
        }
        let taken = claims.await.unwrap();
        for id in changed {
            assert_eq!(taken[&id], json("1"));
        }
    }
}

/// A held job is in no line; an update and a release that meet, and the claim after them, agree all the same.
pub async fn an_update_that_races_with_a_release_is_exact(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let crew = Crew::of(db.another().await);
    for _ in 0..60 {
        let job = NewJob { payload: json("0"), held: true, ..job() };
        enqueue(&*store, &job).await;
        let released = async {
            assert_eq!(other.release(&[job.id]).await.unwrap(), [Released::Done]);
            loop {
                // A claim passes over what is locked for an update.
                if let Some(claimed) = crew.take(1).await.pop() {
                    break claimed;
                }
            }
        };
        let update = payload("1");
        let (outcome, claimed) = tokio::join!(store.update(job.id, &update), released);
        let expected = match outcome.unwrap() {
            Updated::Done => json("1"),
            Updated::Refused(State::Running) => json("0"),
            other => panic!("{other:?}"),
        };
        assert_eq!(claimed.payload, expected);
        assert_eq!(detail(&*store, job.id).await.payload, expected);
    }
}

/// Two who change one job at once both have their way.
pub async fn racing_updates_all_count(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let job = NewJob { held: true, ..job() };
    enqueue(&*store, &job).await;
    let mut updates = tokio::task::JoinSet::new();
    for number in 0..10 {
        let store = if number % 2 == 0 { store.clone() } else { other.clone() };
        let labels = labels(&[(&format!("n{number}"), Some(number.into()))]);
        let update = JobUpdate { payload: None, labels };
        updates.spawn(async move { store.update(job.id, &update).await });
    }
    while let Some(updated) = updates.join_next().await {
        assert_eq!(updated.unwrap().unwrap(), Updated::Done);
    }
    assert_eq!(detail(&*store, job.id).await.labels.len(), 10);
    for number in 0..10 {
        assert_eq!(found_by(&*store, &format!("n{number}"), number).await, [job.id]);
    }
}
