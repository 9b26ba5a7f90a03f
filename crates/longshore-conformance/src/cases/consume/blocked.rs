//! Handlers that block every thread of their runtime keep their leases.

use std::{
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};

use longshore_store::Renewed;
use tokio::{runtime, time::timeout};

use crate::{Crew, Disposable, job, witness::*};

/// Long for an answer, short for a test that fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// The store was made on a runtime of which no thread is free: heartbeats from elsewhere go through.
///
/// # Panics
/// On a runtime without threads of its own, which a case cannot block and go on.
pub async fn leases_are_renewed_while_every_thread_of_the_caller_is_blocked(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;

    let caller = runtime::Handle::current();
    assert_eq!(caller.runtime_flavor(), runtime::RuntimeFlavor::MultiThread);
    let threads = caller.metrics().num_workers();
    let gate = Arc::new(Barrier::new(threads + 1));
    let (arrives, arrived) = mpsc::channel();
    for _ in 0..threads {
        let (gate, arrives) = (gate.clone(), arrives.clone());
        tokio::spawn(async move {
            arrives.send(()).expect("the case waits");
            gate.wait();
        });
    }
    // Each thread can be stopped by one of them only, so all are.
    (0..threads).for_each(|_| arrived.recv_timeout(PATIENCE).expect("a thread is free"));

    let heart = thread::spawn(move || {
        let own = runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let beats = async {
            let mut answers = Vec::new();
            for _ in 0..3 {
                answers.push(crew.renew(&claimed, None).await);
            }
            answers
        };
        own.block_on(async { timeout(PATIENCE, beats).await })
    });
    let answers = heart.join();
    gate.wait();
    let answers = answers.expect("a heartbeat works").expect("heartbeats wait for blocked threads");
    assert_eq!(answers, [Renewed::Held; 3]);
}
