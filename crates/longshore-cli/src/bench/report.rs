//! What was measured, as a line for programs and a row for people.

use std::time::Duration;

use serde::Serialize;

use super::{chart::grouped, watch::Moment};

/// One measurement.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Measured {
    /// The phase.
    pub(crate) metric: &'static str,
    /// Jobs that went through it.
    pub(crate) jobs: usize,
    /// How long it took.
    pub(crate) seconds: f64,
    /// Jobs a second.
    pub(crate) rate: f64,
    /// Median of the latencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p50_ms: Option<f64>,
    /// 99th percentile of the latencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p99_ms: Option<f64>,
    /// Median time of an enqueue call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enqueue_p50_ms: Option<f64>,
    /// Bytes of the database's log, if it tells.
    #[serde(skip)]
    pub(crate) log_bytes_per_job: Option<f64>,
    /// From the enqueue call to the handler's start, sorted.
    #[serde(skip)]
    pub(crate) ways: Vec<Duration>,
    /// Of enqueue calls, sorted.
    #[serde(skip)]
    pub(crate) calls: Vec<Duration>,
    /// What was seen while it ran.
    #[serde(skip)]
    pub(crate) course: Vec<Moment>,
}

impl Measured {
    /// A phase that was timed as a whole.
    pub(super) fn whole(metric: &'static str, jobs: usize, took: Duration) -> Self {
        let seconds = took.as_secs_f64();
        Self {
            metric,
            jobs,
            seconds,
            rate: jobs as f64 / seconds.max(f64::EPSILON),
            ..Self::default()
        }
    }
}

/// The heads of a table for people.
pub(crate) const HEADS: [&str; 8] =
    ["PHASE", "JOBS", "SECONDS", "JOBS/S", "P50 MS", "P99 MS", "CALL P50 MS", "LOG B/JOB"];

/// Its cells.
pub(crate) fn cells(measured: &Measured) -> [String; 8] {
    let ms = |value: Option<f64>| value.map(|ms| format!("{ms:.2}")).unwrap_or_default();
    // The rate of latency is the one that was asked for.
    let rate = if measured.p50_ms.is_none() { grouped(measured.rate) } else { String::new() };
    [
        measured.metric.into(),
        grouped(measured.jobs as f64),
        format!("{:.3}", measured.seconds),
        rate,
        ms(measured.p50_ms),
        ms(measured.p99_ms),
        ms(measured.enqueue_p50_ms),
        measured.log_bytes_per_job.map(grouped).unwrap_or_default(),
    ]
}

/// The value below which this part of the sorted times lies, in milliseconds.
pub(super) fn percentile_ms(sorted: &[Duration], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = (last as f64 * part).round() as usize;
    Some(sorted[at].as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_few_times() {
        let times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile_ms(&times, 0.5), Some(51.0));
        assert_eq!(percentile_ms(&times, 0.99), Some(99.0));
        assert_eq!(percentile_ms(&[], 0.5), None);
    }
}
