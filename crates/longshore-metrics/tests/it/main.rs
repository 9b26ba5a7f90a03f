//! The decorator: transparent, honest, bounded.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod board;
mod bounds;
mod counts;
mod ends;
mod laws;
mod names;
mod shared;
mod weeks;
mod worker;
