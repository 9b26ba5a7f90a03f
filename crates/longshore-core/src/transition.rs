//! One state change, as the `transitions` view of the ledger shows it.

use serde::Serialize;

use crate::{EventId, Failure, JobId, Reason, State, Timestamp, TransitionId, WorkerId};

/// One state change of one job. The newest one says where the job stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transition {
    /// Stable name.
    pub id: TransitionId,
    /// The job.
    pub job_id: JobId,
    /// The event that the job came from.
    pub event_id: Option<EventId>,
    /// The ledger row it stands in.
    pub seq: u32,
    /// The attempt it belongs to; 0 before the first claim.
    pub attempt: u32,
    /// The state before; `None` for the arrival.
    pub state_before: Option<State>,
    /// The state after.
    pub state_after: State,
    /// Why.
    pub reason: Reason,
    /// The worker that ran the attempt.
    pub worker_id: Option<WorkerId>,
    /// What went wrong.
    pub error: Option<Failure>,
    /// When, by the database's clock.
    pub at: Timestamp,
}
