//! Finding jobs by their labels.

use longshore_core::{
    Cursor, JobFilter, JobId, Label, Labels, Limits, NewJob, Outcome, Page, Reason, State,
};
use longshore_store::{Enqueued, Store};

use crate::{Crew, Disposable, failed_for_now, job, witness::*};

fn all_of(labels: &[(&str, Label)]) -> Labels {
    labels.iter().map(|(name, label)| ((*name).to_owned(), label.clone())).collect()
}

fn labelled(labels: &[(&str, Label)]) -> NewJob {
    NewJob { labels: all_of(labels), ..job() }
}

fn with(labels: &[(&str, Label)]) -> JobFilter {
    JobFilter { labels: all_of(labels), ..JobFilter::default() }
}

async fn found(store: &dyn Store, filter: &JobFilter) -> Vec<JobId> {
    all_jobs(store, filter).await.into_iter().map(|row| row.id).collect()
}

/// S2-11, S2-40: strings and integers, each for itself and together.
pub async fn jobs_are_found_by_their_labels(db: &dyn Disposable) {
    let store = db.store();
    let jobs = [
        labelled(&[("customer", "acme".into()), ("size", 3.into()), ("weight", 4.into())]),
        labelled(&[("customer", "acme".into()), ("size", "3".into())]),
        labelled(&[("customer", "Acme".into()), ("weight", 3.into())]),
        NewJob {
            queue: "other".into(),
            ..labelled(&[("customer", "acme".into()), ("size", 3.into())])
        },
        job(),
    ];
    store.enqueue(&jobs[2..]).await.unwrap();
    store.enqueue(&jobs[..2]).await.unwrap();
    let ids = |places: &[usize]| places.iter().map(|place| jobs[*place].id).collect::<Vec<_>>();
    let keep = async |labels: &[(&str, Label)]| found(&*store, &with(labels)).await;
    assert_eq!(keep(&[("customer", "acme".into())]).await, ids(&[3, 1, 0]), "newest first");
    assert_eq!(keep(&[("size", 3.into())]).await, ids(&[3, 0]));
    assert_eq!(keep(&[("size", "3".into())]).await, ids(&[1]));
    assert_eq!(keep(&[("weight", 3.into())]).await, ids(&[2]), "integers stand for themselves");
    let both = [("customer", "acme".into()), ("size", 3.into())];
    assert_eq!(keep(&both).await, ids(&[3, 0]), "all must match");
    let three = [both.as_slice(), &[("weight", 4.into())]].concat();
    assert_eq!(keep(&three).await, ids(&[0]));
    assert_eq!(keep(&[("customer", "acme".into()), ("weight", 3.into())]).await, []);
    let here = JobFilter { queues_in: vec!["default".into()], ..with(&both) };
    assert_eq!(found(&*store, &here).await, ids(&[0]));
    let page = Page::At { offset: 1, limit: 1 };
    let listing = store.list_jobs(&with(&[("customer", "acme".into())]), &page).await.unwrap();
    assert_eq!(listing.items[0].id, jobs[1].id);
    assert_eq!(listing.meta.unwrap().count, 3);
    for (job, stored) in
        jobs.iter().zip(store.jobs(&jobs.each_ref().map(|job| job.id)).await.unwrap())
    {
        assert_eq!(stored.unwrap().labels, job.labels);
    }
}

