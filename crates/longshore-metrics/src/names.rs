//! What can be measured: every name, its kind, unit and labels, and a sentence about it.
//!
//! This list is the truth. The guide shows it as a table, and dashboards and alerts use no other names; tests
//! see to both.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// What stands in a label for every queue or kind that was not registered.
pub const OTHER: &str = "other";

/// How a value moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Many values, by their size.
    Histogram,
}

/// Something that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its name.
    pub name: &'static str,
    /// How its value moves.
    pub form: Form,
    /// What it is counted in.
    pub unit: Unit,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it tells.
    pub says: &'static str,
}

macro_rules! measures {
    ($($constant:ident = $name:literal, $form:ident, $unit:ident, [$($label:literal),*], $says:literal;)*) => {
        $(#[doc = $says] pub const $constant: &str = $name;)*

        /// All of them, in the order of the guide.
        pub const ALL: &[Measure] = &[$(Measure {
            name: $name,
            form: Form::$form,
            unit: Unit::$unit,
            labels: &[$($label),*],
            says: $says,
        }),*];
    };
}

measures! {
    JOBS_ENQUEUED = "longshore_jobs_enqueued_total", Counter, Count, ["queue", "kind"],
        "Jobs that were stored. One that was stored inside a transaction of the caller's own counts at once, also if that rolls back later.";
    JOBS_DUPLICATE = "longshore_jobs_duplicate_total", Counter, Count, ["queue", "kind"],
        "Jobs that were not stored because they, or one with their unique key, existed already.";
    ATTEMPTS = "longshore_attempts_total", Counter, Count, ["queue", "kind", "outcome"],
        "Attempts that were closed, by the state that the job came to: completed, retryable, scheduled (snoozed), available (given back), cancelled, discarded.";
    JOBS_FINISHED = "longshore_jobs_finished_total", Counter, Count, ["queue", "kind", "outcome"],
        "Jobs that are over: completed, cancelled or discarded, by their workers, a rescue or an operator.";
    JOB_RUN_SECONDS = "longshore_job_run_seconds", Histogram, Seconds, ["queue", "kind"],
        "How long handlers ran, of attempts whose report was written.";
    JOB_WAIT_SECONDS = "longshore_job_wait_seconds", Histogram, Seconds, ["queue", "kind"],
        "How long jobs waited from the time they were due to their claim.";
    CLAIM_SECONDS = "longshore_claim_seconds", Histogram, Seconds, [],
        "How long claims took.";
    CLAIM_BATCH_SIZE = "longshore_claim_batch_size", Histogram, Count, [],
        "Jobs that a claim brought; 0 for one that found none.";
    STORE_OP_SECONDS = "longshore_store_op_seconds", Histogram, Seconds, ["op", "outcome"],
        "How long calls of the storage took, by their name and by how they ended: ok or error.";
    STORE_ERRORS = "longshore_store_errors_total", Counter, Count, ["op", "kind"],
        "Calls of the storage that failed, by the kind of the error.";
    STALE_FINISHES = "longshore_stale_finishes_total", Counter, Count, [],
        "Reports that came too late: the lease was over, and another worker may have the job. Nothing was changed.";
    LEASES_EXPIRED = "longshore_leases_expired_total", Counter, Count, [],
        "Leases that ran out, so that a rescue took their jobs back: their workers died, or could not reach the database.";
    LEASES_LOST = "longshore_leases_lost_total", Counter, Count, [],
        "Leases whose renewal was refused because they were taken away before.";
    WEEKS_DROPPED = "longshore_weeks_dropped_total", Counter, Count, [],
        "Weeks of old jobs that were dropped.";
    WEEK_ROWS_DROPPED = "longshore_week_rows_dropped_total", Counter, Count, [],
        "Jobs that went with a dropped week.";
    WEEKS_KEPT = "longshore_weeks_kept_total", Counter, Count, ["why"],
        "Times that a week was due and kept: survivors (too many jobs of it must live on), busy (its tables were in use), denied (the user may not drop it).";
    JOBS_SWEPT = "longshore_jobs_swept_total", Counter, Count, [],
        "Old jobs that were deleted one by one, because no dropped week takes them along.";
    STORE_RETRIES = "longshore_store_retries_total", Counter, Count, ["engine"],
        "Times that a storage repeated its work by itself, after a deadlock or a lock that took too long.";
    WORKER_CALLS_REPEATED = "longshore_worker_calls_repeated_total", Counter, Count, ["call"],
        "Calls of a worker that failed, and that it repeats as long as it lives.";
    CONNECTION_WAIT_SECONDS = "longshore_connection_wait_seconds", Histogram, Seconds, ["engine"],
        "How long calls waited for a connection while all were in use. Those that found one free are not in it.";
    TRACE_EXPORT_FAILURES = "longshore_trace_export_failures_total", Counter, Count, [],
        "Batches of spans that no collector took in time. Jobs do not notice.";
    WORKER_SLOTS = "longshore_worker_slots", Gauge, Count, ["state"],
        "Jobs that the workers of this process may run at once: busy and free.";
    QUEUE_DEPTH = "longshore_queue_depth", Gauge, Count, ["queue", "state"],
        "Jobs in a queue by the last sample: available, scheduled, retryable, running, dead.";
    QUEUE_OLDEST_AGE_SECONDS = "longshore_queue_oldest_age_seconds", Gauge, Seconds, ["queue"],
        "For how long the job that is due longest in a queue has been due; 0 if none is.";
    WEEKS_AHEAD = "longshore_weeks_ahead", Gauge, Count, [],
        "Weeks to come that have their partitions; absent on engines without.";
    BUILD_INFO = "longshore_build_info", Gauge, Count, ["version", "engine"],
        "1; its labels say which version runs on which engine.";
    SCRAPE_ERRORS = "longshore_scrape_errors_total", Counter, Count, ["probe"],
        "Probes of a scrape that brought nothing, because the database failed or was too slow.";
}

/// Tells the recorder what every name means. [`metered`](crate::metered) does it, too; doing it twice is
/// harmless.
pub fn describe() {
    for &Measure { name, form, unit, says, .. } in ALL {
        match form {
            Form::Counter => describe_counter!(name, unit, says),
            Form::Gauge => describe_gauge!(name, unit, says),
            Form::Histogram => describe_histogram!(name, unit, says),
        }
    }
}
