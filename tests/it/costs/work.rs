//! A fixed amount of work, in calls that no clock decides about.

use std::{sync::Arc, time::Duration};

use longshore::{
    Client, Job, NewJob, Payload,
    core::{Command, DEFAULT_MAX_CRASHES, Outcome, WorkerId, step},
    store::{Claim, Claimed, CursorAt, Finish, Finished},
};
use serde::{Deserialize, Serialize};

const CALLS: usize = 10;
pub(super) const BATCH: usize = 1000;

/// As large as those of `longshore bench`.
#[derive(Serialize, Deserialize)]
struct Parcel {
    id: usize,
    filler: String,
}

impl Job for Parcel {
    const KIND: &'static str = "parcel";
}

fn parcel(id: usize) -> NewJob {
    let payload = Payload::of(&Parcel { id, filler: "x".repeat(165) }).unwrap();
    NewJob { payload, ..NewJob::of_kind(Parcel::KIND) }
}

/// Ten calls that enqueue a thousand jobs each.
pub(super) async fn enqueue(client: Client) {
    for call in 0..CALLS {
        let jobs: Vec<_> = (0..BATCH).map(|id| parcel(call * BATCH + id)).collect();
        client.store().enqueue(&jobs).await.unwrap();
    }
    client.store().close().await;
}

/// Ten claims of a thousand of those, each with its report.
pub(super) async fn run(client: Client) {
    let store = client.store();
    let lane = NewJob::of_kind(Parcel::KIND).lane();
    let claim = Claim {
        worker: WorkerId::new(),
        cursors: vec![CursorAt { lane, floor: None, quota: BATCH as u32 }],
        kinds: Arc::new([Parcel::KIND.into()]),
        limit: BATCH as u32,
        lease: Duration::from_secs(60),
        now: None,
    };
    for _ in 0..CALLS {
        let claimed = store.claim(&claim).await.unwrap();
        assert_eq!(claimed.len(), BATCH);
        let reports: Vec<_> = claimed.iter().map(completed).collect();
        let answers = store.finish(&reports).await.unwrap();
        assert!(answers.iter().all(|answer| *answer == Finished::Recorded));
    }
    store.close().await;
}

fn completed(job: &Claimed) -> Finish {
    let rules = job.rules(DEFAULT_MAX_CRASHES, 0.5);
    let step = step(job.standing, &Command::Finish(Outcome::Completed), &rules).unwrap();
    Finish::of(job, step)
}