/// Names and values are bytes; whatever may be stored is found, and nothing else.
pub async fn labels_are_told_apart_byte_by_byte(db: &dyn Disposable) {
    let store = db.store();
    let (long, escaped) = ("é".repeat(Limits::KEY_BYTES / 2), "\u{1}".repeat(Limits::KEY_BYTES));
    let texts = [
        "a", "A", "á", "a ", " a", "\"a\"", "\"", "a\\", "a\n", "'; --", "%", "_", "null", "1",
        "1.0", &long, &escaped,
    ];
    let numbers = [1, -1, 0, i64::MIN, i64::MAX, 1 << 53];
    let values = texts.map(Label::from).into_iter().chain(numbers.map(Label::from));
    let values: Vec<Label> = values.collect();
    let jobs: Vec<_> = values.iter().map(|value| labelled(&[("n", value.clone())])).collect();
    store.enqueue(&jobs).await.unwrap();
    for (job, value) in jobs.iter().zip(values) {
        assert_eq!(found(&*store, &with(&[("n", value.clone())])).await, [job.id], "{value:?}");
    }
    let jobs: Vec<_> = texts.iter().map(|name| labelled(&[(name, 1.into())])).collect();
    store.enqueue(&jobs).await.unwrap();
    for (job, name) in jobs.iter().zip(texts) {
        assert_eq!(found(&*store, &with(&[(name, 1.into())])).await, [job.id], "{name:?}");
    }
    let too_many: Vec<_> = (0..=Limits::MOST_LABELS).map(|n| format!("n{n}")).collect();
    let too_many: Vec<_> = too_many.iter().map(|name| (name.as_str(), 1.into())).collect();
    for nobody in [with(&[("", 1.into())]), with(&[("n", "a\0".into())]), with(&too_many)] {
        assert!(found(&*store, &nobody).await.is_empty(), "no job can have {nobody:?}");
    }
}

/// S3-20: a walk by cursor is exact by labels, too, while others arrive.
pub async fn a_walk_by_labels_meets_each_job_once(db: &dyn Disposable) {
    let store = db.store();
    let common = || labelled(&[("customer", "acme".into()), ("size", 3.into())]);
    let jobs: Vec<_> = (0..60).map(|n| if n % 3 == 0 { common() } else { job() }).collect();
    store.enqueue(&jobs).await.unwrap();
    let filter = with(&[("customer", "acme".into()), ("size", 3.into())]);
    let (mut met, mut cursor): (Vec<JobId>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let listing = store.list_jobs(&filter, &Page::After { cursor, size: 3 }).await.unwrap();
        met.extend(listing.items.iter().map(|row| row.id));
        cursor = listing.next;
        if cursor.is_none() {
            break;
        }
        enqueue(&*store, &common()).await;
    }
    let expected: Vec<_> = jobs.iter().step_by(3).rev().map(|job| job.id).collect();
    assert_eq!(met, expected);
}

/// S2-18: labels stay through retries, and find a job wherever it stands.
pub async fn labels_find_jobs_in_every_state(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let labels = [("a", "1".into()), ("b", "2".into()), ("c", 1.into()), ("d", 2.into())];
    let (again, letter) = (labelled(&labels), labelled(&labels));
    let held = NewJob { held: true, ..labelled(&labels) };
    crew.live_through(&again, failed_for_now()).await;
    let claimed = crew.take_one().await;
    assert_eq!((claimed.id, &claimed.labels), (again.id, &again.labels));
    crew.live_through(&letter, Outcome::Discarded(Reason::Declined)).await;
    enqueue(&*store, &held).await;
    assert_eq!(found(&*store, &with(&labels)).await.len(), 3);
    for (state, job) in
        [(State::Running, &again), (State::Discarded, &letter), (State::Held, &held)]
    {
        let filter = JobFilter { states_in: vec![state], ..with(&labels) };
        assert_eq!(found(&*store, &filter).await, [job.id], "{state}");
    }
    let dead = async |filter| store.list_dead(&filter, &Page::default()).await.unwrap().items;
    assert_eq!(dead(with(&labels)).await.iter().map(|row| row.id).collect::<Vec<_>>(), [letter.id]);
    assert!(dead(with(&[("c", 2.into())])).await.is_empty());
    store.retry(&[letter.id]).await.unwrap();
    assert_eq!(crew.take_one().await.labels, letter.labels);
}

/// A job that is there already keeps the labels that it has.
pub async fn a_repeated_enqueue_adds_no_labels(db: &dyn Disposable) {
    let store = db.store();
    let first = labelled(&[("customer", "acme".into())]);
    let second = NewJob { id: first.id, ..labelled(&[("size", 3.into())]) };
    let new = labelled(&[("size", 3.into())]);
    enqueue(&*store, &first).await;
    let answers = store.enqueue(&[second.clone(), new.clone()]).await.unwrap();
    assert_eq!(answers, [Enqueued::Duplicate(first.id), Enqueued::Created(new.id)]);
    store.enqueue(&[second]).await.unwrap();
    assert_eq!(detail(&*store, first.id).await.labels, first.labels);
    assert_eq!(found(&*store, &with(&[("size", 3.into())])).await, [new.id]);
}
