//! Handlers: plain async functions of a payload and up to four arguments more.

use std::future::Future;

use futures_util::future::BoxFuture;
use longshore_core::Payload;
use serde::Serialize;

use crate::{Ctx, Error, FromJob, Job, Result};

/// What a run came to: the result to be kept, if there is one.
pub(crate) type Answer = Result<Option<Payload>>;

/// Runs jobs of one kind. Implemented for async functions:
/// `async fn(payload: J, [Ctx], [State<T>], ..) -> Result<T, E>` with up to four arguments after the
/// payload, in any order. A returned value is the job's result; `()` (and everything that is `null` in
/// JSON) means that there is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no job handler for a worker with state `{S}`",
    note = "write `async fn name(payload: P, [Ctx], [State<T>]) -> Result<R, E>` where `P: Job`, \
            `R: Serialize`, and `E` is `longshore::Error` or any error"
)]
pub trait Handler<Args, S>: Send + Sync + 'static {
    /// The payload type.
    type Job: Job;

    /// Starts a run; the future does the work.
    #[doc(hidden)]
    fn call(&self, job: Self::Job, ctx: &Ctx, state: &S) -> BoxFuture<'static, Answer>;
}

/// What a handler may return: a [`Result`] of something serialisable and of any error.
#[diagnostic::on_unimplemented(
    message = "a job handler must return `Result<R, E>`, not `{Self}`",
    note = "`R` is `()` or implements `serde::Serialize`; `E` is `longshore::Error` or any error"
)]
pub trait IntoAnswer {
    #[doc(hidden)]
    fn into_answer(self) -> Answer;
}

impl<T: Serialize, E: Into<Error>> IntoAnswer for std::result::Result<T, E> {
    fn into_answer(self) -> Answer {
        let value = self.map_err(Into::into)?;
        let result = Payload::of(&value).map_err(Error::unusable_result)?;
        Ok(Some(result).filter(|result| result.as_str() != "null"))
    }
}

macro_rules! handlers {
    ($($argument:ident)*) => {
        impl<F, Run, J, S, $($argument,)*> Handler<(J, $($argument,)*), S> for F
        where
            F: Fn(J, $($argument),*) -> Run + Send + Sync + 'static,
            Run: Future + Send + 'static,
            Run::Output: IntoAnswer,
            J: Job,
            $($argument: FromJob<S>,)*
        {
            type Job = J;

            #[allow(unused_variables, reason = "a handler may take the payload alone")]
            fn call(&self, job: J, ctx: &Ctx, state: &S) -> BoxFuture<'static, Answer> {
                let run = self(job, $($argument::from_job(ctx, state)),*);
                Box::pin(async move { run.await.into_answer() })
            }
        }
    };
}

handlers!();
handlers!(A);
handlers!(A B);
handlers!(A B C);
handlers!(A B C D);
