//! What one worker holds, and how much it asks for: as the runtime does when runs take no time.

/// Slots of a worker, most that it claims at once, and claims in flight.
const SLOTS: u64 = 1000;
const MOST: u64 = 2000;
const IN_FLIGHT: u64 = 3;
const FIRST_CLAIM: u64 = 16;

#[derive(Debug)]
pub(super) struct Pace {
    claim: u64,
}

#[derive(Debug, Default)]
pub(super) struct Fetcher {
    pace: Pace,
    /// Leases in all, jobs that wait for their run, and jobs whose outcome is not on its way yet.
    pub(super) unfinished: u64,
    pub(super) waiting: u64,
    pub(super) ended: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { claim: FIRST_CLAIM }
    }
}

impl Fetcher {
    /// How many jobs to claim now.
    pub(super) fn room(&self) -> u64 {
        let allowance = SLOTS + IN_FLIGHT * self.pace.claim;
        let room = allowance.saturating_sub(self.unfinished);
        if room >= self.pace.claim.div_ceil(2) { room.min(self.pace.claim) } else { 0 }
    }

    /// A claim brought so many.
    pub(super) fn claimed(&mut self, jobs: u64) {
        self.unfinished += jobs;
        self.waiting += jobs;
        if jobs >= self.pace.claim {
            self.pace.claim = (self.pace.claim * 2).min(MOST);
        }
    }
}
