//! The role of whoever brings work.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_core::NewJob;
use longshore_store::{Boxed, Enqueued, Produce, Result};
use sqlx::{PgConnection, SqlStr};

use crate::{
    enqueue,
    error::is_taken,
    lanes,
    options::Pooler,
    store::{Inner, PostgresStore},
    unit::Unit,
    wire::Wire,
};

#[async_trait]
impl Produce for PostgresStore {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        self.check(jobs)?;
        let all: Arc<[NewJob]> = jobs.into();
        let enqueued = self.repeat(move |inner| store(inner, all.clone())).await?;
        self.wake(lanes::ready(jobs));
        Ok(enqueued)
    }
}

impl PostgresStore {
    /// Stores jobs inside the caller's open transaction, and never commits it.
    ///
    /// The jobs exist when that transaction is committed. After the commit the caller may
    /// [hint](longshore_store::Consume::hint) their lanes; else polling finds them. After an error the
    /// transaction can only be rolled back.
    ///
    /// # Errors
    /// As [`Produce::enqueue`]; [`Busy`](longshore_store::ErrorKind::Busy) means that the whole
    /// transaction is worth repeating.
    pub async fn enqueue_in(
        &self,
        connection: &mut PgConnection,
        jobs: &[NewJob],
    ) -> Result<Vec<Enqueued>> {
        self.store_in(connection, jobs).await
    }

    fn store_in<'w>(
        &'w self,
        connection: &'w mut PgConnection,
        jobs: &'w [NewJob],
    ) -> Boxed<'w, Vec<Enqueued>> {
        Box::pin(async move {
            if jobs.is_empty() {
                return Ok(Vec::new());
            }
            self.check(jobs)?;
            // On a connection of our own: two open transactions never wait for each other's new lane.
            let (inner, lanes) = (self.inner.clone(), lanes::distinct(jobs));
            self.thread.run(async move { inner.register(&lanes).await }).await?;
            let (mut wire, sql) = (self.callers_wire(connection), &self.inner.sql);
            // A failure would be the end of the caller's transaction: no id is taken for new.
            enqueue::all(&mut wire, sql, &sql.enqueue, jobs).await
        })
    }

    fn check(&self, jobs: &[NewJob]) -> Result<()> {
        jobs.iter().try_for_each(|job| self.inner.options.limits.check(job)).map_err(Into::into)
    }

    /// The way to use a connection that belongs to the caller.
    pub(crate) fn callers_wire<'c>(&self, connection: &'c mut PgConnection) -> Wire<'c> {
        Wire { connection, prepared: self.inner.options.pooler == Pooler::None, patience: None }
    }
}

async fn store(inner: Arc<Inner>, jobs: Arc<[NewJob]>) -> Result<Vec<Enqueued>> {
    inner.register(&lanes::distinct(jobs.iter())).await?;
    if let Some(trusting) = inner.trust.statement() {
        match store_with(&inner, trusting, &jobs).await {
            Err(error) if is_taken(&error) => inner.trust.was_wrong(),
            answer => return answer,
        }
    }
    store_with(&inner, &inner.sql.enqueue, &jobs).await
}

async fn store_with(inner: &Inner, insert: &SqlStr, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
    let mut unit = match enqueue::is_one_statement(jobs) {
        true => Unit::single(&inner.work, inner.manner).await?,
        false => Unit::transaction(&inner.work, inner.manner).await?,
    };
    let answer = enqueue::all(&mut unit.wire(), &inner.sql, insert, jobs).await;
    unit.close(answer).await
}
