//! The job that the measurements run: 200 bytes, and a handler that counts.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use longshore::{Client, Job, NewJob, Payload, Result, State};
use serde::{Deserialize, Serialize};

/// Jobs of one call.
pub(crate) const BATCH: usize = 1000;

#[derive(Serialize, Deserialize)]
pub(crate) struct Unload {
    pub(crate) text: String,
}

impl Job for Unload {
    const KIND: &'static str = "unload";
}

/// How many jobs have run.
#[derive(Clone, Default)]
pub(crate) struct Ran(Arc<AtomicUsize>);

impl Ran {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) async fn unload(_: Unload, State(ran): State<Ran>) -> Result {
    ran.0.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// Two callers that store jobs by thousands.
pub(crate) async fn fill(client: &Client, count: usize) -> Result {
    let payload = Payload::of(&Unload { text: "x".repeat(180) })?;
    let stored = Arc::new(AtomicUsize::new(0));
    let callers = [(); 2].map(|()| {
        let (client, payload, stored) = (client.clone(), payload.clone(), stored.clone());
        tokio::spawn(async move {
            while stored.fetch_add(BATCH, Ordering::Relaxed) < count {
                let job = || NewJob { payload: payload.clone(), ..NewJob::of_kind(Unload::KIND) };
                let jobs: Vec<_> = (0..BATCH).map(|_| job()).collect();
                client.store().enqueue(&jobs).await?;
            }
            Result::<()>::Ok(())
        })
    });
    for caller in callers {
        caller.await??;
    }
    Ok(())
}
