//! Which handler runs which kind, with payload types and state erased.

use std::{collections::HashMap, fmt, future::Future, sync::Arc};

use futures_util::future::{BoxFuture, FutureExt};
use longshore_core::Payload;

use crate::{
    Ctx, Error, Handler, Job, SetupError,
    handler::{Answer, IntoAnswer},
};

type Call<S> = Arc<dyn Fn(&Ctx, &S) -> Result<BoxFuture<'static, Answer>, Error> + Send + Sync>;

/// The handlers of a worker while it is being built.
pub(crate) struct Registry<S> {
    entries: Vec<Entry<S>>,
}

struct Entry<S> {
    kind: Arc<str>,
    /// The queue that such jobs stand in by default.
    queue: &'static str,
    call: Call<S>,
}

impl<S: Send + Sync + 'static> Registry<S> {
    pub(crate) fn new() -> Self {
        Self { entries: Vec::new() }
    }

    pub(crate) fn add<Args, H: Handler<Args, S>>(&mut self, handler: H) {
        let call: Call<S> = Arc::new(move |ctx, state| Ok(handler.call(ctx.decode()?, ctx, state)));
        self.entries.push(Entry { kind: H::Job::KIND.into(), queue: H::Job::QUEUE, call });
    }

    pub(crate) fn add_raw<F, Run>(&mut self, kind: Arc<str>, handler: F)
    where
        F: Fn(Payload, Ctx) -> Run + Send + Sync + 'static,
        Run: Future<Output: IntoAnswer> + Send + 'static,
    {
        let call: Call<S> = Arc::new(move |ctx, _state| {
            Ok(handler(ctx.payload().clone(), ctx.clone()).map(IntoAnswer::into_answer).boxed())
        });
        self.entries.push(Entry { kind, queue: longshore_core::DEFAULT_QUEUE, call });
    }

    pub(crate) fn kinds(&self) -> Vec<Arc<str>> {
        self.entries.iter().map(|entry| entry.kind.clone()).collect()
    }

    /// The default queues of the kinds, each once.
    pub(crate) fn queues(&self) -> Vec<Arc<str>> {
        let mut queues: Vec<_> = self.entries.iter().map(|entry| entry.queue.into()).collect();
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    /// Ties the handlers to their state.
    pub(crate) fn bind(self, state: S) -> Result<Handlers, SetupError> {
        let state = Arc::new(state);
        let mut handlers = HashMap::with_capacity(self.entries.len());
        for Entry { kind, call, .. } in self.entries {
            let state = state.clone();
            let bound: Bound = Box::new(move |ctx| call(ctx, &state));
            if handlers.insert(kind.clone(), bound).is_some() {
                return Err(SetupError::DuplicateKind(kind.to_string()));
            }
        }
        if handlers.is_empty() {
            return Err(SetupError::NoHandler);
        }
        let mut kinds: Vec<_> = handlers.keys().cloned().collect();
        kinds.sort_unstable();
        Ok(Handlers { handlers, kinds: kinds.into() })
    }
}

impl<S> fmt::Debug for Registry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries.iter().map(|entry| &entry.kind)).finish()
    }
}

type Bound = Box<dyn Fn(&Ctx) -> Result<BoxFuture<'static, Answer>, Error> + Send + Sync>;

/// The handlers of a running worker.
pub(crate) struct Handlers {
    handlers: HashMap<Arc<str>, Bound>,
    kinds: Arc<[Arc<str>]>,
}

impl Handlers {
    pub(crate) fn kinds(&self) -> &Arc<[Arc<str>]> {
        &self.kinds
    }

    /// Decodes the payload and starts the handler.
    pub(crate) fn call(&self, ctx: &Ctx) -> Result<BoxFuture<'static, Answer>, Error> {
        match self.handlers.get(ctx.kind()) {
            Some(bound) => bound(ctx),
            // A storage hands out only kinds that were asked for, so nobody should ever see this.
            None => Err(format!("this worker has no handler for kind `{}`", ctx.kind()).into()),
        }
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.kinds.iter()).finish()
    }
}
