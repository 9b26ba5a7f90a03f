//! The plan of claims, without a storage.

use longshore_core::{DEFAULT_MAX_ATTEMPTS, JobId, Payload, Standing, State, Timestamp};

use super::*;

const POLL: Duration = Duration::from_millis(500);
const ROOM: Room = Room { jobs: 100, now: true };
const NO_ROOM: Room = Room { jobs: 0, now: false };

fn lane(queue: &str, tenant: &str, priority: u8) -> Lane {
    let priority = Priority::new(priority).unwrap();
    Lane { queue: queue.into(), tenant: tenant.into(), priority }
}

fn seen(lanes: &[Lane]) -> longshore_store::Lanes {
    longshore_store::Lanes { lanes: lanes.to_vec(), paused: Vec::new() }
}

fn knowing(queues: &[&str], lanes: &[Lane], now: Instant) -> Lanes {
    let queues: Vec<Arc<str>> = queues.iter().map(|queue| (*queue).into()).collect();
    let mut known = Lanes::new(&queues, POLL, now);
    known.adopt(&seen(lanes));
    known
}

/// Jobs as a claim returns them, `due` seconds after 1970.
fn jobs(lane: &Lane, count: u32, due: i64) -> Vec<Claimed> {
    let time = Timestamp::from_timestamp(due, 0).unwrap();
    let job = |_| Claimed {
        id: JobId::new(),
        lane: lane.clone(),
        kind: "unload".into(),
        standing: Standing::new(State::Running, DEFAULT_MAX_ATTEMPTS),
        max_attempts: DEFAULT_MAX_ATTEMPTS,
        due_at: time,
        claimed_at: time,
        created_at: time,
        payload: Payload::default(),
        context: None,
        labels: longshore_core::Labels::new(),
        backoff: None,
        timeout: None,
        event_id: None,
        batch: None,
        siblings: None,
    };
    (0..count).map(job).collect()
}

fn tenants(plan: &Plan) -> Vec<&str> {
    plan.cursors.iter().map(|cursor| &*cursor.lane.tenant).collect()
}

/// Plans, and answers as if nothing was there.
fn empty_claim(lanes: &mut Lanes, now: Instant, rooms: &[Room]) -> Plan {
    let plan = lanes.plan(now, rooms).expect("there is something to ask");
    lanes.learn(&plan, &[], Duration::from_millis(1), now);
    plan
}

#[test]
fn new_lanes_are_asked_at_once_highest_priority_first_with_the_whole_room() {
    let now = Instant::now();
    let lanes = [lane("q", "low", 1), lane("q", "high", 10), lane("q", "middle", 5)];
    let plan = knowing(&["q"], &lanes, now).plan(now, &[ROOM]).unwrap();
    assert_eq!(tenants(&plan), ["high", "middle", "low"]);
    assert!(plan.cursors.iter().all(|cursor| cursor.quota == 100 && cursor.floor.is_none()));
    assert_eq!((plan.limit, plan.only_queue()), (100, Some(0)));
}

#[test]
fn a_served_tenant_goes_to_the_back() {
    let now = Instant::now();
    let (a, b) = (lane("q", "a", 5), lane("q", "b", 5));
    let mut lanes = knowing(&["q"], &[a.clone(), b], now);
    let plan = lanes.plan(now, &[ROOM]).unwrap();
    assert_eq!(tenants(&plan), ["a", "b"]);
    lanes.learn(&plan, &jobs(&a, 100, 1), Duration::ZERO, now);
    assert_eq!(tenants(&lanes.plan(now, &[ROOM]).unwrap()), ["b", "a"]);
}

#[test]
fn claims_start_behind_what_was_taken_and_sweep_from_the_beginning_once_a_second() {
    let now = Instant::now();
    let a = lane("q", "a", 5);
    let mut lanes = knowing(&["q"], std::slice::from_ref(&a), now);
    let plan = lanes.plan(now, &[ROOM]).unwrap();
    let taken = jobs(&a, 100, 7);
    lanes.learn(&plan, &taken, Duration::ZERO, now);
    let floor = lanes.plan(now, &[ROOM]).unwrap().cursors[0].floor;
    let last = taken.last().unwrap();
    assert_eq!(floor, Some(Floor { due_at: last.due_at, id: last.id }));
    let later = now + Duration::from_secs(1);
    assert_eq!(lanes.plan(later, &[ROOM]).unwrap().cursors[0].floor, None);
}

#[test]
fn slow_sweeps_are_rarer_and_take_at_most_a_twentieth_of_the_time() {
    let now = Instant::now();
    let a = lane("q", "a", 5);
    let mut lanes = knowing(&["q"], std::slice::from_ref(&a), now);
    let plan = lanes.plan(now, &[ROOM]).unwrap();
    lanes.learn(&plan, &jobs(&a, 100, 7), Duration::from_millis(200), now);
    let after = |seconds| now + Duration::from_secs(seconds);
    assert!(lanes.plan(after(3), &[ROOM]).unwrap().cursors[0].floor.is_some());
    assert!(lanes.plan(after(4), &[ROOM]).unwrap().cursors[0].floor.is_none());
}

#[test]
fn an_empty_lane_is_left_alone_until_the_next_poll_or_a_hint() {
    let now = Instant::now();
    let a = lane("q", "a", 5);
    let mut lanes = knowing(&["q"], std::slice::from_ref(&a), now);
    empty_claim(&mut lanes, now, &[ROOM]);
    assert!(!lanes.is_hot());
    let soon = now + POLL / 2;
    assert!(lanes.plan(soon, &[ROOM]).is_none());
    assert!(lanes.next_look() <= now + POLL);
    assert!(lanes.plan(now + POLL, &[ROOM]).is_some());
    assert!(!lanes.follow(&Hint::Lane(a), now + POLL));
    assert!(lanes.is_hot());
    assert!(lanes.plan(now + POLL, &[ROOM]).is_some());
}

