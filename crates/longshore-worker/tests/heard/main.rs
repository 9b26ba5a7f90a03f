//! What a worker tells those who listen. A program of its own: what nobody listened to when it was said first is
//! not looked at again, and the tests of another program would decide that.

#![cfg(feature = "logs")]
#![allow(clippy::unwrap_used, reason = "a test that meets no value has failed")]

#[path = "../it/harbour.rs"]
#[allow(dead_code, reason = "these tests need a part of it")]
mod harbour;
mod spans;
#[cfg(feature = "otel")]
mod traces;

use std::sync::{Arc, Once};

use longshore_store::Store;

/// An empty storage, and from here on somebody who listens to everything, wherever nobody else does.
fn memory() -> Arc<dyn Store> {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    });
    harbour::memory()
}
