//! Changing a job that does not run.
//!
//! Its own row is locked first, so that nobody else updates it and a held one stays held. Then what a claim
//! or a retry takes is locked where it was seen; what moved meanwhile is looked at again.

use std::{collections::BTreeSet, sync::Arc};

use longshore_core::{JobId, JobUpdate, Labels, Lane, Limits, Payload, State};
use longshore_store::{Error, ErrorKind, Result, Updated};

use crate::{
    bind::{bind, int},
    labels,
    row::{get, if_readable},
    sql::Sql,
    standing::{Seen, look},
    store::PostgresStore,
    unit::Unit,
    wire::Wire,
};

/// Looks at a job that keeps moving before we give up.
const ROUNDS: u32 = 20;

impl PostgresStore {
    pub(crate) async fn change_job(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        self.inner.options.limits.check_update(update)?;
        let update = Arc::new(update.clone());
        let updating = self.repeat(move |inner| {
            let update = update.clone();
            async move {
                let mut unit = Unit::transaction(&inner.work, inner.manner).await?;
                let answer = go(&mut unit.wire(), &inner.sql, id, &update).await;
                unit.close(answer).await
            }
        });
        let (updated, due) = updating.await?;
        // A claim that came meanwhile passed it over.
        self.wake(due);
        Ok(updated)
    }
}

/// What became of it, and the lane in which it is due.
async fn go(
    wire: &mut Wire<'_>,
    sql: &Sql,
    id: JobId,
    update: &JobUpdate,
) -> Result<(Updated, BTreeSet<Lane>)> {
    let Some(row) = wire.row(&sql.lock_job, bind![id.0]?).await? else {
        return Ok((Updated::NotFound, BTreeSet::new()));
    };
    let before: Option<String> = get(&row, "labels")?;
    for _ in 0..ROUNDS {
        let Some(job) = look(wire, sql, &[id]).await?.remove(&id) else {
            return Ok((Updated::NotFound, BTreeSet::new()));
        };
        let stands = match job.state {
            State::Held => true,
            State::Scheduled | State::Available | State::Retryable => {
                stands_still(wire, sql, id, &job).await?
            }
            State::Discarded if job.is_dead_letter => stands_still(wire, sql, id, &job).await?,
            state => return Ok((Updated::Refused(state), BTreeSet::new())),
        };
        if stands {
            change(wire, sql, id, update, before).await?;
            let due = (job.state == State::Available).then_some(job.lane);
            return Ok((Updated::Done, due.into_iter().collect()));
        }
    }
    Err(Error::new(ErrorKind::Busy, "the job keeps moving: try again"))
}

async fn stands_still(wire: &mut Wire<'_>, sql: &Sql, id: JobId, job: &Seen) -> Result<bool> {
    Ok(!wire.rows(&sql.stand_still, bind![id.0, int(job.standing.seq)]?).await?.is_empty())
}

async fn change(
    wire: &mut Wire<'_>,
    sql: &Sql,
    id: JobId,
    update: &JobUpdate,
    before: Option<String>,
) -> Result<()> {
    let payload = update.payload.as_ref().map(Payload::as_str);
    if update.labels.is_empty() {
        wire.rows(&sql.update, bind![id.0, payload, before]?).await?;
        return Ok(());
    }
    let labels: Option<Labels> = if_readable("labels", before.as_deref());
    let labels = update.labels_after(labels.unwrap_or_default());
    Limits::check_labels(&labels)?;
    wire.rows(&sql.update, bind![id.0, payload, labels::written(&labels)]?).await?;
    wire.rows(&sql.unlabel, bind![id.0]?).await?;
    labels::keep(wire, sql, [(id, &labels)]).await
}
