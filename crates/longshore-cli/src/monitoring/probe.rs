//! A question to the storage on behalf of visitors: at most one is under way, and none waits long.

use std::{
    fmt,
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::time::{Instant, timeout};

/// Longest wait of a visitor.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// A question that hangs is given up, so that the next one may take a connection that lives.
const GIVE_UP: Duration = Duration::from_secs(30);

/// A question, and what was answered to it last.
pub(super) struct Probe<T> {
    /// So long an answer is good enough for whoever asks again.
    fresh: Duration,
    last: Mutex<Option<(Instant, Asked<T>)>>,
}

type Asked<T> = Shared<BoxFuture<'static, Result<T, String>>>;

impl<T> Probe<T> {
    pub(super) fn fresh_for(fresh: Duration) -> Self {
        Self { fresh, last: Mutex::default() }
    }
}

impl<T: Clone + Send + Sync + 'static> Probe<T> {
    /// Asks, or joins whoever is asking. After [`PATIENCE`] the caller goes on without an answer; the question
    /// stays, and the next caller joins it.
    pub(super) async fn ask<F, E>(&self, question: impl FnOnce() -> F) -> Result<T, String>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: fmt::Display,
    {
        match timeout(PATIENCE, self.under_way(question)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("the database did not answer within {PATIENCE:?}")),
        }
    }

    fn under_way<F, E>(&self, question: impl FnOnce() -> F) -> Asked<T>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: fmt::Display,
    {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, asked)) = &*last
            && asked.peek().is_none_or(|answer| answer.is_ok() && at.elapsed() < self.fresh)
        {
            return asked.clone();
        }
        let question = question();
        let task = tokio::spawn(async move {
            match timeout(GIVE_UP, question).await {
                Ok(answer) => answer.map_err(|error| error.to_string()),
                Err(_) => Err(format!("the database did not answer within {GIVE_UP:?}")),
            }
        });
        let asked = task.map(|ended| ended.unwrap_or_else(|error| Err(error.to_string())));
        let asked = asked.boxed().shared();
        *last = Some((Instant::now(), asked.clone()));
        asked
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_in_vain_leaves_and_the_next_one_joins_the_same_question() {
        let (probe, answer) = (Probe::fresh_for(Duration::ZERO), Arc::new(Notify::new()));
        let asked = Arc::new(AtomicU32::new(0));
        let question = || {
            let (asked, answer) = (asked.clone(), answer.clone());
            async move {
                asked.fetch_add(1, Ordering::Relaxed);
                answer.notified().await;
                Ok::<_, String>(7)
            }
        };
        let start = Instant::now();
        let (first, second) = tokio::join!(probe.ask(question), probe.ask(question));
        assert!(first.is_err() && second.is_err());
        assert_eq!(start.elapsed(), PATIENCE);
        answer.notify_one();
        assert_eq!(probe.ask(question).await, Ok(7));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_hangs_is_given_up_and_asked_anew() {
        let probe = Probe::fresh_for(Duration::ZERO);
        assert!(probe.ask(std::future::pending::<Result<i32, String>>).await.is_err());
        tokio::time::advance(GIVE_UP).await;
        while probe.ask(|| async { Ok::<_, String>(1) }).await != Ok(1) {}
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_serves_while_it_is_fresh_and_a_failure_does_not() {
        let probe = Probe::fresh_for(Duration::from_secs(60));
        let say = |answer: Result<i32, &'static str>| probe.ask(move || async move { answer });
        assert_eq!(say(Err("down")).await, Err("down".into()));
        assert_eq!(say(Ok(1)).await, Ok(1));
        assert_eq!(say(Ok(2)).await, Ok(1));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(say(Ok(2)).await, Ok(2));
    }
}
