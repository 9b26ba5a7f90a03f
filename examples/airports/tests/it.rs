//! The whole example: asked for twice, run once, read back.

use airports::{airports, enqueue_all, loneliest, register};
use longshore::{Client, Worker};

#[tokio::test(flavor = "multi_thread")]
async fn every_airport_is_asked_for_once_and_the_loneliest_is_easter_island() {
    let client = Client::connect("sqlite::memory:").await.unwrap();
    let mut seen = Vec::new();
    let first = enqueue_all(&client, |done, total| seen.push((done, total))).await.unwrap();
    assert_eq!((first.created, first.ids.len()), (airports().len(), airports().len()));
    assert_eq!(seen.last(), Some(&(airports().len(), airports().len())));

    register(Worker::new(client.clone()), 16).drain().await.unwrap();
    let lonely = loneliest(&client, &first.ids, 2).await.unwrap();
    assert_eq!(lonely[0].airport.icao, "SCIP");
    assert_eq!(lonely.len(), 2);

    let second = enqueue_all(&client, |_, _| {}).await.unwrap();
    assert_eq!(
        (second.created, second.ids),
        (0, first.ids),
        "who has an answer is not asked again"
    );
}
