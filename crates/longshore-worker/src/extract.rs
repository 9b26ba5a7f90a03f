//! What a handler may take after its payload: the job's facts, and the worker's state.

use crate::Ctx;

/// An argument of a handler after the payload.
///
/// [`Ctx`] and [`State`] are such; a program may add its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no argument of a job handler on a worker with state `{S}`",
    note = "the first argument is the payload (it implements `Job`); later ones are `Ctx`, or `State<T>` \
            where `T` is `{S}` or implements `FromRef<{S}>`"
)]
pub trait FromJob<S>: Sized + Send {
    /// Makes the argument for one run.
    fn from_job(ctx: &Ctx, state: &S) -> Self;
}

/// The state that was given to [`Worker::with_state`](crate::Worker::with_state), or a part of it.
///
/// ```
/// use longshore_worker::{FromRef, Job, Result, State};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)] struct SendEmail { to: String }
/// # impl Job for SendEmail { const KIND: &'static str = "send_email"; }
/// #[derive(Clone)]
/// struct Mailer;
///
/// #[derive(Clone)]
/// struct App {
///     mailer: Mailer,
/// }
///
/// impl FromRef<App> for Mailer {
///     fn from_ref(app: &App) -> Self {
///         app.mailer.clone()
///     }
/// }
///
/// async fn send_email(job: SendEmail, State(mailer): State<Mailer>) -> Result {
///     let _ = (job.to, mailer);
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct State<T>(pub T);

/// A part of a worker's state.
pub trait FromRef<S>: Send {
    /// Takes the part out; usually a cheap clone.
    fn from_ref(state: &S) -> Self;
}

impl<S: Clone + Send> FromRef<S> for S {
    fn from_ref(state: &S) -> S {
        state.clone()
    }
}

impl<S> FromJob<S> for Ctx {
    fn from_job(ctx: &Ctx, _state: &S) -> Self {
        ctx.clone()
    }
}

impl<S, T: FromRef<S>> FromJob<S> for State<T> {
    fn from_job(_ctx: &Ctx, state: &S) -> Self {
        Self(T::from_ref(state))
    }
}
