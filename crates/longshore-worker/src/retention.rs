//! Letting old jobs go: weeks are dropped when they are old enough, and what was carried is swept. Every
//! worker does it, and the database lets one of them at a time; only its clock decides what is old.

use std::{sync::Arc, time::Duration};

use longshore_core::Retention;
use longshore_store::{ErrorKind, Result, Rotated, WeekPlan, WeekRow};
use tokio::time::sleep;

use crate::{Event, patience::Patience, runtime::Runtime};

/// A worker that lives shorter leaves it to others.
const FIRST: Duration = Duration::from_secs(5);
const EVERY: Duration = Duration::from_secs(3600);
/// When the tables were in use.
const AGAIN: Duration = Duration::from_secs(300);
/// Jobs that one sweep deletes; more follow at once.
const SWEEP_LIMIT: u32 = 10_000;

/// Does its rounds until the worker stops.
pub(crate) async fn let_old_jobs_go(runtime: Arc<Runtime>) {
    let Some(retention) = runtime.settings.retention else { return };
    let mut rounds = Rounds { runtime: &runtime, retention, may_drop: true, may_sweep: true };
    let mut patience = Patience::default();
    let mut pause = FIRST;
    loop {
        tokio::select! {
            () = runtime.stop.raised() => return,
            () = sleep(pause) => {}
        }
        // A rotation that is broken off here changed nothing, or completes in the storage.
        let round = tokio::select! {
            () = runtime.stop.raised() => return,
            round = rounds.round() => round,
        };
        pause = match round {
            Ok(all) => {
                patience.reset();
                let pause = if all { EVERY } else { AGAIN };
                // Workers that were started together drift apart.
                pause.mul_f64(1.0 - 0.2 * rand::random::<f64>())
            }
            Err(error) => {
                runtime.events.trouble("weeks", &error);
                patience.pause().max(FIRST)
            }
        };
    }
}

struct Rounds<'a> {
    runtime: &'a Runtime,
    retention: Retention,
    /// Until the database said no: a right is not asked for every hour.
    may_drop: bool,
    may_sweep: bool,
}

impl Rounds<'_> {
    /// Drops what is due, and sweeps; whether nothing had to be left for want of a lock.
    async fn round(&mut self) -> Result<bool> {
        let turned = self.turn_all().await;
        // What stands in the way of a rotation need not be in the way of a sweep.
        self.sweep().await?;
        turned
    }

    /// Drops what is due.
    async fn turn_all(&mut self) -> Result<bool> {
        let now = self.runtime.settings.clock.now();
        let mut all = true;
        for row in self.runtime.store.weeks(&self.retention, now).await? {
            all &= self.turn(&row).await?;
        }
        Ok(all)
    }

    async fn sweep(&mut self) -> Result<()> {
        let (store, now) = (&self.runtime.store, self.runtime.settings.clock.now());
        while self.may_sweep {
            match store.sweep(&self.retention, SWEEP_LIMIT, now).await {
                Ok(0) => break,
                Ok(jobs) => {
                    tracing::info!(jobs, "swept jobs that were over for long");
                    self.runtime.events.post(Event::Swept { jobs });
                    if jobs < u64::from(SWEEP_LIMIT) {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Denied => {
                    self.may_sweep = false;
                    tracing::warn!(%error, "old jobs are not swept by this worker: let the owner of the tables run `longshore weeks rotate`");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Does what is planned for a week.
    async fn turn(&mut self, row: &WeekRow) -> Result<bool> {
        let (WeekPlan::Drop, Some(week)) = (row.next, row.week) else {
            self.mention(row);
            return Ok(true);
        };
        if !self.may_drop {
            return Ok(true);
        }
        let (store, now) = (&self.runtime.store, self.runtime.settings.clock.now());
        let rotated = match store.rotate_week(week, &self.retention, now).await {
            Err(error) if error.kind() == ErrorKind::Denied => {
                self.may_drop = false;
                tracing::warn!(%error, "old weeks are not dropped by this worker");
                return Ok(true);
            }
            rotated => rotated?,
        };
        match rotated {
            Rotated::Dropped { survivors, rows } => {
                tracing::info!(%week, survivors, rows, "dropped a week, carried its survivors");
            }
            Rotated::Kept { survivors, .. } => {
                tracing::warn!(%week, survivors, "a week is kept: {rotated}");
            }
            // Somebody was faster.
            Rotated::Absent | Rotated::TooYoung { .. } => return Ok(true),
            Rotated::Busy => {
                tracing::debug!(%week, "a week is in use: tried again later");
                return Ok(false);
            }
        }
        self.runtime.events.post(Event::Rotated { week, rotated });
        Ok(true)
    }

    /// Says what stands in the way of a week that is due.
    fn mention(&mut self, row: &WeekRow) {
        match row.next {
            WeekPlan::NotAllowed if self.may_drop => {
                self.may_drop = false;
                kept("denied");
                tracing::warn!(
                    week = row.name,
                    "old weeks are not dropped by this worker: {}",
                    row.next
                );
            }
            WeekPlan::KeepForSurvivors { .. } => {
                kept("survivors");
                tracing::warn!(
                    week = row.name,
                    survivors = row.survivors,
                    "a week is not dropped: {}",
                    row.next
                );
            }
            _ => {}
        }
    }
}

/// A week that was due and whose rotation was not even tried; one that was is measured around the storage.
fn kept(why: &'static str) {
    metrics::counter!("longshore_weeks_kept_total", "why" => why).increment(1);
}
