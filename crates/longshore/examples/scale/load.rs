//! The jobs of every measurement: 200 bytes, and a handler that does nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longshore::{
    Job, NewJob, Payload, Result, State,
    core::{Command, DEFAULT_MAX_CRASHES, Outcome, WorkerId, step},
    store::{Claim, Claimed, CursorAt, Finish, Floor},
};
use serde::{Deserialize, Serialize};

/// Longer than any measurement of calls.
const LEASE: Duration = Duration::from_secs(600);
/// With its frame of JSON a payload of 200 bytes.
const FILLER: usize = 189;

#[derive(Serialize, Deserialize)]
pub(crate) struct Unload {
    text: String,
}

impl Job for Unload {
    const KIND: &'static str = "unload";
}

/// Runs so far.
#[derive(Clone, Default)]
pub(crate) struct Ran(Arc<AtomicUsize>);

impl Ran {
    pub(crate) fn so_far(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

pub(crate) async fn unload(_: Unload, State(ran): State<Ran>) -> Result {
    ran.0.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// So many new jobs.
pub(crate) fn jobs(count: usize) -> Result<Vec<NewJob>> {
    let payload = Payload::of(&Unload { text: "x".repeat(FILLER) })?;
    let job = || NewJob { payload: payload.clone(), ..NewJob::of_kind(Unload::KIND) };
    Ok((0..count).map(|_| job()).collect())
}

/// A claim of so many jobs, from the beginning of the lane.
pub(crate) fn claim(limit: u32) -> Claim {
    Claim {
        worker: WorkerId::new(),
        cursors: vec![CursorAt {
            lane: NewJob::of_kind(Unload::KIND).lane(),
            floor: None,
            quota: limit,
        }],
        kinds: Arc::new([Unload::KIND.into()]),
        limit,
        lease: LEASE,
        now: None,
    }
}

/// Behind the jobs that were taken, as a worker's claims go on.
pub(crate) fn go_on(claim: &mut Claim, taken: &[Claimed]) {
    if let Some(last) = taken.last() {
        claim.cursors[0].floor = Some(Floor { due_at: last.due_at, id: last.id });
    }
}

/// The report that a job is completed.
pub(crate) fn completed(job: &Claimed) -> Result<Finish> {
    let rules = job.rules(DEFAULT_MAX_CRASHES, 0.5);
    let step = step(job.standing, &Command::Finish(Outcome::Completed), &rules)?;
    Ok(Finish::of(job, step))
}
