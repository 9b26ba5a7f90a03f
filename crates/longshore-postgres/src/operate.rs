//! The role of whoever steps in.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use longshore_core::{JobId, JobUpdate, Limits, State};
use longshore_store::{Cancelled, Deleted, Hint, Operate, Released, Result, Retried, Updated};
use uuid::Uuid;

use crate::{
    bind::bind,
    moves::{Verb, Verdict},
    row::get,
    store::PostgresStore,
};

#[async_trait]
impl Operate for PostgresStore {
    async fn cancel(&self, ids: &[JobId]) -> Result<Vec<Cancelled>> {
        let verdicts = self.step_in(Verb::Cancel, ids).await?;
        let answer = |id| match verdicts.get(id) {
            None => Cancelled::NotFound,
            Some(Verdict::Moved) => Cancelled::Done,
            Some(Verdict::Asked) => Cancelled::Requested,
            Some(Verdict::Refused(state)) => Cancelled::AlreadyOver(*state),
            Some(Verdict::KeyTaken(_)) => Cancelled::AlreadyOver(State::Discarded),
        };
        Ok(ids.iter().map(answer).collect())
    }

    async fn retry(&self, ids: &[JobId]) -> Result<Vec<Retried>> {
        let verdicts = self.step_in(Verb::Retry, ids).await?;
        let answer = |id| match verdicts.get(id) {
            None => Retried::NotFound,
            Some(Verdict::Moved | Verdict::Asked) => Retried::Done,
            Some(Verdict::Refused(state)) => Retried::Refused(*state),
            Some(Verdict::KeyTaken(holder)) => Retried::KeyTaken(*holder),
        };
        Ok(ids.iter().map(answer).collect())
    }

    async fn release(&self, ids: &[JobId]) -> Result<Vec<Released>> {
        let verdicts = self.step_in(Verb::Release, ids).await?;
        let answer = |id| match verdicts.get(id) {
            None => Released::NotFound,
            Some(Verdict::Moved | Verdict::Asked) => Released::Done,
            Some(Verdict::Refused(state)) => Released::Refused(*state),
            Some(Verdict::KeyTaken(_)) => Released::Refused(State::Discarded),
        };
        Ok(ids.iter().map(answer).collect())
    }

    async fn update(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        self.change_job(id, update).await
    }

    async fn delete_dead(&self, ids: &[JobId]) -> Result<Vec<Deleted>> {
        let mut sorted: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        sorted.sort_unstable();
        let mut gone = HashSet::new();
        for row in self.change(|sql| &sql.delete_dead, bind![sorted]?).await? {
            gone.insert(JobId(get(&row, "id")?));
        }
        let states = self.states(ids).await?;
        let answer = |(id, state): (&JobId, Option<State>)| match state {
            _ if gone.remove(id) => Deleted::Done,
            None => Deleted::NotFound,
            Some(state) => Deleted::Refused(state),
        };
        Ok(ids.iter().zip(states).map(answer).collect())
    }

    async fn pause(&self, queue: &str) -> Result<bool> {
        Ok(!self.change(|sql| &sql.pause, bind![queue]?).await?.is_empty())
    }

    async fn resume(&self, queue: &str) -> Result<bool> {
        let resumed = !self.change(|sql| &sql.resume, bind![queue]?).await?.is_empty();
        if resumed {
            let queue: Arc<str> = queue.into();
            self.inner.notifier.wake(&self.thread, &queue);
            self.inner.board.post(Hint::Queue(queue));
        }
        Ok(resumed)
    }

    fn limits(&self) -> Limits {
        self.inner.options.limits
    }
}
