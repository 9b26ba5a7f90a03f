//! The parts of a worker, which may not end before it does: one that panics stops the others, and its
//! panic is what the worker ends with.

use std::{any::Any, future::Future, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use tokio::task::JoinHandle;

use crate::runtime::Runtime;

/// What a worker is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Fetcher,
    Keeper,
    Finisher,
    Heart,
}

impl Part {
    /// Starts a part as a task.
    pub(crate) fn spawn(
        self,
        runtime: &Arc<Runtime>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let runtime = runtime.clone();
        tokio::spawn(async move { self.watch(&runtime, work).await })
    }

    /// Does the work of a part, wherever it runs.
    pub(crate) async fn watch(self, runtime: &Runtime, work: impl Future<Output = ()>) {
        if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
            self.broke_off(runtime, &*panic);
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Fetcher => "fetcher",
            Self::Keeper => "keeper",
            Self::Finisher => "finisher",
            Self::Heart => "heart",
        }
    }

    fn broke_off(self, runtime: &Runtime, panic: &(dyn Any + Send)) {
        let message = format!("the {} of the worker panicked: {}", self.name(), text(panic));
        tracing::error!(message, "the worker stops");
        let _ = runtime.broken.set(message);
        // Without these two no run can end well: what runs is given back at once.
        if matches!(self, Self::Finisher | Self::Heart) {
            runtime.hurry.raise();
        }
        runtime.stop.raise();
    }
}

/// What a panic said.
pub(crate) fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message")
}
