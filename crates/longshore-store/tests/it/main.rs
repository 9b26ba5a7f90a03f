//! What the contract itself does: repeating, its thread, its hints, its errors.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hints;
mod rescuing;
mod retrying;
mod thread;
