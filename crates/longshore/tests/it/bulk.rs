//! Many jobs at once.

use longshore::{Enqueued, Job, NewJob, Worker};

use crate::{
    jobs::{Double, double},
    sqlite_file::File,
};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_jobs_are_stored_in_order_and_all_run() {
    let file = File::fresh();
    let client = file.client().await;
    let enqueued = client.enqueue_all((0..10_000).map(Double)).await.unwrap();
    assert_eq!(enqueued.len(), 10_000);
    assert!(enqueued.iter().all(|one| !one.is_duplicate()));
    assert!(enqueued.is_sorted_by_key(|one| one.id()), "answers stand in the order of the jobs");

    Worker::new(client.clone()).handle(double).queue("default", 50).drain().await.unwrap();

    let ids = enqueued.iter().map(|one| one.id()).collect::<Vec<_>>();
    let settled = client.store().settled(&ids).await.unwrap();
    let results =
        settled.into_iter().map(|one| one.unwrap().result.unwrap().decode::<u64>().unwrap());
    assert!(results.eq((0..10_000).map(|number| number * 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_that_is_repeated_converges_to_one_job_each() {
    let file = File::fresh();
    let client = file.client().await;
    let jobs: Vec<NewJob> = (0..2_500).map(|number| Double(number).to_new_job().unwrap()).collect();
    let first = client.enqueue_many(&jobs[..1_700]).await.unwrap();
    let again = client.enqueue_many(&jobs).await.unwrap();
    assert!(first.iter().all(|one| matches!(one, Enqueued::Created(_))));
    assert!(again[..1_700].iter().all(|one| one.is_duplicate()));
    assert!(again[1_700..].iter().all(|one| !one.is_duplicate()));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_enqueue_single_jobs_at_once() {
    let file = File::fresh();
    let client = file.client().await;
    let tasks = (0..200).map(|number| {
        let client = client.clone();
        tokio::spawn(async move {
            client.enqueue(Double(number)).unique(format!("{}", number % 50)).await
        })
    });
    let mut created = 0;
    for task in tasks.collect::<Vec<_>>() {
        created += usize::from(!task.await.unwrap().unwrap().is_duplicate());
    }
    assert_eq!(created, 50, "one job for each unique key");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_job_among_many_single_enqueues_harms_nobody() {
    let file = File::fresh();
    let client = file.client().await;
    let tasks = (0..100).map(|number| {
        let client = client.clone();
        let tries = u32::from(number != 50);
        tokio::spawn(
            async move { client.enqueue(Double(number)).max_attempts(tries).await.is_ok() },
        )
    });
    let mut stored = 0;
    for task in tasks.collect::<Vec<_>>() {
        stored += usize::from(task.await.unwrap());
    }
    assert_eq!(stored, 99);
}
