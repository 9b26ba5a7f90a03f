//! One queue inside the worker: its slots, and the claimed jobs that wait for one.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    lease::Lease,
    pace::{Load, Pace, Room},
};

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) queue: Arc<str>,
    pub(crate) slots: u32,
    unfinished: AtomicU32,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    waiting: VecDeque<Arc<Lease>>,
    /// Claimed, and not yet admitted.
    coming: u32,
    running: u32,
    closed: bool,
    pace: Pace,
}

impl Line {
    pub(crate) fn new(queue: Arc<str>, slots: u32, most: u32) -> Self {
        let inner = Inner {
            waiting: VecDeque::new(),
            coming: 0,
            running: 0,
            closed: false,
            pace: Pace::new(slots, most),
        };
        Self { queue, slots, unfinished: AtomicU32::new(0), inner: Mutex::new(inner) }
    }

    /// So many jobs were claimed, and are admitted soon.
    pub(crate) fn expect(&self, jobs: u32) {
        self.unfinished.fetch_add(jobs, Ordering::AcqRel);
        self.lock().coming += jobs;
    }

    /// Takes jobs in that were expected; returns those that start now.
    pub(crate) fn admit(&self, leases: Vec<Arc<Lease>>) -> Vec<Arc<Lease>> {
        let mut inner = self.lock();
        inner.coming -= leases.len() as u32;
        inner.waiting.extend(leases);
        let free = self.slots.saturating_sub(inner.running) as usize;
        let starting = if inner.closed { 0 } else { free.min(inner.waiting.len()) };
        inner.running += starting as u32;
        inner.waiting.drain(..starting).collect()
    }

    /// A run ended and left its slot; returns the job that takes it.
    pub(crate) fn ended(&self, ran: Option<Duration>) -> Option<Arc<Lease>> {
        let mut inner = self.lock();
        if let Some(ran) = ran {
            inner.pace.ran(ran);
        }
        let next = if inner.closed { None } else { inner.waiting.pop_front() };
        if next.is_none() {
            inner.running -= 1;
        }
        next
    }

    /// How many slots are taken.
    pub(crate) fn running(&self) -> u32 {
        self.lock().running
    }

    /// The report of one job was written, or given up.
    pub(crate) fn finished(&self) {
        self.unfinished.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether a lease of this queue is held.
    pub(crate) fn is_busy(&self) -> bool {
        self.unfinished.load(Ordering::Acquire) > 0
    }

    /// A claim for so many jobs brought so many, which weigh so many bytes.
    pub(crate) fn claimed(&self, asked: u32, got: u32, bytes: u64) {
        self.lock().pace.claimed(asked, got, bytes);
    }

    pub(crate) fn room(&self) -> Room {
        let inner = self.lock();
        let unfinished = self.unfinished.load(Ordering::Acquire);
        let waiting = inner.coming + inner.waiting.len() as u32;
        inner.pace.room(Load { unfinished, waiting, running: inner.running })
    }

    /// Starts nothing more; returns what never started.
    pub(crate) fn close(&self) -> Vec<Arc<Lease>> {
        let mut inner = self.lock();
        inner.closed = true;
        inner.waiting.drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_claimed_takes_room_before_it_is_admitted() {
        let line = Line::new("default".into(), 10, 1000);
        assert_eq!(line.room(), Room { jobs: 10, now: true });
        line.expect(4);
        assert_eq!(line.room().jobs, 6);
        line.expect(6);
        assert_eq!(line.room(), Room { jobs: 0, now: false });
        assert!(line.is_busy(), "a drain is not over while jobs are on their way in");
        (0..10).for_each(|_| line.finished());
        assert_eq!(line.room().jobs, 10);
    }
}
