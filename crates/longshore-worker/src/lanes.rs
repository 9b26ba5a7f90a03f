//! What the worker believes about the lanes of its queues, and which of them the next claim names. Pure.
//!
//! A lane is *hot* while it is believed to hold due work: it was just discovered, a hint named it, or the
//! last claim took as much from it as it might. A *cold* lane was found empty; it is probed at every poll.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use longshore_core::{Lane, Priority};
use longshore_store::{Claimed, CursorAt, Floor, Hint};
use tokio::time::Instant;

use crate::{fairness::Turns, pace::Room};

/// Most lanes in a claim: so many are free of charge.
const NAMED: usize = 64;
/// At least this lies between two sweeps of a lane from its beginning.
const SWEEP: Duration = Duration::from_secs(1);
/// A sweep takes at most this part of the time.
const SWEEP_SHARE: u32 = 20;
/// A hint makes the next claim start at the beginning of the lane, but not more often than this.
const SWEEP_ON_HINT: Duration = Duration::from_millis(50);
/// Ten thousand cold lanes are looked through at most so often.
const SHORTEST_LOOK: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Lanes {
    queues: Vec<Queue>,
    poll: Duration,
    /// When cold lanes are probed next.
    next_look: Instant,
    /// The queue whose turn it is.
    turn: usize,
    /// What lies between two sweeps of a lane.
    sweep_every: Duration,
}

#[derive(Debug)]
struct Queue {
    name: Arc<str>,
    paused: bool,
    known: Vec<Known>,
    index: HashMap<(Arc<str>, Priority), usize>,
    hot: Turns,
    /// Cold lanes by the time of their next probe.
    cold: BTreeSet<(Instant, usize)>,
}

#[derive(Debug)]
struct Known {
    lane: Lane,
    floor: Option<Floor>,
    swept_at: Option<Instant>,
    /// The time of the next probe of a cold lane; `None`: it is hot.
    probe_at: Option<Instant>,
}

/// The lanes of one claim.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) cursors: Vec<CursorAt>,
    pub(crate) limit: u32,
    /// Queue and lane of each cursor.
    places: Vec<(usize, usize)>,
}

impl Plan {
    /// The queue, if all lanes are of one.
    pub(crate) fn only_queue(&self) -> Option<usize> {
        let (first, _) = *self.places.first()?;
        self.places.iter().all(|(queue, _)| *queue == first).then_some(first)
    }
}

impl Lanes {
    pub(crate) fn new(queues: &[Arc<str>], poll: Duration, now: Instant) -> Self {
        let queues = queues.iter().map(|name| Queue::new(name.clone())).collect();
        Self { queues, poll, next_look: now, turn: 0, sweep_every: SWEEP }
    }

    /// Learns which lanes there are, and which queues are paused. New lanes are hot.
    pub(crate) fn adopt(&mut self, seen: &longshore_store::Lanes) {
        for lane in &seen.lanes {
            if let Some(queue) = self.queue_of(&lane.queue) {
                queue.place(lane);
            }
        }
        for queue in &mut self.queues {
            let paused = seen.paused.contains(&queue.name);
            if queue.paused && !paused {
                queue.stir();
            }
            queue.paused = paused;
        }
    }

    /// Follows a hint; whether the lanes should be read anew.
    pub(crate) fn follow(&mut self, hint: &Hint, now: Instant) -> bool {
        match hint {
            Hint::Lane(lane) => {
                if let Some(queue) = self.queue_of(&lane.queue) {
                    let place = queue.place(lane);
                    queue.heat(place);
                    queue.known[place].forget_floor_after(SWEEP_ON_HINT, now);
                }
                false
            }
            Hint::Queue(name) => self.queue_of(name).map(Queue::stir).is_some(),
            Hint::Anywhere => {
                self.stir();
                true
            }
        }
    }

    /// Believes that every lane may hold work, from its beginning.
    pub(crate) fn stir(&mut self) {
        self.queues.iter_mut().for_each(Queue::stir);
    }

    /// Whether some lane is believed to hold work that may be claimed.
    pub(crate) fn is_hot(&self) -> bool {
        self.queues.iter().any(|queue| !queue.paused && !queue.hot.is_empty())
    }

    /// When a plan may come out differently without anything being said.
    pub(crate) fn next_look(&self) -> Instant {
        self.next_look
    }

