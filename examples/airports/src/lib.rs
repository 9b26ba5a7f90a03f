//! 28,298 airports, one job each: which other airport is nearest?
//!
//! The example that `longshore up --demo` runs. It is small enough to read in ten minutes and does what
//! a program of your own does: a payload type ([`NearestAirport`]), a handler ([`nearest_airport`]), bulk
//! enqueue with unique keys ([`enqueue_all`]), and results read back ([`loneliest`]).

mod airport;
mod demand;
mod earth;
mod loneliest;
mod nearest;

pub use airport::{Airport, airports, find};
pub use demand::{Demand, enqueue_all};
pub use earth::{Place, compass};
pub use loneliest::{Lonely, loneliest};
pub use nearest::{Nearest, NearestAirport, QUEUE, nearest_airport, register};
