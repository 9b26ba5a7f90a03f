//! The state machine: one pure function says what may happen to a job and what follows.

use std::time::Duration;

use crate::{Backoff, LONGEST_WAIT, Reason, Standing, State};

/// Workers in a row that one job may take down before it is discarded as poison.
pub const DEFAULT_MAX_CRASHES: u32 = 3;

/// What somebody wants to do with a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Let a held job go; it is due after this time.
    Release(Duration),
    /// Take it (by a worker).
    Claim,
    /// Close the running attempt (by the holder of the fence, or by a rescue).
    Finish(Outcome),
    /// Call it off while nobody runs it.
    Cancel,
    /// Run it again or sooner (by an operator).
    RetryByHand,
    /// Complete it without a run, because a job of its correlation id
    /// [completed its siblings](crate::NewJob::completes_siblings).
    Correlate,
}

/// What a running attempt came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The handler returned `Ok`.
    Completed,
    /// It failed: try again while tries are left.
    Failed {
        /// Which kind of failure: `RetryScheduled`, `Timeout`, `Panic`, `Unreported` …
        reason: Reason,
        /// The handler's own wish; else the job's backoff decides.
        retry_in: Option<Duration>,
    },
    /// It failed and must not run again, for this reason.
    Discarded(Reason),
    /// Give it back for so long; the attempt does not count.
    Snoozed(Duration),
    /// It never started (shutdown); the attempt does not count.
    Released,
    /// Called off while it ran.
    Cancelled,
    /// Its lease expired: the worker is taken for dead. The attempt counts.
    Crashed,
}

impl Outcome {
    /// What an attempt came to whose worker went silent: a crash, unless somebody had asked to cancel
    /// the job. A wish that was accepted must not be lost with the worker that was to be told. (Of a
    /// worker that did report, [`Step::heeding`] decides.)
    #[must_use]
    pub fn of_silence(cancel_requested: bool) -> Self {
        if cancel_requested { Self::Cancelled } else { Self::Crashed }
    }
}

/// What the state machine needs to know of a job's policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Total tries.
    pub max_attempts: u32,
    /// How long to wait before the next try.
    pub backoff: Backoff,
    /// Crashes in a row before it is poison.
    pub max_crashes: u32,
    /// A number in `0.0..1.0`, drawn by the caller: where in its range a jittered delay falls.
    pub roll: f64,
}

/// What follows from a legal command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// How the job stands afterwards.
    pub standing: Standing,
    /// The state before.
    pub before: State,
    /// Why.
    pub reason: Reason,
    /// For a waiting job: due so long after now, at most [`LONGEST_WAIT`] after an attempt.
    pub due_in: Option<Duration>,
    /// Whether a ledger row is written (a claim is written when its attempt closes).
    pub writes_ledger: bool,
}

impl Step {
    /// The ledger row that this step writes.
    #[must_use]
    pub fn seq(&self) -> u32 {
        if self.writes_ledger { self.standing.seq.saturating_sub(1) } else { self.standing.seq }
    }

    /// The same end of an attempt where somebody had asked to cancel the job meanwhile: what would wait
    /// again is cancelled instead. A wish that was accepted must not be lost because the handler had not
    /// heard of it yet. What is over stays as it ended.
    ///
    /// A storage asks it when it writes a report, under the fence: only it knows of the wish for certain.
    ///
    /// ```
    /// use longshore_core::{Backoff, Command, Outcome, Reason, Rules, Standing, State, step};
    /// # let rules = Rules { max_attempts: 2, backoff: Backoff::default(), max_crashes: 3, roll: 0.5 };
    /// # let job = step(Standing::new(State::Available, 2), &Command::Claim, &rules)?.standing;
    /// let released = step(job, &Command::Finish(Outcome::Released), &rules)?;
    /// assert_eq!(released.heeding(false).standing.state, State::Available);
    /// assert_eq!(released.heeding(true).standing.state, State::Cancelled);
    /// let completed = step(job, &Command::Finish(Outcome::Completed), &rules)?;
    /// assert_eq!(completed.heeding(true), completed);
    /// # Ok::<(), longshore_core::Illegal>(())
    /// ```
    #[must_use]
    pub fn heeding(self, cancel_requested: bool) -> Self {
        if !cancel_requested || self.before != State::Running || !self.standing.state.is_waiting() {
            return self;
        }
        let standing = in_state(self.standing, State::Cancelled);
        Self { standing, reason: Reason::Cancelled, due_in: None, ..self }
    }
}

/// A command that a job's state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {state} cannot be {verb}")]
pub struct Illegal {
    /// The state it is in.
    pub state: State,
    /// What was asked for.
    pub verb: &'static str,
}

