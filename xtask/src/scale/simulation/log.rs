//! The log: while it is being flushed, commits gather, and the next flush serves all of them.

use super::Site;

#[derive(Debug, Default)]
pub(super) struct Log {
    /// When the flush ends that is on its way, and whom it serves.
    flushing: Option<(f64, Vec<usize>)>,
    waiting: Vec<usize>,
    bytes: f64,
    worked: f64,
}

impl Log {
    /// Somebody waits until so many bytes are on the disk.
    pub(super) fn commit(&mut self, at: usize, bytes: f64, now: f64, site: &Site) {
        self.waiting.push(at);
        self.bytes += bytes;
        if self.flushing.is_none() {
            self.flush(now, site);
        }
    }

    /// When the flush that is on its way ends.
    pub(super) fn ends(&self) -> Option<f64> {
        self.flushing.as_ref().map(|(ends, _)| *ends)
    }

    /// It has ended, and the next one begins; whom it served.
    pub(super) fn end(&mut self, now: f64, site: &Site) -> Vec<usize> {
        let served = self.flushing.take().map_or_else(Vec::new, |(_, served)| served);
        if !self.waiting.is_empty() {
            self.flush(now, site);
        }
        served
    }

    /// How long it was being written.
    pub(super) fn worked(&self) -> f64 {
        self.worked
    }

    fn flush(&mut self, now: f64, site: &Site) {
        let takes = site.own_flush(std::mem::take(&mut self.bytes));
        self.worked += takes;
        self.flushing = Some((now + takes, std::mem::take(&mut self.waiting)));
    }
}

impl Site {
    /// How long so many bytes take to be on the disk, for whoever is alone.
    pub(super) fn own_flush(&self, bytes: f64) -> f64 {
        self.flush + bytes / self.log_speed
    }
}
