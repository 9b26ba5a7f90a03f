//! Looks at a phase while it runs: how many jobs are done, and what they cost the database so far.
//!
//! The looks go over a connection that does no work, and count nothing themselves.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use longshore_store::{Store, Vitals};
use tokio::{sync::oneshot, task::JoinHandle, time::MissedTickBehavior};

/// Between two looks, where somebody wants a chart.
pub(crate) const EVERY: Duration = Duration::from_millis(200);

/// One look.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    /// Since the first look.
    pub(crate) seconds: f64,
    /// Jobs that went through the phase.
    pub(crate) done: u64,
    /// What the engine tells.
    pub(crate) vitals: Vitals,
}

/// Looks at a phase until told that it is over.
pub(super) struct Watch {
    over: oneshot::Sender<()>,
    looks: JoinHandle<Vec<Moment>>,
}

impl Watch {
    /// Looks now, and then again and again; without a time between looks, once more at the end.
    pub(super) async fn start(
        store: Arc<dyn Store>,
        bar: ProgressBar,
        every: Option<Duration>,
    ) -> Self {
        let begun = Instant::now();
        let first = look(&*store, &bar, begun).await;
        let (over, mut is_over) = oneshot::channel();
        let looks = tokio::spawn(async move {
            let mut moments = vec![first];
            if let Some(every) = every {
                let mut ticks = tokio::time::interval(every);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
                ticks.tick().await;
                loop {
                    tokio::select! {
                        _ = ticks.tick() => moments.push(look(&*store, &bar, begun).await),
                        _ = &mut is_over => break,
                    }
                }
            } else {
                let _ = is_over.await;
            }
            moments.push(look(&*store, &bar, begun).await);
            moments
        });
        Self { over, looks }
    }

    /// The last look, and all before it.
    pub(super) async fn end(self) -> Vec<Moment> {
        let _ = self.over.send(());
        self.looks.await.unwrap_or_default()
    }
}

/// What cannot be told now is missing in this look: a measurement goes on without it.
async fn look(store: &dyn Store, bar: &ProgressBar, begun: Instant) -> Moment {
    let vitals = store.vitals().await.unwrap_or_default();
    Moment { seconds: begun.elapsed().as_secs_f64(), done: bar.position(), vitals }
}

/// Bytes of the log for each job, if the engine tells.
pub(crate) fn log_bytes_per_job(moments: &[Moment], jobs: usize) -> Option<f64> {
    let (first, last) = (moments.first()?, moments.last()?);
    let written = last.vitals.log_bytes?.checked_sub(first.vitals.log_bytes?)?;
    (jobs > 0).then(|| written as f64 / jobs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_shared_out_among_the_jobs() {
        let at = |log_bytes| Moment {
            vitals: Vitals { log_bytes, dead_rows: None },
            ..Moment::default()
        };
        let told = |moments: &[Moment]| log_bytes_per_job(moments, 10);
        assert_eq!(told(&[at(Some(500)), at(None), at(Some(8000))]), Some(750.0));
        assert_eq!(told(&[at(None), at(None)]), None);
        assert_eq!(told(&[]), None);
    }
}
