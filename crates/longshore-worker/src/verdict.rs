//! From what a handler did to the report that the database gets. Pure.

use std::time::Duration;

use longshore_core::{Command, Failure, FailureKind, Outcome, Reason, Standing, State, step};
use longshore_store::Finish;

use crate::{
    Error,
    error::Wish,
    handler::Answer,
    lease::{Cause, Lease},
};

/// How a run ended.
#[derive(Debug)]
pub(crate) enum End {
    /// The handler answered.
    Answered(Answer),
    /// It panicked with this message.
    Panicked(String),
    /// It ran too long and was dropped.
    TimedOut,
}

/// The report of a run.
pub(crate) fn of(lease: &Lease, end: End, ran: Duration) -> Finish {
    let finish = match end {
        End::Answered(Ok(_)) if lease.is_completed_elsewhere() => uncommitted(lease),
        End::Answered(Ok(result)) => match &result {
            Some(text)
                if let Err(invalid) = lease.terms.limits.check_size("result", text.as_str()) =>
            {
                failed(lease, &Error::unusable_result(invalid))
            }
            _ => Finish { result, ..close(lease, Outcome::Completed) },
        },
        End::Answered(Err(error)) => failed(lease, &error),
        End::Panicked(message) => {
            let outcome = Outcome::Failed { reason: Reason::Panic, retry_in: None };
            Finish {
                error: Some(Failure::new(FailureKind::Panic, message)),
                ..close(lease, outcome)
            }
        }
        End::TimedOut => timed_out(lease, None),
    };
    Finish { ran, ..finish }
}

/// The report of an attempt that came to this, without an error and a result. Whoever was called off and
/// did not complete the job has cancelled it, however that went.
pub(crate) fn close(lease: &Lease, outcome: Outcome) -> Finish {
    let claimed = &lease.claimed;
    let called_off = lease.cause() == Some(Cause::Requested) && outcome != Outcome::Completed;
    let outcome = if called_off { Outcome::Cancelled } else { outcome };
    let rules = claimed.rules(lease.terms.max_crashes, rand::random());
    let running = Standing { state: State::Running, ..claimed.standing };
    let Ok(step) = step(running, &Command::Finish(outcome), &rules) else {
        unreachable!("every outcome closes a running attempt")
    };
    let unless_committed = lease.is_completed_elsewhere();
    Finish { log: lease.log(), unless_committed, ..Finish::of(claimed, step) }
}

/// If the handler's transaction did commit, this report is stale, and all is well.
fn uncommitted(lease: &Lease) -> Finish {
    failed(
        lease,
        &Error::from("the handler completed the job in a transaction that did not commit"),
    )
}

fn failed(lease: &Lease, error: &Error) -> Finish {
    let outcome = match (error.wish(), lease.cause()) {
        (Wish::Snooze(delay), _) => return close(lease, Outcome::Snoozed(delay)),
        (Wish::Cancel, _) => Outcome::Cancelled,
        (Wish::Discard, _) if error.kind() == FailureKind::Undecodable => {
            Outcome::Discarded(Reason::Undecodable)
        }
        (Wish::Discard, _) => Outcome::Discarded(Reason::Discarded),
        (Wish::Decline, _) => Outcome::Discarded(Reason::Declined),
        (_, Some(Cause::Timeout)) => return timed_out(lease, Some(error)),
        // It was asked to end early and did: that is no fault of the job.
        (_, Some(Cause::Shutdown)) => Outcome::Released,
        (Wish::RetryIn(delay), _) => {
            Outcome::Failed { reason: Reason::RetryScheduled, retry_in: Some(delay) }
        }
        (Wish::Retry, _) if error.kind() == FailureKind::Timeout => {
            Outcome::Failed { reason: Reason::Timeout, retry_in: None }
        }
        (Wish::Retry, _) => Outcome::Failed { reason: Reason::RetryScheduled, retry_in: None },
    };
    Finish { error: Some(error.failure()), ..close(lease, outcome) }
}

fn timed_out(lease: &Lease, said: Option<&Error>) -> Finish {
    let allowed = lease.timeout().unwrap_or_default();
    let mut failure = Failure::new(FailureKind::Timeout, format!("it ran longer than {allowed:?}"));
    failure.causes.extend(said.map(|error| error.failure().to_string()));
    let outcome = Outcome::Failed { reason: Reason::Timeout, retry_in: None };
    Finish { error: Some(failure), ..close(lease, outcome) }
}
