//! Depths and ages of queues, under names of which there are never too many.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use longshore_metrics::names::OTHER;
use longshore_store::Depth;

/// Queues that are shown by their own names, in all the life of this process.
const MOST: usize = 100;

/// The queues that were shown by name so far: a name that came in stays, so that new queues move none.
#[derive(Debug, Default)]
pub(super) struct Named(Mutex<BTreeSet<String>>);

/// What one queue holds, or the others together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shown {
    /// Jobs by state.
    pub(super) jobs: [(&'static str, u64); 5],
    /// Seconds for which the job that is due longest was due when the sample was taken, by the database's clock.
    pub(super) oldest_age: f64,
}

impl Named {
    /// What is shown of these queues.
    pub(super) fn show(&self, depths: &[Depth]) -> BTreeMap<String, Shown> {
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shown = BTreeMap::<String, Shown>::new();
        for depth in depths {
            if named.len() < MOST && !named.contains(&depth.queue) {
                named.insert(depth.queue.clone());
            }
            let name = if named.contains(&depth.queue) { &depth.queue } else { OTHER };
            let more = Shown::of(depth);
            shown.entry(name.to_owned()).and_modify(|shown| shown.add(&more)).or_insert(more);
        }
        shown
    }
}

impl Shown {
    fn of(depth: &Depth) -> Self {
        let age = depth.oldest_due_at.map(|due| (depth.sampled_at - due).as_seconds_f64());
        Self {
            jobs: [
                ("available", depth.available),
                ("scheduled", depth.scheduled),
                ("retryable", depth.retryable),
                ("running", depth.running),
                ("dead", depth.dead),
            ],
            oldest_age: age.map_or(0.0, |age| age.max(0.0)),
        }
    }

    fn add(&mut self, more: &Self) {
        for ((_, jobs), (_, more)) in self.jobs.iter_mut().zip(more.jobs) {
            *jobs += more;
        }
        self.oldest_age = self.oldest_age.max(more.oldest_age);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use longshore_core::Timestamp;

    use super::*;

    fn depth(queue: &str, age: Option<u64>) -> Depth {
        let sampled_at = Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        Depth {
            queue: queue.into(),
            available: 1,
            scheduled: 2,
            retryable: 3,
            running: 4,
            dead: 5,
            oldest_due_at: age.map(|age| sampled_at - Duration::from_secs(age)),
            sampled_at,
        }
    }

    #[test]
    fn ten_thousand_queues_are_shown_under_a_hundred_names_and_one_more() {
        let named = Named::default();
        let queues: Vec<_> = (0..10_000).map(|number| format!("queue {number:05}")).collect();
        let depths: Vec<_> = queues.iter().map(|queue| depth(queue, Some(7))).collect();
        let shown = named.show(&depths);
        assert_eq!(shown.len(), MOST + 1);
        assert_eq!(shown[OTHER].jobs[4], ("dead", 5 * (10_000 - MOST as u64)));
        // Others that come later, and before them by name, take no name away.
        let shown = named.show(&[depth("a", None), depths[0].clone()]);
        assert_eq!(shown.keys().collect::<Vec<_>>(), [OTHER, "queue 00000"]);
    }

    #[test]
    fn the_age_is_that_of_the_sample_and_the_others_show_the_worst() {
        let named = Named::default();
        let shown = named.show(&[depth("idle", None), depth("busy", Some(90))]);
        assert_eq!((shown["idle"].oldest_age, shown["busy"].oldest_age), (0.0, 90.0));
        let mut worst = shown["idle"];
        worst.add(&shown["busy"]);
        assert_eq!((worst.oldest_age, worst.jobs[0]), (90.0, ("available", 2)));
    }
}
