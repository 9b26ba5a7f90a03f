//! The recorder: everything that the process counts and times ends here, and is written for Prometheus.

use std::time::Duration;

use anyhow::Context;
use longshore_metrics::names;
use metrics::{counter, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// From a call that is quick to a job that takes an hour.
const SECONDS: [f64; 19] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    300.0, 900.0, 1800.0, 3600.0,
];
/// From nothing to more than one claim takes.
const BATCHES: [f64; 11] = [0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Times are kept one by one until they are sorted into buckets.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Installs the recorder of this process, and keeps its memory small also if nobody scrapes.
pub(super) fn install() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_size".into()), &BATCHES)?
        .install_recorder()
        .context("the metrics of this process cannot be recorded")?;
    let upkeep = recorder.clone();
    tokio::spawn(async move {
        let mut rounds = tokio::time::interval(UPKEEP_EVERY);
        loop {
            rounds.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(recorder)
}

/// What seldom happens is there from the start, as 0: an alert sees a change, and not an appearance.
pub(super) fn begin_at_zero(engine: &'static str) {
    for why in ["survivors", "busy", "denied"] {
        counter!(names::WEEKS_KEPT, "why" => why).increment(0);
    }
    counter!(names::STORE_RETRIES, "engine" => engine).increment(0);
    // A histogram is shown as soon as it is known.
    let _ = histogram!(names::CONNECTION_WAIT_SECONDS, "engine" => engine);
}
