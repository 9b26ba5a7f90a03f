//! What the measures say, as Prometheus would read it.

use metrics::LocalRecorderGuard;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// A recorder for this thread, and for handles that are made on it, until it is dropped.
pub(crate) struct Board {
    handle: PrometheusHandle,
    _here: LocalRecorderGuard<'static>,
}

impl Board {
    pub(crate) fn new() -> Self {
        let recorder = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
        let handle = recorder.handle();
        Self { handle, _here: metrics::set_default_local_recorder(recorder) }
    }

    /// The value of a series, written as it is read; none if it is not there. `longshore_` is left out.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        let text = self.handle.render();
        let series = format!("longshore_{series} ");
        let value = text.lines().find_map(|line| line.strip_prefix(&series));
        value.map(|value| value.parse().unwrap())
    }

    /// All series whose names begin so, with their values.
    pub(crate) fn series(&self, name: &str) -> Vec<(String, f64)> {
        let text = self.handle.render();
        let lines = text.lines().filter_map(|line| line.strip_prefix("longshore_"));
        let lines = lines.filter(|line| line.starts_with(name));
        lines
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                (series.to_owned(), value.parse().unwrap())
            })
            .collect()
    }

    /// How many values there are of all series whose names begin so.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.series(name).iter().map(|(_, value)| value).sum()
    }
}
