//! How many jobs a queue may hold leases on, and how many it asks for at once. Pure.
//!
//! Large claims decide the speed of cheap jobs: 2,000 at once are 1.06 times as fast as 1,000 on PostgreSQL, 1.04
//! times on MariaDB and 0.99 times on SQLite; 4,000 are 1.09, 1.00 and 0.95 times (five or six runs in turns). Slow jobs must not wait under a lease while another worker is free, so
//! the allowance follows the speed: what the handlers get through in about 50 ms, and never more than three claims.
//! Nor may heavy jobs fill the memory: a claim asks for as many as weigh 16 MiB, if they weigh what the last did.

use std::time::Duration;

/// Work that is fetched ahead, in time.
const AHEAD: f64 = 0.050;
/// Claims in flight: one on its way, one that runs, one that is being finished.
const IN_FLIGHT: u32 = 3;
const FIRST_CLAIM: u32 = 16;
/// Bytes of payloads and contexts in one claim.
const MOST_BYTES: u64 = 16 << 20;

#[derive(Debug)]
pub(crate) struct Pace {
    slots: u32,
    most: u32,
    claim: u32,
    /// So many jobs like those of the last claim weigh [`MOST_BYTES`].
    light: u32,
    /// Mean time of a run in seconds; `None` before the first.
    mean: Option<f64>,
}

/// What a queue holds now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    /// Leases in all: they wait for a slot, run, or wait for their report to be written.
    pub(crate) unfinished: u32,
    pub(crate) waiting: u32,
    pub(crate) running: u32,
}

/// What a queue may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    /// Most jobs.
    pub(crate) jobs: u32,
    /// Whether to ask now; else more room is about to come, and one large claim is cheaper.
    pub(crate) now: bool,
}

impl Pace {
    pub(crate) fn new(slots: u32, most: u32) -> Self {
        Self { slots, most, claim: FIRST_CLAIM.min(most), light: most, mean: None }
    }

    /// A run took so long.
    pub(crate) fn ran(&mut self, time: Duration) {
        let time = time.as_secs_f64();
        self.mean = Some(self.mean.map_or(time, |mean| mean + (time - mean) / 16.0));
    }

    /// A claim for so many jobs brought so many, which weigh so many bytes.
    pub(crate) fn claimed(&mut self, asked: u32, got: u32, bytes: u64) {
        if got > 0 {
            let fit = MOST_BYTES * u64::from(got) / bytes.max(1);
            self.light = u32::try_from(fit).unwrap_or(u32::MAX).max(1);
        }
        if got >= asked && asked > 0 {
            self.claim = self.claim.saturating_mul(2).min(self.most);
        }
    }

    pub(crate) fn room(&self, load: Load) -> Room {
        let claim = self.claim.min(self.light);
        let allowance = self.allowance(claim);
        let room = allowance.saturating_sub(load.unfinished);
        let reporting = load.unfinished.saturating_sub(load.waiting + load.running);
        let half = claim.min(allowance).div_ceil(2);
        let idle = load.waiting == 0 && load.running < self.slots && reporting < half;
        Room { jobs: room.min(claim), now: room > 0 && (room >= half || idle) }
    }

    fn allowance(&self, claim: u32) -> u32 {
        let ahead = match self.mean {
            None => 0,
            // The cast saturates: an immeasurably short run allows as much as there is.
            Some(mean) => (f64::from(self.slots) * AHEAD / mean.max(1e-9)).round() as u32,
        };
        self.slots.saturating_add(ahead.min(claim.saturating_mul(IN_FLIGHT)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle() -> Load {
        Load::default()
    }

    #[test]
    fn the_first_claim_takes_no_more_than_there_are_slots() {
        assert_eq!(Pace::new(10, 1000).room(idle()), Room { jobs: 10, now: true });
        assert_eq!(Pace::new(500, 1000).room(idle()), Room { jobs: 16, now: true });
    }

    #[test]
    fn claims_of_cheap_jobs_double_up_to_the_most() {
        let mut pace = Pace::new(10, 1000);
        for _ in 0..10 {
            let asked = pace.room(idle()).jobs;
            pace.ran(Duration::from_micros(1));
            pace.claimed(asked, asked, 0);
        }
        assert_eq!(pace.room(idle()).jobs, 1000);
        let three = Load { unfinished: 3010, ..idle() };
        assert!(!pace.room(three).now, "three claims and the slots are the most");
    }

    #[test]
    fn slow_jobs_are_not_fetched_ahead() {
        let mut pace = Pace::new(10, 1000);
        (0..10).for_each(|_| pace.claimed(1000, 1000, 0));
        pace.ran(Duration::from_secs(60));
        assert_eq!(pace.room(idle()).jobs, 10);
        let one_ended = Load { unfinished: 9, waiting: 0, running: 9 };
        assert_eq!(pace.room(one_ended), Room { jobs: 1, now: true });
    }

    #[test]
    fn jobs_of_ten_milliseconds_are_fetched_fifty_milliseconds_ahead() {
        let mut pace = Pace::new(10, 1000);
        (0..10).for_each(|_| pace.claimed(1000, 1000, 0));
        pace.ran(Duration::from_millis(10));
        assert_eq!(pace.room(idle()).jobs, 60);
    }

    #[test]
    fn a_small_room_waits_while_many_reports_are_on_their_way() {
        let mut pace = Pace::new(10, 1000);
        (0..10).for_each(|_| pace.claimed(1000, 1000, 0));
        pace.ran(Duration::from_micros(1));
        let reporting = Load { unfinished: 2900, waiting: 0, running: 0 };
        assert_eq!(pace.room(reporting), Room { jobs: 110, now: false });
        let waiting = Load { unfinished: 2400, waiting: 0, running: 0 };
        assert!(pace.room(waiting).now);
    }
    #[test]
    fn heavy_jobs_are_claimed_few_at_once_and_light_ones_in_thousands_again() {
        let mut pace = Pace::new(10, 1000);
        (0..10).for_each(|_| pace.claimed(1000, 1000, 200 * 1000));
        pace.ran(Duration::from_micros(1));
        assert_eq!(pace.room(idle()).jobs, 1000);
        pace.claimed(1000, 500, 500 << 20);
        assert_eq!(pace.room(idle()).jobs, 16, "of a MiB each");
        let four = Load { unfinished: 58, ..idle() };
        assert_eq!(pace.room(four).jobs, 0, "three claims and the slots are the most");
        pace.claimed(16, 2, 1 << 30);
        assert_eq!(pace.room(idle()).jobs, 1, "one is always asked for");
        pace.claimed(1, 0, 0);
        assert_eq!(pace.room(idle()).jobs, 1, "nothing tells nothing");
        pace.claimed(1, 1, 200);
        assert_eq!(pace.room(idle()).jobs, 1000);
    }
}
