//! Single enqueues that share a commit, and waiting for results.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use longshore_core::{NewJob, State};
use longshore_store::{Enqueued, ErrorKind, Store};
use longshore_worker::{Coalescer, Worker, wait};

use crate::{
    harbour::{Crate, bring_one, done, memory, state, unload},
    troubled::Troubled,
};

fn coalescer() -> (Arc<Troubled>, Coalescer) {
    let troubled = Arc::new(Troubled::new());
    (troubled.clone(), Coalescer::new(troubled))
}

#[tokio::test]
async fn jobs_that_are_enqueued_together_share_commits() {
    let (troubled, coalescer) = coalescer();
    let answers = join_all((0..500).map(|n| coalescer.enqueue(unload(n)))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Enqueued::Created(_)))));
    let commits = troubled.enqueues.lock().unwrap().clone();
    assert_eq!(commits.iter().sum::<usize>(), 500);
    assert!(commits.len() < 10, "{commits:?}");
}

/// Else those who come during a commit, and those whom it answers, would take turns for ever: twice the commits.
#[tokio::test]
async fn who_enqueues_again_at_once_goes_with_those_who_came_meanwhile() {
    let (troubled, coalescer) = coalescer();
    let producers = || {
        let one = |task: u32| {
            let coalescer = coalescer.clone();
            tokio::spawn(async move {
                for n in 0..20 {
                    coalescer.enqueue(unload(task * 100 + n)).await.unwrap();
                }
            })
        };
        (0..4).map(one).collect::<Vec<_>>()
    };
    let first = producers();
    while troubled.enqueues.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = producers();
    for task in first.into_iter().chain(second) {
        task.await.unwrap();
    }
    let commits = troubled.enqueues.lock().unwrap().clone();
    assert_eq!(commits.iter().sum::<usize>(), 160);
    assert!(commits.len() <= 24, "{commits:?}");
}

#[tokio::test]
async fn every_caller_gets_the_answer_to_its_own_job() {
    let (_, coalescer) = coalescer();
    let jobs: Vec<NewJob> = (0..100).map(unload).collect();
    let answers = join_all(jobs.iter().map(|job| coalescer.enqueue(job.clone()))).await;
    for (job, answer) in jobs.iter().zip(answers) {
        assert_eq!(answer.unwrap(), Enqueued::Created(job.id));
        assert_eq!(coalescer.enqueue(job.clone()).await.unwrap(), Enqueued::Duplicate(job.id));
    }
}

#[tokio::test]
async fn one_bad_job_harms_no_other() {
    let (_, coalescer) = coalescer();
    let bad = |n| if n == 7 { NewJob { max_attempts: 0, ..unload(n) } } else { unload(n) };
    let answers = join_all((0..20).map(|n| coalescer.enqueue(bad(n)))).await;
    for (n, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(enqueued) => assert!(n != 7 && !enqueued.is_duplicate()),
            Err(error) => assert_eq!((n, error.kind()), (7, ErrorKind::Invalid)),
        }
    }
}

#[tokio::test]
async fn in_an_outage_every_caller_gets_the_error() {
    let (troubled, coalescer) = coalescer();
    troubled.fail_with(ErrorKind::Unavailable);
    let answers = join_all((0..10).map(|n| coalescer.enqueue(unload(n)))).await;
    for answer in answers {
        let error = answer.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Unavailable, "the cable was cut")
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_left_waiting_however_the_tasks_interleave() {
    let (_, coalescer) = coalescer();
    let task = |task: u32| {
        let coalescer = coalescer.clone();
        tokio::spawn(async move {
            for n in 0..300 {
                coalescer.enqueue(unload(task * 1000 + n)).await.unwrap();
            }
        })
    };
    let tasks: Vec<_> = (0..8).map(task).collect();
    let all = tokio::time::timeout(Duration::from_secs(60), join_all(tasks)).await;
    all.expect("every enqueue is answered").into_iter().for_each(Result::unwrap);
}

#[test]
fn a_coalescer_outlives_the_runtime_that_used_it_first() {
    let (_, coalescer) = coalescer();
    for n in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(coalescer.enqueue(unload(n))).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_job_is_told_at_once_when_it_ends_in_this_process() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    let slow = |_: Crate| async {
        tokio::time::sleep(Duration::from_millis(3_333)).await;
        done("done")
    };
    let running = Worker::new(store.clone()).handle(slow).start().await.unwrap();
    let id = bring_one(&store, unload(1)).await;
    let began = tokio::time::Instant::now();
    let settled = wait(&store, id, Duration::from_secs(60)).await.unwrap().unwrap();
    assert_eq!((settled.state, settled.result.unwrap().as_str()), (State::Completed, r#""done""#));
    assert!(began.elapsed() < Duration::from_millis(3_400), "{:?}", began.elapsed());
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_its_time_and_polls_less_and_less() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    let id = bring_one(&store, unload(1)).await;
    let before = troubled.calls.load(Ordering::Relaxed);
    let settled = wait(&store, id, Duration::from_secs(10)).await.unwrap().unwrap();
    assert_eq!(settled.state, State::Available);
    let polls = troubled.calls.load(Ordering::Relaxed) - before;
    assert!(polls < 40, "{polls} polls in 10 s");
}

#[tokio::test]
async fn a_wait_for_an_unknown_job_answers_at_once() {
    let store = memory();
    assert!(wait(&store, unload(1).id, Duration::from_secs(60)).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_another_process_ends_is_seen_by_polling() {
    let store = memory();
    let id = bring_one(&store, unload(1)).await;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { wait(&store, id, Duration::from_secs(60)).await }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    store.cancel(&[id]).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().unwrap().state, State::Cancelled);
    assert_eq!(state(&store, id).await, State::Cancelled);
}
