//! Changing a job that does not run.
//!
//! Its own row is locked first, as all operators do. Then what a claim takes is locked where it was seen; what
//! moved meanwhile is looked at again. A claim locks the payloads that it reads, so it sees the new one or
//! comes first.

use std::{collections::BTreeSet, sync::Arc};

use longshore_core::{JobId, JobUpdate, Labels, Lane, Limits, Payload, State};
use longshore_store::{Error, ErrorKind, Result, Updated};

use crate::{
    bind::{bind, int},
    document::Document,
    labels,
    moves::locked,
    row::{get, if_readable},
    sql::Sql,
    standing::{Seen, look},
    store::MysqlStore,
    unit::Unit,
    wire::Wire,
};

/// Looks at a job that keeps moving before we give up.
const ROUNDS: u32 = 20;

impl MysqlStore {
    pub(crate) async fn change_job(&self, id: JobId, update: &JobUpdate) -> Result<Updated> {
        self.inner.options.limits.check_update(update)?;
        let update = Arc::new(update.clone());
        let updating = self.repeat(move |inner| {
            let update = update.clone();
            async move {
                let mut unit = Unit::begin(&inner.work).await?;
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
                !locked(wire, &sql.lock_waiting, &seen(id, &job)).await?.is_empty()
            }
            State::Discarded if job.is_dead_letter => {
                !locked(wire, &sql.lock_dead, &seen(id, &job)).await?.is_empty()
            }
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

/// `[id, ledger row, -, state]`, as moves name what they lock.
fn seen(id: JobId, job: &Seen) -> String {
    let mut all = Document::with_room(64);
    all.open();
    all.id(id.0);
    all.number(int(job.standing.seq));
    all.null();
    all.number(job.standing.state.code());
    all.shut();
    all.finish()
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
        return wire.change(&sql.update, bind![payload, before, id.0]?).await.map(|_| ());
    }
    let labels: Option<Labels> = if_readable("labels", before.as_deref());
    let labels = update.labels_after(labels.unwrap_or_default());
    Limits::check_labels(&labels)?;
    wire.change(&sql.update, bind![payload, labels::written(&labels), id.0]?).await?;
    wire.change(&sql.let_go_labels, bind![Document::of_ids([id.0])]?).await?;
    labels::keep(wire, sql, [(id, &labels)]).await
}
