//! Longshore's runtime: claims jobs, runs typed handlers, finishes, keeps leases, stops gracefully.
//!
//! A [`Worker`] is built from a storage, handlers and queues, and then run. Inside, a few tasks pass jobs on:
//!
//! ```text
//!  fetcher ── claim ──▶ lines ── a slot is free ──▶ runs ── outcome ──▶ finisher ── finish ──▶ storage
//!     ▲                                                                     │
//!     └───────────────────────────── room ◀─────────────────────────────────┘
//!  heart (a thread of its own): renews every lease      keeper: rescues, samples, weeks, retention
//! ```
//!
//! | file | its idea |
//! |---|---|
//! | `job`, `handler`, `extract`, `ctx`, `error` | what a program writes: payloads, async functions, facts, wishes |
//! | `worker`, `setup`, `registry`, `running`, `events` | how it is put together, started, watched |
//! | `fetch`, `lanes`, `fairness`, `pace` | which jobs to ask for, how many, when |
//! | `line`, `slots`, `lease`, `leases`, `run` | slots, the leases held, one run |
//! | `spans`, `job_logs`, `otel` | by what lines and traces find their job; what a run says |
//! | `verdict`, `report` | what a run means for its job, and writing it down |
//! | `heart`, `keep`, `retention`, `stop`, `part`, `patience` | leases, upkeep, the orderly end, trouble |
//! | `poller`, `polled` | the same without a runtime, for programs that drive their own loop |
//! | `coalescer`, `awaiting` | the side that enqueues and waits for results |

mod awaiting;
mod clock;
mod coalescer;
mod ctx;
mod error;
mod events;
mod extract;
mod fairness;
mod fetch;
mod handler;
mod heart;
mod interrupt;
mod job;
#[cfg(feature = "logs")]
mod job_logs;
mod keep;
mod lanes;
mod lease;
mod leases;
mod line;
#[cfg(feature = "otel")]
pub mod otel;
mod pace;
mod part;
mod patience;
mod polled;
mod poller;
mod registry;
mod report;
mod retention;
mod run;
mod running;
mod runtime;
mod setup;
mod signal;
mod slots;
mod spans;
mod stop;
pub mod testing;
mod verdict;
mod worker;

pub use awaiting::wait;
pub use clock::Clock;
pub use coalescer::Coalescer;
pub use ctx::Ctx;
pub use error::{Error, Result};
pub use events::{Event, Events, Finished};
pub use extract::{FromJob, FromRef, State};
pub use handler::{Handler, IntoAnswer};
pub use job::Job;
#[cfg(feature = "logs")]
pub use job_logs::JobLogs;
pub use polled::{Polled, PolledJob};
pub use poller::Poller;
pub use running::Running;
pub use setup::SetupError;
pub use worker::Worker;
