//! What a scrape gets: what the process counted, and what the storage says now of queues and weeks.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::body::Bytes;
use longshore_core::{Retention, Timestamp, Week};
use longshore_metrics::names;
use longshore_store::{Depth, Maintain, Result, Store};
use metrics::{Counter, counter};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{sync::Mutex, time::Instant};

use super::{
    FRESH,
    depths::{Named, Shown},
    exposition::gauge,
    probe::Probe,
};

/// Weeks come and go once a week.
const WEEKS_FRESH: Duration = Duration::from_secs(60);

/// All that a scrape needs.
pub(super) struct Scrape {
    recorded: PrometheusHandle,
    queues: Named,
    depths: Probe<Arc<[Depth]>>,
    depth_errors: Counter,
    weeks_ahead: Probe<Option<u32>>,
    week_errors: Counter,
    /// The last text, and when it was ready.
    last: Mutex<Option<(Instant, Bytes)>>,
}

impl Scrape {
    pub(super) fn of(recorded: PrometheusHandle) -> Self {
        let errors = |probe| counter!(names::SCRAPE_ERRORS, "probe" => probe);
        Self {
            recorded,
            queues: Named::default(),
            depths: Probe::fresh_for(FRESH),
            depth_errors: errors("depths"),
            weeks_ahead: Probe::fresh_for(WEEKS_FRESH),
            week_errors: errors("weeks"),
            last: Mutex::default(),
        }
    }

    /// The text of a scrape. It is made for one visitor at a time, and the others may have it too.
    pub(super) async fn text(&self, store: Option<&Arc<dyn Store>>) -> Bytes {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, text)) if at.elapsed() < FRESH => text.clone(),
            _ => {
                let text = Bytes::from(self.write(store).await);
                *last = Some((Instant::now(), text.clone()));
                text
            }
        }
    }

    /// What the storage does not say in time is absent.
    async fn write(&self, store: Option<&Arc<dyn Store>>) -> String {
        let mut asked = String::new();
        if let Some(store) = store {
            let (depths, weeks) = tokio::join!(self.depths(store), self.weeks_ahead(store));
            show_build(&mut asked, store.engine());
            show_depths(&mut asked, &self.queues, depths.as_deref().unwrap_or_default());
            let weeks = weeks.map(|weeks| (&[][..], f64::from(weeks)));
            gauge(&mut asked, names::WEEKS_AHEAD, weeks);
        }
        // Last, so that it counts what went wrong above.
        self.recorded.render() + &asked
    }

    async fn depths(&self, store: &Arc<dyn Store>) -> Option<Arc<[Depth]>> {
        let store = store.clone();
        let ask = || async move { store.depths().await.map(Arc::from) };
        counted(self.depths.ask(ask).await, &self.depth_errors)
    }

    /// None on an engine without partitions, too.
    async fn weeks_ahead(&self, store: &Arc<dyn Store>) -> Option<u32> {
        let store = store.clone();
        let ask = || async move { weeks_ahead(&*store).await };
        counted(self.weeks_ahead.ask(ask).await, &self.week_errors).flatten()
    }
}

fn counted<T>(answer: std::result::Result<T, String>, errors: &Counter) -> Option<T> {
    answer
        .map_err(|error| {
            errors.increment(1);
            tracing::debug!(error, "a scrape goes without what the storage did not say");
        })
        .ok()
}

async fn weeks_ahead(store: &dyn Store) -> Result<Option<u32>> {
    // It has no partitions, and would count all jobs.
    if store.engine() == "sqlite" {
        return Ok(None);
    }
    // Nothing is due for ever, so nothing is counted either: the catalogue alone is read.
    let rows = Maintain::weeks(store, &for_ever(), None).await?;
    let now = Week::of(Timestamp::from(SystemTime::now()));
    let is_there = |ahead: &i64| rows.iter().any(|row| row.week == Some(now.plus(*ahead)));
    let ahead = (1..).take_while(is_there).count();
    Ok(Some(u32::try_from(ahead).unwrap_or(u32::MAX)))
}

fn for_ever() -> Retention {
    Retention::keeping(Duration::MAX).unwrap_or_default()
}

fn show_build(text: &mut String, engine: &str) {
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("engine", engine)];
    gauge(text, names::BUILD_INFO, [(&labels[..], 1.0)]);
}

fn show_depths(text: &mut String, queues: &Named, depths: &[Depth]) {
    let shown = queues.show(depths);
    let states: Vec<_> = shown
        .iter()
        .flat_map(|(queue, Shown { jobs, .. })| {
            jobs.map(|(state, jobs)| ([("queue", queue.as_str()), ("state", state)], jobs as f64))
        })
        .collect();
    let states = states.iter().map(|(labels, jobs)| (&labels[..], *jobs));
    gauge(text, names::QUEUE_DEPTH, states);
    let ages: Vec<_> = shown
        .iter()
        .map(|(queue, shown)| ([("queue", queue.as_str())], shown.oldest_age))
        .collect();
    let ages = ages.iter().map(|(labels, age)| (&labels[..], *age));
    gauge(text, names::QUEUE_OLDEST_AGE_SECONDS, ages);
}