    /// The next claim; `rooms` says what each queue may take.
    pub(crate) fn plan(&mut self, now: Instant, rooms: &[Room]) -> Option<Plan> {
        if now >= self.next_look
            && let Some(plan) = self.look(now, rooms)
        {
            return Some(plan);
        }
        let count = self.queues.len();
        let turns = (0..count).map(|offset| (self.turn + offset) % count);
        let open = |queue: &usize| {
            let Queue { paused, hot, .. } = &self.queues[*queue];
            rooms[*queue].now && !paused && !hot.is_empty()
        };
        let queue = turns.into_iter().find(open)?;
        self.turn = queue + 1;
        Some(self.plan_of(queue, rooms[queue].jobs, now))
    }

    /// Probes cold lanes whose time has come.
    fn look(&mut self, now: Instant, rooms: &[Room]) -> Option<Plan> {
        let count = self.queues.len();
        let overdue = |queue: &usize| {
            let Queue { paused, .. } = self.queues[*queue];
            rooms[*queue].jobs > 0 && !paused && self.queues[*queue].overdue(now).next().is_some()
        };
        let turns = (0..count).map(|offset| (self.turn + offset) % count);
        let queues: Vec<usize> = turns.filter(overdue).collect();
        let plan = match queues[..] {
            [] => None,
            // The claim's limit keeps one queue within its room, whatever its lanes turn out to hold.
            [queue] => Some(self.plan_of(queue, rooms[queue].jobs, now)),
            [first, ..] => {
                let share = NAMED / queues.len().min(NAMED);
                let tight = |queue: &usize| {
                    let lanes = self.queues[*queue].overdue(now).take(share).count();
                    lanes > rooms[*queue].jobs as usize
                };
                if let Some(tight) = queues.iter().copied().find(tight) {
                    Some(self.plan_of(tight, rooms[tight].jobs, now))
                } else {
                    self.turn = first + 1;
                    Some(self.probe(&queues, share, rooms, now))
                }
            }
        };
        self.schedule_look(now, plan.is_some());
        plan
    }

    /// Many queues in one claim: each lane gets its part of its queue's room, so that none overflows.
    fn probe(&mut self, queues: &[usize], share: usize, rooms: &[Room], now: Instant) -> Plan {
        let mut plan = Plan { cursors: Vec::new(), limit: 0, places: Vec::new() };
        for &queue in queues.iter().take(NAMED) {
            let room = rooms[queue].jobs;
            let mut lanes: Vec<usize> = self.queues[queue].overdue(now).take(share).collect();
            self.queues[queue].by_priority(&mut lanes);
            let quota = (room / lanes.len().max(1) as u32).max(1);
            plan.limit += room;
            self.name(&mut plan, queue, &lanes, quota, now);
        }
        plan
    }

    /// One queue: hot lanes in order, and as many overdue cold ones as fit.
    fn plan_of(&mut self, queue: usize, room: u32, now: Instant) -> Plan {
        let of = &self.queues[queue];
        let mut lanes: Vec<usize> = of.hot.iter().take(NAMED).collect();
        lanes.extend(of.overdue(now).take(NAMED - lanes.len()));
        of.by_priority(&mut lanes);
        let mut plan = Plan { cursors: Vec::new(), limit: room, places: Vec::new() };
        self.name(&mut plan, queue, &lanes, room, now);
        plan
    }

    fn name(&mut self, plan: &mut Plan, queue: usize, lanes: &[usize], quota: u32, now: Instant) {
        let (probe_at, sweep_every) = (now + self.poll, self.sweep_every);
        for &place in lanes {
            let of = &mut self.queues[queue];
            if of.known[place].probe_at.is_some() {
                of.cool(place, probe_at);
            }
            let known = &mut of.known[place];
            known.forget_floor_after(sweep_every, now);
            if known.floor.is_none() {
                known.swept_at = Some(now);
            }
            plan.cursors.push(CursorAt { lane: known.lane.clone(), floor: known.floor, quota });
            plan.places.push((queue, place));
        }
    }

    fn schedule_look(&mut self, now: Instant, looked: bool) {
        let cold: usize = self.queues.iter().map(|queue| queue.cold.len()).sum();
        let claims = u32::try_from(cold.div_ceil(NAMED)).unwrap_or(u32::MAX).max(1);
        let spacing = if looked { (self.poll / claims).max(SHORTEST_LOOK) } else { self.poll };
        let earliest =
            self.queues.iter().filter_map(|queue| queue.cold.first()).map(|(at, _)| *at).min();
        self.next_look = earliest.unwrap_or(now).max(now + spacing.min(self.poll));
    }

