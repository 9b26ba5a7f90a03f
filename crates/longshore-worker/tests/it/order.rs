//! Which jobs run when: priorities, tenants, concurrency, pauses.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use longshore_core::{NewJob, Priority, State};
use longshore_store::Store;
use longshore_worker::{Ctx, Worker};

use crate::{
    harbour::{Crate, bring, bring_one, bring_these, done, memory, state, unload},
    troubled::Troubled,
};

type Log = Arc<Mutex<Vec<(String, u32)>>>;

/// A worker with one slot that writes down whose job ran.
fn logging(store: &Arc<dyn Store>) -> (Worker, Log) {
    let log = Log::default();
    let writing = log.clone();
    let write = move |job: Crate, ctx: Ctx| {
        writing.lock().unwrap().push((ctx.tenant().to_owned(), job.n));
        async { done(()) }
    };
    (Worker::new(store.clone()).handle(write).queue("default", 1), log)
}

fn of(tenant: &str, n: u32) -> NewJob {
    NewJob { tenant: tenant.into(), ..unload(n) }
}

#[tokio::test(start_paused = true)]
async fn higher_priorities_go_first_and_within_one_the_older_job() {
    let store = memory();
    let with = |n, priority| NewJob { priority: Priority::new(priority).unwrap(), ..unload(n) };
    bring_these(&store, &[with(1, 1), with(2, 5), with(3, 10), with(4, 5), with(5, 10)]).await;
    let (worker, log) = logging(&store);
    worker.drain().await.unwrap();
    let order: Vec<_> = log.lock().unwrap().iter().map(|(_, n)| *n).collect();
    assert_eq!(order, [3, 5, 2, 4, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_with_few_jobs_does_not_wait_for_one_with_many() {
    let store = memory();
    let many: Vec<_> = (0..5000).map(|n| of("many", n)).collect();
    bring_these(&store, &many).await;
    bring_these(&store, &[of("few", 1), of("few", 2)]).await;
    let (worker, log) = logging(&store);
    worker.drain().await.unwrap();
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 5002);
    let last_of_few = log.iter().rposition(|(tenant, _)| tenant == "few").unwrap();
    assert!(last_of_few < 100, "its last job came at {last_of_few}");
}

#[tokio::test(start_paused = true)]
async fn hundreds_of_tenants_are_all_served() {
    let store = memory();
    let jobs: Vec<_> = (0..1000).map(|n| of(&format!("tenant {}", n % 300), n)).collect();
    bring_these(&store, &jobs).await;
    let (worker, log) = logging(&store);
    worker.drain().await.unwrap();
    assert_eq!(log.lock().unwrap().len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn no_queue_runs_more_than_its_concurrency_and_none_waits_for_another() {
    let store = memory();
    let queue = |name: &str, n| NewJob { queue: name.into(), ..unload(n) };
    let jobs: Vec<_> = (0..200).flat_map(|n| [queue("wide", n), queue("narrow", n)]).collect();
    let ids = bring_these(&store, &jobs).await;
    let most = Arc::new(Mutex::new(std::collections::HashMap::<String, (u32, u32)>::new()));
    let counting = most.clone();
    let handler = move |_: Crate, ctx: Ctx| {
        let counting = counting.clone();
        async move {
            {
                let mut counts = counting.lock().unwrap();
                let (now, most) = counts.entry(ctx.queue().to_owned()).or_default();
                *now += 1;
                *most = (*most).max(*now);
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            counting.lock().unwrap().get_mut(ctx.queue()).unwrap().0 -= 1;
            done(())
        }
    };
    let worker = Worker::new(store.clone()).handle(handler).queue("wide", 20).queue("narrow", 2);
    worker.drain().await.unwrap();
    let most = |queue: &str| most.lock().unwrap()[queue].1;
    assert_eq!((most("wide"), most("narrow")), (20, 2));
    for id in ids {
        assert_eq!(state(&store, id).await, State::Completed);
    }
}

#[tokio::test(start_paused = true)]
async fn slow_jobs_are_not_held_back_by_a_worker_that_cannot_run_them() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    bring(&store, 500).await;
    let slow = |_: Crate| async {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        done(())
    };
    // The heart beats in real time; the leases of the model run in tokio's.
    let lease = std::time::Duration::from_secs(86_400);
    let worker = Worker::new(store.clone()).handle(slow).queue("default", 5).lease(lease);
    let running = worker.start().await.unwrap();

    let mut events = running.events();
    for _ in 0..20 {
        crate::harbour::finished(&mut events).await;
        let leased = store
            .list_jobs(&running_jobs(), &longshore_core::Page::default())
            .await
            .unwrap()
            .items
            .len();
        assert!(leased <= 5, "{leased} leases for five slots");
    }
    running.request_stop();
    running.stop().await.unwrap();
}

fn running_jobs() -> longshore_core::JobFilter {
    longshore_core::JobFilter { states_in: vec![State::Running], ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn jobs_are_claimed_and_run_while_outcomes_are_on_their_way() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    bring(&store, 500).await;
    troubled.finishes_may_go.send_replace(false);
    let runs = Arc::new(AtomicU32::new(0));
    let count = {
        let runs = runs.clone();
        move |_: Crate| {
            runs.fetch_add(1, Ordering::Relaxed);
            async { done(()) }
        }
    };
    let worker = Worker::new(store.clone()).handle(count).queue("default", 10);
    let running = worker.start().await.unwrap();
    // More than the slots: they are free for others although no outcome is written.
    let ran = async || (runs.load(Ordering::Relaxed) > 30).then_some(());
    crate::harbour::eventually("others run meanwhile", ran).await;
    let claims = troubled.claims.lock().unwrap().clone();
    assert!(claims.iter().filter(|jobs| **jobs > 0).count() >= 3, "{claims:?}");
    troubled.finishes_may_go.send_replace(true);
    running.drained().await;
    assert_eq!(runs.load(Ordering::Relaxed), 500);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn jobs_end_while_a_claim_is_on_its_way() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    bring(&store, 10).await;
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let waits = {
        let gate = gate.clone();
        move |_: Crate| {
            let gate = gate.clone();
            async move {
                gate.acquire().await?.forget();
                done(())
            }
        }
    };
    let worker = Worker::new(store.clone()).handle(waits).queue("default", 20);
    let running = worker.start().await.unwrap();
    let mut events = running.events();
    let claimed = async || troubled.claims.lock().unwrap().contains(&10).then_some(());
    crate::harbour::eventually("all are claimed", claimed).await;
    // The next claim stands at the gate while these ten end.
    troubled.claims_may_go.send_replace(false);
    let asked = async || (troubled.claims_may_go.receiver_count() > 0).then_some(());
    crate::harbour::eventually("a claim is on its way", asked).await;
    gate.add_permits(10);
    for _ in 0..10 {
        crate::harbour::finished(&mut events).await;
    }
    assert_eq!(troubled.claims_may_go.receiver_count(), 1, "the claim is still on its way");
    troubled.claims_may_go.send_replace(true);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_paused_queue_is_left_alone_until_it_is_resumed() {
    let store = memory();
    store.pause("default").await.unwrap();
    let id = bring_one(&store, unload(1)).await;
    let (worker, log) = logging(&store);
    let running = worker.start().await.unwrap();
    running.drained().await;
    assert!(log.lock().unwrap().is_empty());
    assert_eq!(state(&store, id).await, State::Available);
    store.resume("default").await.unwrap();
    running.drained().await;
    assert_eq!(state(&store, id).await, State::Completed);
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_worker_asks_at_most_a_few_times_a_second() {
    let troubled = Arc::new(Troubled::new());
    let store: Arc<dyn Store> = troubled.clone();
    bring_these(&store, &[of("a", 1), of("b", 2)]).await;
    let (worker, _) = logging(&store);
    let running = worker.start().await.unwrap();
    running.drained().await;
    let before = troubled.calls.load(Ordering::Relaxed);
    let second = std::time::Duration::from_secs(1);
    tokio::time::advance(std::time::Duration::ZERO).await;
    let began = tokio::time::Instant::now();
    while began.elapsed() < second * 20 {
        tokio::time::sleep(second).await;
    }
    let calls = troubled.calls.load(Ordering::Relaxed) - before;
    // Two claims and one look at the lanes a second, a rescue every five.
    assert!((40..=20 * 3 + 10).contains(&calls), "{calls} calls in 20 s");
    running.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_hint_wakes_an_idle_worker_at_once() {
    let store = memory();
    let (worker, _) = logging(&store);
    let running = worker.start().await.unwrap();
    running.drained().await;
    let mut events = running.events();
    let began = tokio::time::Instant::now();
    bring_one(&store, of("new tenant", 1)).await;
    crate::harbour::finished(&mut events).await;
    assert!(began.elapsed() < std::time::Duration::from_millis(10), "{:?}", began.elapsed());
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_run_every_job_once() {
    let store = memory();
    bring(&store, 5000).await;
    let runs = Arc::new(AtomicU32::new(0));
    let worker = || {
        let runs = runs.clone();
        let count = move |_: Crate| {
            runs.fetch_add(1, Ordering::Relaxed);
            async { done(()) }
        };
        Worker::new(store.clone()).handle(count).queue("default", 50)
    };
    let (one, two) = tokio::join!(worker().drain(), worker().drain());
    one.unwrap();
    two.unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 5000);
}
