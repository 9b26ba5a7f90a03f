//! Jobs that are found by their labels and mended.

use longshore::{Job, JobFilter, JobId, NewJob, Page, Payload, Updated, Worker, core};

use crate::{
    jobs::{Double, double},
    sqlite_file::File,
};

/// A payload that no handler can read: its job is found by what it is about, mended, and run.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_found_mended_and_run() {
    let file = File::fresh();
    let client = file.client().await;
    let broken = NewJob {
        payload: Payload::parse(r#""twenty-one""#).unwrap(),
        labels: [("customer".into(), "acme".into()), ("draft".into(), 1.into())].into(),
        ..Double(0).to_new_job().unwrap()
    };
    client.enqueue_many(std::slice::from_ref(&broken)).await.unwrap();
    let worker = || async { Worker::new(file.client().await).handle(double).queue("default", 1) };
    worker().await.drain().await.unwrap();

    let filter =
        JobFilter { labels: [("customer".into(), "acme".into())].into(), ..JobFilter::default() };
    let letters = client.store().list_dead(&filter, &Page::default()).await.unwrap();
    assert_eq!(letters.items[0].id, broken.id);
    let mend = client.update(broken.id).job(Double(21)).label("mended", 1).without_label("draft");
    assert_eq!(mend.await.unwrap(), Updated::Done);
    client.retry(broken.id).await.unwrap();
    worker().await.drain().await.unwrap();

    let job = client.find(broken.id).await.unwrap().unwrap();
    assert_eq!((job.row.state, job.result.unwrap().as_str()), (core::State::Completed, "42"));
    let labels: Vec<_> = job.labels.keys().map(String::as_str).collect();
    assert_eq!(labels, ["customer", "mended"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_cannot_be_is_reported_by_the_await() {
    let file = File::fresh();
    let client = file.client().await;
    let id =
        client.enqueue(Double(1)).run_in(std::time::Duration::from_secs(3600)).await.unwrap().id();
    let error = client.update(id).label("", 1).await.unwrap_err();
    assert_eq!(error.kind(), longshore::ErrorKind::Invalid);
    let no_json = std::collections::HashMap::from([(vec![1], 2)]);
    assert!(client.update(id).payload(&no_json).label("a", 1).await.is_err());
    assert!(client.find(id).await.unwrap().unwrap().labels.is_empty());
    assert_eq!(client.update(JobId::new()).await.unwrap(), Updated::NotFound);
}
