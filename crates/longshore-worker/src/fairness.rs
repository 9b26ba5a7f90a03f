//! Whose turn it is: strict priority, and between the tenants of one priority fair turns. Pure.

use std::{cmp::Reverse, collections::BTreeSet};

use longshore_core::Priority;

/// The lanes of one queue that are believed to hold work, in the order in which they are served.
///
/// The highest priority comes first, always. Within a priority the lane that was served longest ago
/// comes first, so a tenant with a million jobs and one with five take turns.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    order: BTreeSet<(Reverse<Priority>, u64, usize)>,
    /// When each lane was served last, in turns.
    served: Vec<u64>,
    turn: u64,
}

impl Turns {
    /// A lane takes part. Coming back does not make it look as if it had waited all the time.
    pub(crate) fn join(&mut self, lane: usize, priority: Priority) {
        if self.served.len() <= lane {
            self.served.resize(lane + 1, 0);
        }
        self.order.insert((Reverse(priority), self.served[lane], lane));
    }

    /// A lane has nothing more.
    pub(crate) fn leave(&mut self, lane: usize, priority: Priority) {
        let served = self.served.get(lane).copied().unwrap_or_default();
        self.order.remove(&(Reverse(priority), served, lane));
    }

    /// A lane was served and goes to the back.
    pub(crate) fn serve(&mut self, lane: usize, priority: Priority) {
        self.leave(lane, priority);
        self.turn += 1;
        if let Some(served) = self.served.get_mut(lane) {
            *served = self.turn;
        }
        self.join(lane, priority);
    }

    /// The lanes in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.order.iter().map(|(_, _, lane)| *lane)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Priority = Priority::LOWEST;
    const TEN: Priority = Priority::HIGHEST;

    fn order(turns: &Turns) -> Vec<usize> {
        turns.iter().collect()
    }

    #[test]
    fn a_higher_priority_comes_first_however_often_it_was_served() {
        let mut turns = Turns::default();
        turns.join(0, FIVE);
        turns.join(1, TEN);
        (0..100).for_each(|_| turns.serve(1, TEN));
        assert_eq!(order(&turns), [1, 0]);
    }

    #[test]
    fn a_served_lane_goes_to_the_back_of_its_priority() {
        let mut turns = Turns::default();
        (0..3).for_each(|lane| turns.join(lane, FIVE));
        turns.serve(0, FIVE);
        assert_eq!(order(&turns), [1, 2, 0]);
        turns.serve(1, FIVE);
        assert_eq!(order(&turns), [2, 0, 1]);
    }

    #[test]
    fn a_lane_that_left_and_came_back_keeps_its_turn() {
        let mut turns = Turns::default();
        (0..2).for_each(|lane| turns.join(lane, FIVE));
        turns.serve(0, FIVE);
        turns.leave(0, FIVE);
        assert_eq!(order(&turns), [1]);
        turns.join(0, FIVE);
        assert_eq!(order(&turns), [1, 0]);
        turns.serve(1, FIVE);
        assert_eq!(order(&turns), [0, 1]);
    }
}
