//! Waiting for a result, calling off, retrying.

use std::time::Duration;

use longshore::{Answer, Cancelled, Error, ErrorKind, JobId, Result, Retried, Worker, core};

use crate::{
    jobs::{Deposit, Double, double},
    sqlite_file::File,
};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_gets_what_the_handler_returned() {
    let file = File::fresh();
    let client = file.client().await;
    let running =
        Worker::new(client.clone()).handle(double).queue("default", 10).start().await.unwrap();

    let answer = client.enqueue(Double(21)).wait(LONG).await.unwrap();
    assert_eq!(answer.result::<u64>().unwrap(), 42);
    assert_eq!(answer.result::<String>().unwrap_err().kind(), ErrorKind::Invalid);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_too_short_answers_pending() {
    let file = File::fresh();
    let client = file.client().await;
    let answer = client.enqueue(Double(21)).wait(Duration::from_millis(20)).await.unwrap();
    assert!(matches!(answer, Answer::Pending { state: core::State::Available, .. }), "{answer:?}");
    assert_eq!(answer.result::<u64>().unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_for_good_is_discarded_and_not_pending() {
    async fn refuse(_: Deposit) -> Result {
        Err(Error::discard("no such account"))
    }
    let file = File::fresh();
    let client = file.client().await;
    let id = client.enqueue(Deposit { cents: 5 }).await.unwrap().id();
    Worker::new(client.clone()).handle(refuse).queue("bank", 1).drain().await.unwrap();

    let answer = client.wait(id, LONG).await.unwrap();
    assert!(
        matches!(&answer, Answer::Discarded { error: Some(error), .. } if error.message == "no such account")
    );
    assert!(answer.result::<()>().unwrap_err().to_string().contains("no such account"));

    assert_eq!(client.retry(id).await.unwrap(), Retried::Done);
    let again = client.wait(id, Duration::from_millis(1)).await.unwrap();
    assert!(matches!(again, Answer::Pending { .. }), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_called_off_answers_cancelled_and_its_key_is_free() {
    let file = File::fresh();
    let client = file.client().await;
    let id = client.enqueue(Double(1)).unique("one").await.unwrap().id();
    assert_eq!(
        client.enqueue(Double(1)).unique("one").await.unwrap(),
        longshore::Enqueued::Duplicate(id)
    );
    assert_eq!(client.cancel(id).await.unwrap(), Cancelled::Done);
    assert_eq!(client.wait(id, LONG).await.unwrap(), Answer::Cancelled { id });
    assert!(!client.enqueue(Double(1)).unique("one").await.unwrap().is_duplicate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_a_window_stays_taken_when_its_job_is_over() {
    let file = File::fresh();
    let client = file.client().await;
    let first =
        client.enqueue(Double(1)).unique_for("hourly", Duration::from_secs(3600)).await.unwrap();
    assert_eq!(client.cancel(first.id()).await.unwrap(), Cancelled::Done);
    let second =
        client.enqueue(Double(1)).unique_for("hourly", Duration::from_secs(3600)).await.unwrap();
    assert_eq!(second, longshore::Enqueued::Duplicate(first.id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_an_unknown_job_says_that_there_is_none() {
    let file = File::fresh();
    let error = file.client().await.wait(JobId::new(), LONG).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
