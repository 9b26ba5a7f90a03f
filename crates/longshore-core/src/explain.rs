//! "Why is this job not running?", answered from facts.

use std::fmt;

use serde::Serialize;

use crate::{Reason, State, Timestamp};

/// The facts that an answer needs, gathered by the storage.
#[derive(Clone, Debug, PartialEq)]
pub struct Circumstances {
    /// The database's clock.
    pub now: Timestamp,
    /// The job's state.
    pub state: State,
    /// Why it came into it.
    pub reason: Option<Reason>,
    /// Its queue.
    pub queue: String,
    /// Its kind.
    pub kind: String,
    /// When it is due, while it waits.
    pub due_at: Option<Timestamp>,
    /// How often it was claimed.
    pub attempt: u32,
    /// The last attempt it may make.
    pub last_attempt: u32,
    /// While it runs: until when its lease holds.
    pub lease_until: Option<Timestamp>,
    /// While it runs: whether somebody asked to cancel it.
    pub cancel_requested: bool,
    /// Since when its queue is paused.
    pub paused_since: Option<Timestamp>,
    /// Live workers.
    pub workers: u32,
    /// Live workers that listen to its queue; one that is stopping takes no more jobs and does not count.
    pub listening: u32,
    /// Of those, workers that have a handler for its kind.
    pub able: u32,
    /// Due jobs of its queue with a higher priority, or before it in its lane; counted up to 10,000.
    pub ahead: u32,
}

/// One reason why a job does not run now, or that it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Because {
    /// It is over.
    Terminal {
        /// How.
        state: State,
        /// Why.
        reason: Option<Reason>,
    },
    /// It runs.
    Running {
        /// Until when its lease holds.
        lease_until: Option<Timestamp>,
    },
    /// Its lease has expired; a rescue takes it back.
    LeaseExpired {
        /// When it expired.
        since: Timestamp,
    },
    /// Somebody asked to cancel it; the handler was told.
    CancelRequested,
    /// It waits for a release.
    Held,
    /// It is not due.
    NotDue {
        /// When it is.
        due_at: Timestamp,
        /// Why it waits: scheduled, snoozed, retry …
        reason: Option<Reason>,
    },
    /// Its queue is paused.
    Paused {
        /// The queue.
        queue: String,
        /// Since when.
        since: Timestamp,
    },
    /// No worker is alive.
    NoWorker,
    /// Workers are alive, but none listens to its queue.
    NobodyListens {
        /// The queue.
        queue: String,
    },
    /// Workers listen, but none handles its kind.
    NobodyHandles {
        /// The kind.
        kind: String,
    },
    /// Others come first.
    Behind {
        /// How many, counted up to 10,000.
        jobs: u32,
    },
    /// Nothing stands in its way: the next claim takes it.
    Next,
}

/// Says why a job does not run, most decisive first; never empty.
#[must_use]
pub fn explain(facts: &Circumstances) -> Vec<Because> {
    match facts.state {
        state if state.is_terminal() => vec![Because::Terminal { state, reason: facts.reason }],
        State::Held => vec![Because::Held],
        State::Running => running(facts),
        _ => waiting(facts),
    }
}

fn running(facts: &Circumstances) -> Vec<Because> {
    let mut why = match facts.lease_until {
        Some(since) if since < facts.now => vec![Because::LeaseExpired { since }],
        lease_until => vec![Because::Running { lease_until }],
    };
    if facts.cancel_requested {
        why.push(Because::CancelRequested);
    }
    why
}

fn waiting(facts: &Circumstances) -> Vec<Because> {
    let mut why = Vec::new();
    if let Some(due_at) = facts.due_at.filter(|due| *due > facts.now) {
        why.push(Because::NotDue { due_at, reason: facts.reason });
    }
    if let Some(since) = facts.paused_since {
        why.push(Because::Paused { queue: facts.queue.clone(), since });
    }
    if facts.workers == 0 {
        why.push(Because::NoWorker);
    } else if facts.listening == 0 {
        why.push(Because::NobodyListens { queue: facts.queue.clone() });
    } else if facts.able == 0 {
        why.push(Because::NobodyHandles { kind: facts.kind.clone() });
    }
    if why.is_empty() && facts.ahead > 0 {
        why.push(Because::Behind { jobs: facts.ahead });
    }
    if why.is_empty() {
        why.push(Because::Next);
    }
    why
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Terminal { state, reason: Some(Reason::Correlated) } => {
                write!(
                    f,
                    "it is {state}: another job of its correlation id completed, and closed those that waited"
                )
            }
            Self::Terminal { state, reason: Some(reason) } => write!(f, "it is {state} ({reason})"),
            Self::Terminal { state, reason: None } => write!(f, "it is {state}"),
            Self::Running { lease_until: Some(until) } => {
                write!(f, "it runs; its lease holds until {until}")
            }
            Self::Running { lease_until: None } => f.write_str("it runs"),
            Self::LeaseExpired { since } => {
                write!(
                    f,
                    "its worker went silent: the lease expired at {since}; a worker's next rescue takes it back"
                )
            }
            Self::CancelRequested => f.write_str(
                "somebody asked to cancel it; its handler is told at the next heartbeat",
            ),
            Self::Held => f.write_str("it is held: release it, or its batch"),
            Self::NotDue { due_at, reason: Some(reason) } => {
                write!(f, "it is due at {due_at} ({reason})")
            }
            Self::NotDue { due_at, reason: None } => write!(f, "it is due at {due_at}"),
            Self::Paused { queue, since } => {
                write!(
                    f,
                    "queue `{queue}` is paused since {since}: `longshore queues resume {queue}` lets it go on"
                )
            }
            Self::NoWorker => f.write_str(
                "no worker is alive: start one with `longshore worker` or in your program",
            ),
            Self::NobodyListens { queue } => write!(f, "no live worker listens to queue `{queue}`"),
            Self::NobodyHandles { kind } => {
                write!(f, "no live worker of its queue has a handler for kind `{kind}`")
            }
            Self::Behind { jobs } => write!(f, "{jobs} due jobs come first"),
            Self::Next => f.write_str("nothing stands in its way: the next claim takes it"),
        }
    }
}
