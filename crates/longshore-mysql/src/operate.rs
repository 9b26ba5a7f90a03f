//! The role of whoever steps in.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use longshore_core::{JobId, JobUpdate, Limits, State};
use longshore_store::{Cancelled, Deleted, Hint, Operate, Released, Result, Retried, Updated};

use crate::{
    bind::{at, bind},
    document::Document,
    moves::{Verb, Verdict},
    row::get,
    sql::Sql,
    store::{Inner, MysqlStore},
    unit::Unit,
    wire::Wire,
};

#[async_trait]
impl Operate for MysqlStore {
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
        let sorted: BTreeSet<JobId> = ids.iter().copied().collect();
        let mut gone = self.repeat(move |inner| delete_dead(inner, sorted.clone())).await?;
        let states = self.states(ids).await?;
        let answer = |(id, state): (&JobId, Option<State>)| match state {
            _ if gone.remove(id) => Deleted::Done,
            None => Deleted::NotFound,
            Some(state) => Deleted::Refused(state),
        };
        Ok(ids.iter().zip(states).map(answer).collect())
    }

    async fn pause(&self, queue: &str) -> Result<bool> {
        let queue: Arc<str> = queue.into();
        self.repeat(move |inner| pause(inner, queue.clone())).await
    }

    async fn resume(&self, queue: &str) -> Result<bool> {
        let resumed = self.change(|sql| &sql.resume, bind![queue]?).await? > 0;
        if resumed {
            self.inner.board.post(Hint::Queue(queue.into()));
        }
        Ok(resumed)
    }

    fn limits(&self) -> Limits {
        self.inner.options.limits
    }
}

async fn delete_dead(inner: Arc<Inner>, ids: BTreeSet<JobId>) -> Result<BTreeSet<JobId>> {
    let mut unit = Unit::begin(&inner.work).await?;
    let answer = delete(&mut unit.wire(), &inner.sql, &ids).await;
    unit.close(answer).await
}

async fn delete(wire: &mut Wire<'_>, sql: &Sql, ids: &BTreeSet<JobId>) -> Result<BTreeSet<JobId>> {
    let ids = Document::of_ids(ids.iter().map(|id| id.0));
    let mut found = BTreeSet::new();
    for row in wire.rows(&sql.dead, bind![ids]?).await? {
        found.insert(JobId(get(&row, "id")?));
    }
    if !found.is_empty() {
        let ids = Document::of_ids(found.iter().map(|id| id.0));
        wire.change(&sql.leave_dead, bind![ids]?).await?;
    }
    Ok(found)
}

async fn pause(inner: Arc<Inner>, queue: Arc<str>) -> Result<bool> {
    let (mut unit, now) = Unit::timed(&inner.work).await?;
    let mut wire = unit.wire();
    let answer = async {
        wire.change(&inner.sql.name_queue, bind![&*queue]?).await?;
        Ok(wire.change(&inner.sql.pause, bind![at(now), &*queue]?).await? > 0)
    };
    let answer = answer.await;
    unit.close(answer).await
}