/// Decides what follows when `command` meets a job that stands at `now`.
///
/// # Errors
/// [`Illegal`] when the state does not allow it; nothing may then be changed.
///
/// ```
/// use longshore_core::{Backoff, Command, Outcome, Reason, Rules, Standing, State, step};
/// let rules = Rules { max_attempts: 2, backoff: Backoff::default(), max_crashes: 3, roll: 0.5 };
/// let failed = || Command::Finish(Outcome::Failed { reason: Reason::RetryScheduled, retry_in: None });
/// let job = Standing::new(State::Available, rules.max_attempts);
///
/// let job = step(job, &Command::Claim, &rules)?.standing;
/// let job = step(job, &failed(), &rules)?.standing;
/// assert_eq!(job.state, State::Retryable);
///
/// let job = step(job, &Command::Claim, &rules)?.standing;
/// let end = step(job, &failed(), &rules)?;
/// assert_eq!((end.standing.state, end.reason), (State::Discarded, Reason::Exhausted));
/// # Ok::<(), longshore_core::Illegal>(())
/// ```
pub fn step(job: Standing, command: &Command, rules: &Rules) -> Result<Step, Illegal> {
    let illegal = |verb| Err(Illegal { state: job.state, verb });
    match (command, job.state) {
        (Command::Release(delay), State::Held) => Ok(back_to_queue(job, Reason::Released, *delay)),
        (Command::Release(_), _) => illegal("released"),

        (Command::Claim, State::Scheduled | State::Available | State::Retryable) => Ok(claim(job)),
        (Command::Claim, _) => illegal("claimed"),

        (Command::Finish(outcome), State::Running) => Ok(finish(job, outcome, rules)),
        (Command::Finish(_), _) => illegal("finished"),

        (Command::Cancel, state) if state == State::Held || state.is_waiting() => {
            Ok(end(job, State::Cancelled, Reason::Cancelled))
        }
        (Command::Cancel, _) => illegal("cancelled"),

        (Command::RetryByHand, State::Discarded) => {
            // A whole new budget; the fence goes on.
            let last_attempt = job.attempt.saturating_add(rules.max_attempts);
            let job = Standing { last_attempt, crashes: 0, ..job };
            Ok(back_to_queue(job, Reason::RetriedByHand, Duration::ZERO))
        }
        (Command::RetryByHand, State::Scheduled | State::Retryable) => {
            Ok(back_to_queue(job, Reason::RetriedByHand, Duration::ZERO))
        }
        (Command::RetryByHand, _) => illegal("retried"),

        (Command::Correlate, state) if state.is_waiting() => {
            Ok(end(job, State::Completed, Reason::Correlated))
        }
        (Command::Correlate, _) => illegal("completed by a sibling"),
    }
}

fn claim(job: Standing) -> Step {
    let standing = Standing {
        state: State::Running,
        from: job.state,
        attempt: job.attempt.saturating_add(1),
        ..job
    };
    Step {
        standing,
        before: job.state,
        reason: Reason::Claimed,
        due_in: None,
        writes_ledger: false,
    }
}

fn finish(job: Standing, outcome: &Outcome, rules: &Rules) -> Step {
    let calm = Standing { crashes: 0, ..job };
    // The fence must grow with every claim, so an attempt that does not count raises the limit.
    let uncounted = Standing { last_attempt: job.last_attempt.saturating_add(1), ..calm };
    match outcome {
        Outcome::Completed => end(calm, State::Completed, Reason::Ok),
        Outcome::Cancelled => end(calm, State::Cancelled, Reason::Cancelled),
        Outcome::Discarded(reason) => end(calm, State::Discarded, *reason),
        Outcome::Snoozed(delay) => {
            back_to_queue(uncounted, Reason::Snoozed, (*delay).min(LONGEST_WAIT))
        }
        Outcome::Released => {
            let released = Standing { crashes: job.crashes, ..uncounted };
            back_to_queue(released, Reason::Shutdown, Duration::ZERO)
        }
        Outcome::Failed { reason, retry_in } => retry(calm, *reason, *retry_in, rules),
        Outcome::Crashed => {
            let job = Standing { crashes: job.crashes.saturating_add(1), ..job };
            if job.crashes >= rules.max_crashes {
                end(job, State::Discarded, Reason::Poison)
            } else {
                retry(job, Reason::LeaseExpired, None, rules)
            }
        }
    }
}

/// Another try if one is left.
fn retry(job: Standing, reason: Reason, wish: Option<Duration>, rules: &Rules) -> Step {
    if job.attempt >= job.last_attempt {
        return end(job, State::Discarded, Reason::Exhausted);
    }
    let delay = wish.unwrap_or_else(|| rules.backoff.delay(job.tries(rules), rules.roll));
    let step = back_to_queue(job, reason, delay.min(LONGEST_WAIT));
    Step { standing: in_state(step.standing, State::Retryable), ..step }
}

fn back_to_queue(job: Standing, reason: Reason, delay: Duration) -> Step {
    let state = if delay.is_zero() { State::Available } else { State::Scheduled };
    let standing = in_state(Standing { seq: job.seq.saturating_add(1), ..job }, state);
    Step { standing, before: job.state, reason, due_in: Some(delay), writes_ledger: true }
}

fn end(job: Standing, state: State, reason: Reason) -> Step {
    let standing = in_state(Standing { seq: job.seq.saturating_add(1), ..job }, state);
    Step { standing, before: job.state, reason, due_in: None, writes_ledger: true }
}

fn in_state(job: Standing, state: State) -> Standing {
    Standing { state, from: state, ..job }
}