    /// Learns from the answer to a claim, which comes in the order of the cursors, and took so long.
    pub(crate) fn learn(&mut self, plan: &Plan, claimed: &[Claimed], took: Duration, now: Instant) {
        self.sweep_every = SWEEP.max(took.saturating_mul(SWEEP_SHARE));
        let mut taken = vec![0u32; plan.cursors.len()];
        let mut at = 0;
        for job in claimed {
            // In order: the search almost always ends where it starts.
            let from_here = (at..plan.cursors.len()).chain(0..at);
            let Some(cursor) = from_here.into_iter().find(|at| plan.cursors[*at].lane == job.lane)
            else {
                continue;
            };
            at = cursor;
            taken[cursor] += 1;
            let (queue, place) = plan.places[cursor];
            self.queues[queue].known[place].floor = Some(Floor { due_at: job.due_at, id: job.id });
        }
        // What comes after the last lane that gave something was not looked at if the limit was reached.
        let full = claimed.len() >= plan.limit as usize;
        let looked_at = if full { at } else { plan.cursors.len() };
        for (cursor, &(queue, place)) in plan.places.iter().enumerate() {
            let known_empty = cursor < looked_at && taken[cursor] < plan.cursors[cursor].quota;
            if taken[cursor] > 0 {
                self.queues[queue].serve(place);
            }
            if known_empty {
                let swept = plan.cursors[cursor].floor.is_none();
                self.ran_out(queue, place, swept, now);
            }
        }
    }

    /// A lane came back short. Behind a floor that says little: it is swept once before it cools down.
    fn ran_out(&mut self, queue: usize, place: usize, swept: bool, now: Instant) {
        let (probe_at, sweep_every) = (now + self.poll, self.sweep_every);
        let of = &mut self.queues[queue];
        let forgotten = !swept && of.known[place].forget_floor_after(sweep_every, now);
        if !forgotten {
            of.cool(place, probe_at);
        }
    }

    fn queue_of(&mut self, name: &Arc<str>) -> Option<&mut Queue> {
        self.queues.iter_mut().find(|queue| queue.name == *name)
    }
}

impl Queue {
    fn new(name: Arc<str>) -> Self {
        let (known, index) = (Vec::new(), HashMap::new());
        Self { name, paused: false, known, index, hot: Turns::default(), cold: BTreeSet::new() }
    }

    /// The place of a lane, which may be new.
    fn place(&mut self, lane: &Lane) -> usize {
        let key = (lane.tenant.clone(), lane.priority);
        if let Some(place) = self.index.get(&key) {
            return *place;
        }
        let place = self.known.len();
        self.index.insert(key, place);
        self.hot.join(place, lane.priority);
        self.known.push(Known { lane: lane.clone(), floor: None, swept_at: None, probe_at: None });
        place
    }

    fn overdue(&self, now: Instant) -> impl Iterator<Item = usize> {
        self.cold.range(..=(now, usize::MAX)).map(|(_, place)| *place)
    }

    /// Stable: lanes of one priority keep their order.
    fn by_priority(&self, places: &mut [usize]) {
        places.sort_by_key(|place| std::cmp::Reverse(self.known[*place].lane.priority));
    }

    fn serve(&mut self, place: usize) {
        self.heat(place);
        self.hot.serve(place, self.known[place].lane.priority);
    }

    fn heat(&mut self, place: usize) {
        if let Some(probe_at) = self.known[place].probe_at.take() {
            self.cold.remove(&(probe_at, place));
            self.hot.join(place, self.known[place].lane.priority);
        }
    }

    fn cool(&mut self, place: usize, probe_at: Instant) {
        match self.known[place].probe_at.replace(probe_at) {
            Some(before) => _ = self.cold.remove(&(before, place)),
            None => self.hot.leave(place, self.known[place].lane.priority),
        }
        self.cold.insert((probe_at, place));
    }

    fn stir(&mut self) {
        for place in 0..self.known.len() {
            self.known[place].floor = None;
            self.heat(place);
        }
    }
}

impl Known {
    /// Starts at the beginning again if the last sweep is at least so long ago; whether it does.
    fn forget_floor_after(&mut self, interval: Duration, now: Instant) -> bool {
        let due = self
            .swept_at
            .is_none_or(|swept_at| now.saturating_duration_since(swept_at) >= interval);
        if due {
            self.floor = None;
        }
        due
    }
}

#[cfg(test)]
mod tests;
