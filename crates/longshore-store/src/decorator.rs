//! Storages that pass every call on to another one, and do something beside it.

use longshore_core::NewJob;

use crate::{Enqueued, Store};

/// What a storage that decorates another one adds to the roles, for whoever needs the engine itself: a
/// connection of the caller's own fits one engine and no decorator.
///
/// A decorator is transparent: its answers, errors and laws are those of the storage beneath. It implements
/// every method of every role, also those with a default (`#[deny(clippy::missing_trait_methods)]` sees to
/// it), and [`Maintain::as_decorator`](crate::Maintain::as_decorator) shows it.
pub trait Decorator: Send + Sync {
    /// The storage that it passes its calls to; it may be a decorator, too.
    fn beneath(&self) -> &dyn Store;

    /// Jobs were stored by the engine itself, inside a transaction of the caller's own that is still open:
    /// what came of each. Nobody says later whether it was committed.
    fn enqueued_in(&self, jobs: &[NewJob], enqueued: &[Enqueued]);
}
