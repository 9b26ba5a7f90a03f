//! Times every call of a storage, and counts those that fail.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use longshore_store::Result;
use metrics::{Histogram, counter, histogram};

use crate::names;

macro_rules! ops {
    ($($op:ident $name:literal)*) => {
        /// A method of a role that asks the database.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Op { $($op),* }

        impl Op {
            const NAMES: &[&str] = &[$($name),*];
        }
    };
}

ops! {
    Enqueue "enqueue"
    Lanes "lanes" Claim "claim" NextDue "next_due" Heartbeat "heartbeat" Finish "finish" Leave "leave"
    Jobs "jobs" ListJobs "list_jobs" ListDead "list_dead" ListTransitions "list_transitions"
    Transition "transition" Logs "logs" Settled "settled" Holder "holder" Depths "depths" Queues "queues"
    Workers "workers" Circumstances "circumstances"
    Cancel "cancel" Retry "retry" Release "release" Update "update" DeleteDead "delete_dead"
    Pause "pause" Resume "resume"
    Migrate "migrate" SchemaStatus "schema_status" Rescue "rescue" Sample "sample"
    PrepareWeeks "prepare_weeks" Weeks "weeks" RotateWeek "rotate_week" Sweep "sweep" CheckUp "check_up"
    Vitals "vitals"
}

/// A histogram for each call and each way to end, made when it is needed first: a worker calls a dozen.
pub(crate) struct Ops([[OnceLock<Histogram>; 2]; Op::NAMES.len()]);

impl Ops {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Default::default()))
    }

    /// Awaits a call; how many seconds it took, and its answer.
    pub(crate) async fn timed<T>(
        &self,
        op: Op,
        call: impl Future<Output = Result<T>>,
    ) -> (f64, Result<T>) {
        let begun = Instant::now();
        let answer = call.await;
        let took = begun.elapsed();
        self.note(op, took, answer.as_ref().err());
        (took.as_secs_f64(), answer)
    }

    /// Notes a call that ended.
    pub(crate) fn note(&self, op: Op, took: Duration, failure: Option<&longshore_store::Error>) {
        let name = Op::NAMES[op as usize];
        if let Some(error) = failure {
            counter!(names::STORE_ERRORS, "op" => name, "kind" => error.kind().as_str())
                .increment(1);
        }
        let outcome = if failure.is_none() { "ok" } else { "error" };
        self.0[op as usize][usize::from(failure.is_some())]
            .get_or_init(|| histogram!(names::STORE_OP_SECONDS, "op" => name, "outcome" => outcome))
            .record(took);
    }
}
