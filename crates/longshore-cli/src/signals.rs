//! SIGTERM and ctrl-c: the first lets running jobs end, the second gives them back.

use std::io;

use longshore::worker::{Event, Running};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{exit, monitoring::Monitoring};

/// Both ways to be asked to stop.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

/// How a worker came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Nothing was left to do.
    Drained,
    /// It was asked to, and let running jobs end.
    Orderly,
    /// It was asked twice, and gave running jobs back.
    AtOnce,
}

impl Signals {
    /// From here on these signals no longer end the process by themselves.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Lets a worker run until it is asked to stop, or if `drain` is set until nothing is due. Whoever asks
/// is told when it claims no more.
pub(crate) async fn mind(
    mut running: Running,
    signals: &mut Signals,
    drain: bool,
    monitoring: &Monitoring,
) -> anyhow::Result<Stopped> {
    let mut events = running.events();
    let drained =
        async { if drain { running.drained().await } else { std::future::pending().await } };
    let stopped = tokio::select! {
        () = drained => Stopped::Drained,
        () = signals.next() => Stopped::Orderly,
        // It broke off by itself; its end says why.
        _ = events.find(|event| matches!(event, Event::Stopped).then_some(())) => Stopped::Drained,
    };
    if stopped == Stopped::Orderly {
        tracing::info!("stopping: running jobs are let to their end; ask again to give them back");
    }
    monitoring.leaving();
    running.request_stop();
    tokio::select! {
        end = running.ended() => {
            end.map_err(exit::of_worker)?;
            return Ok(stopped);
        }
        () = signals.next() => running.request_stop(),
    }
    running.ended().await.map_err(exit::of_worker)?;
    Ok(Stopped::AtOnce)
}
