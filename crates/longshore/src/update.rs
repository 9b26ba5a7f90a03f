//! Changing a job that does not run.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
};

use longshore_core::{Invalid, JobId, JobUpdate, Label, Payload};
use longshore_store::{Result, Updated};
use longshore_worker::Job;
use serde::Serialize;

use crate::Client;

/// A change that is about to be made: `.await` makes it. What it does not name stays as it is.
///
/// A value that cannot be stored is reported by the `.await`, with nothing changed.
#[must_use = "an update does nothing until it is awaited"]
#[derive(Debug)]
pub struct Update<'c> {
    client: &'c Client,
    id: JobId,
    update: Result<JobUpdate, Invalid>,
}

impl<'c> Update<'c> {
    pub(crate) fn new(client: &'c Client, id: JobId) -> Self {
        Self { client, id, update: Ok(JobUpdate::default()) }
    }

    fn with(mut self, change: impl FnOnce(&mut JobUpdate)) -> Self {
        if let Ok(update) = &mut self.update {
            change(update);
        }
        self
    }

    /// What its handler gets from now on: the job's type again, with other values.
    #[expect(clippy::needless_pass_by_value, reason = "as a job is enqueued")]
    pub fn job<J: Job>(self, job: J) -> Self {
        self.payload(&job)
    }

    /// What its handler gets from now on, as any JSON.
    pub fn payload<T: Serialize + ?Sized>(mut self, payload: &T) -> Self {
        self.update = self
            .update
            .and_then(|update| Ok(JobUpdate { payload: Some(Payload::of(payload)?), ..update }));
        self
    }

    /// Sets one label; the others stay.
    pub fn label(self, name: impl Into<String>, value: impl Into<Label>) -> Self {
        self.with(|update| {
            update.labels.insert(name.into(), Some(value.into()));
        })
    }

    /// Takes one label off, if it is there.
    pub fn without_label(self, name: impl Into<String>) -> Self {
        self.with(|update| {
            update.labels.insert(name.into(), None);
        })
    }
}

impl<'c> IntoFuture for Update<'c> {
    type Output = Result<Updated>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Updated>> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.client.store().update(self.id, &self.update?).await })
    }
}