#[test]
fn a_hint_for_an_unknown_lane_is_followed_at_once_and_one_of_other_queues_is_not() {
    let now = Instant::now();
    let mut lanes = knowing(&["q"], &[], now);
    assert!(lanes.plan(now, &[ROOM]).is_none());
    lanes.follow(&Hint::Lane(lane("other", "a", 5)), now);
    assert!(lanes.plan(now, &[ROOM]).is_none());
    lanes.follow(&Hint::Lane(lane("q", "new", 5)), now);
    assert_eq!(tenants(&lanes.plan(now, &[ROOM]).unwrap()), ["new"]);
    assert!(lanes.follow(&Hint::Anywhere, now), "the lanes are to be read anew");
}

#[test]
fn what_lies_behind_a_full_claim_stays_hot() {
    let now = Instant::now();
    let (a, b, c) = (lane("q", "a", 9), lane("q", "b", 8), lane("q", "c", 7));
    let mut lanes = knowing(&["q"], &[a, b.clone(), c], now);
    let plan = lanes.plan(now, &[ROOM]).unwrap();
    // `a` was empty, `b` filled the claim, `c` was not looked at.
    lanes.learn(&plan, &jobs(&b, 100, 1), Duration::ZERO, now);
    assert_eq!(tenants(&lanes.plan(now, &[ROOM]).unwrap()), ["b", "c"]);
}

#[test]
fn paused_queues_are_left_out_and_hot_when_they_are_resumed() {
    let now = Instant::now();
    let a = lane("q", "a", 5);
    let mut lanes = knowing(&["q"], &[], now);
    let paused = longshore_store::Lanes { lanes: vec![a.clone()], paused: vec!["q".into()] };
    lanes.adopt(&paused);
    assert!(!lanes.is_hot() && lanes.plan(now, &[ROOM]).is_none());
    lanes.adopt(&seen(&[a]));
    assert!(lanes.plan(now, &[ROOM]).is_some());
}

#[test]
fn hot_queues_take_turns_and_those_without_room_are_passed_over() {
    let now = Instant::now();
    let (a, b) = (lane("one", "a", 5), lane("two", "b", 5));
    let mut lanes = knowing(&["one", "two"], &[a.clone(), b], now);
    let first = lanes.plan(now, &[ROOM, ROOM]).unwrap();
    assert_eq!((tenants(&first), first.only_queue()), (vec!["a"], Some(0)));
    lanes.learn(&first, &jobs(&a, 100, 1), Duration::ZERO, now);
    assert_eq!(tenants(&lanes.plan(now, &[ROOM, ROOM]).unwrap()), ["b"]);
    assert_eq!(tenants(&lanes.plan(now, &[NO_ROOM, ROOM]).unwrap()), ["b"]);
    assert!(lanes.plan(now, &[NO_ROOM, NO_ROOM]).is_none());
}

#[test]
fn idle_queues_share_one_claim_and_none_gets_more_than_its_room() {
    let now = Instant::now();
    let all = [lane("one", "a", 5), lane("one", "b", 5), lane("two", "c", 5)];
    let mut lanes = knowing(&["one", "two"], &all, now);
    empty_claim(&mut lanes, now, &[ROOM, ROOM]);
    empty_claim(&mut lanes, now, &[ROOM, ROOM]);
    let room = Room { jobs: 10, now: true };
    let look = lanes.plan(now + POLL, &[room, room]).unwrap();
    assert_eq!((tenants(&look), look.only_queue()), (vec!["a", "b", "c"], None));
    let quotas: Vec<_> = look.cursors.iter().map(|cursor| cursor.quota).collect();
    assert_eq!((quotas, look.limit), (vec![5, 5, 10], 20));
}

#[test]
fn an_idle_queue_with_more_lanes_than_room_is_asked_alone() {
    let now = Instant::now();
    let all = [lane("one", "a", 5), lane("one", "b", 5), lane("two", "c", 5)];
    let mut lanes = knowing(&["one", "two"], &all, now);
    empty_claim(&mut lanes, now, &[ROOM, ROOM]);
    empty_claim(&mut lanes, now, &[ROOM, ROOM]);
    let narrow = Room { jobs: 1, now: true };
    let look = lanes.plan(now + POLL, &[narrow, ROOM]).unwrap();
    assert_eq!((tenants(&look), look.limit), (vec!["a", "b"], 1));
}

#[test]
fn ten_thousand_idle_tenants_are_looked_through_in_turn_by_claims_of_sixty_four() {
    let now = Instant::now();
    let all: Vec<_> = (0..10_000).map(|n| lane("q", &format!("tenant {n}"), 5)).collect();
    let mut lanes = knowing(&["q"], &all, now);
    while lanes.is_hot() {
        assert_eq!(empty_claim(&mut lanes, now, &[ROOM]).cursors.len().div_ceil(64), 1);
    }
    let (mut at, mut claims) = (now, 0);
    let mut looked_at = std::collections::HashSet::new();
    while looked_at.len() < all.len() {
        at = at.max(lanes.next_look());
        let plan = empty_claim(&mut lanes, at, &[ROOM]);
        assert!(plan.cursors.len() <= 64);
        looked_at.extend(plan.cursors.into_iter().map(|cursor| cursor.lane));
        claims += 1;
    }
    assert!(claims <= 160, "{claims} claims");
    assert!(at - now <= Duration::from_secs(10), "{:?}", at - now);
}
