//! Heartbeats: one sign of life for all leases of a process.

use std::collections::HashMap;

use async_trait::async_trait;
use longshore_core::JobId;
use longshore_store::{Fence, Heartbeat, Renewed, Result};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    clock, fault,
    row::{self, Row},
    writer::Write,
};

const BEAT: &str = include_str!("../sql/consume/beat.sql");
const RENEW: &str = include_str!("../sql/consume/renew.sql");

/// A heartbeat on its way.
pub(crate) struct Beat(pub(crate) Heartbeat);

#[async_trait]
impl Write for Beat {
    type Answer = Vec<Renewed>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Renewed>> {
        let Heartbeat { worker, leases, lease, now } = &self.0;
        let now = clock::at(*now);
        let beating = sqlx::query(BEAT).bind(worker.id.0).bind(row::json(&**worker)).bind(now);
        beating.execute(&mut *connection).await.map_err(fault::error)?;
        if leases.is_empty() {
            return Ok(Vec::new());
        }
        let until = now.saturating_add(clock::micros(*lease));
        let renewing = sqlx::query(RENEW).bind(document(leases)).bind(until);
        let rows = renewing.fetch_all(connection).await.map_err(fault::error)?;
        let mut held = HashMap::with_capacity(rows.len());
        for row in &rows {
            let fence =
                Fence { job: JobId(row.take::<Uuid>("id")?), attempt: row.take("attempt")? };
            held.insert(fence, row.take::<bool>("cancel_requested")?);
        }
        let renewed = |fence| match held.get(fence) {
            Some(false) => Renewed::Held,
            Some(true) => Renewed::CancelRequested,
            None => Renewed::Lost,
        };
        Ok(leases.iter().map(|(fence, _)| renewed(fence)).collect())
    }
}

fn document(leases: &[(Fence, Option<longshore_store::Progress>)]) -> String {
    let leases: Vec<_> = leases
        .iter()
        .map(|(fence, progress)| {
            (fence.job.0.simple(), fence.attempt, progress.as_ref().map(row::json))
        })
        .collect();
    row::json(&leases)
}
