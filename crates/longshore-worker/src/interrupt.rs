//! The signals by which an operator or a supervisor ends a process.

use tokio::signal;

/// Waits for ctrl-c or, where there is such a thing, SIGTERM.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                ctrl_c = signal::ctrl_c() => if ctrl_c.is_ok() { return },
            }
        }
    }
    if signal::ctrl_c().await.is_err() {
        // No signal can be caught here: the worker runs until it is stopped otherwise.
        std::future::pending::<()>().await;
    }
}
