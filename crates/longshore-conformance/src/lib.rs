//! The definition of a correct storage: the cases that each one passes, and the model it agrees with.
//!
//! A storage proves itself in its own tests. It says how to make a fresh database ([`Disposable`]) and
//! names it in [`conformance!`], which makes one test of every case:
//!
//! ```
//! use longshore_conformance::{MemoryStore, conformance};
//! conformance!(Some(MemoryStore::new()));
//! ```
//!
//! The expression is evaluated once for each case; it may await, and `None` skips the case (see
//! [`skipped`]). A test binary may hold several suites, each in a module of its own. A decorated storage
//! ([`Decorated`]) whose engine is proven takes the whole suite on one engine, and [`smoke!`] on the others.

pub mod cases;
mod crew;
mod disposable;
mod model;
mod smoke;
mod suite;
pub mod witness;

pub use crew::{
    Crew, KIND, LEASE, default_lane, failed, failed_for_an_hour, failed_for_now, finish, job, lane,
};
pub use disposable::{Decorated, Disposable, skipped};
pub use model::MemoryStore;
