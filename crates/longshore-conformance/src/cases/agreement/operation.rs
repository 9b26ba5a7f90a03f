//! What may happen in a random history.

use proptest::{
    prelude::{Just, Strategy, any, prop_oneof},
    sample::Index,
};

/// One operation. Jobs are chosen from those that the history has made so far.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Enqueue(Vec<Wish>),
    /// The same call again.
    EnqueueAgain(Index),
    Claim {
        limit: u32,
        kinds: Kinds,
        later: bool,
    },
    /// Reports some attempts that are open, or were.
    Finish(Vec<(Index, End)>),
    Heartbeat(Vec<Index>),
    Rescue {
        max_crashes: u32,
    },
    Cancel(Vec<Index>),
    Retry(Vec<Index>),
    Release(Vec<Index>),
    DeleteDead(Vec<Index>),
    /// Changes one job: its payload, a label (none takes it off), or both.
    Update {
        which: Index,
        payload: Option<u8>,
        label: Option<Option<u8>>,
    },
    Holder(u8),
    /// Much later, the week of these jobs is dropped.
    Rotate,
}

/// A job that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) urgent: bool,
    pub(super) other_kind: bool,
    pub(super) in_an_hour: bool,
    pub(super) held: bool,
    pub(super) max_attempts: u32,
    pub(super) slow_backoff: bool,
    pub(super) key: Option<u8>,
    pub(super) forever: bool,
    /// A correlation id, and whether the job closes others of it.
    pub(super) related: Option<(u8, bool)>,
    pub(super) label: Option<u8>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kinds {
    First,
    Second,
    Both,
}

/// How an attempt ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Complete,
    Fail,
    FailForNow,
    Discard,
    Snooze,
    Release,
    Cancel,
}

pub(super) fn any_operation() -> impl Strategy<Value = Operation> {
    use proptest::collection::vec;
    let some = || vec(any::<Index>(), 1..4);
    prop_oneof![
        4 => vec(wish(), 1..5).prop_map(Operation::Enqueue),
        1 => any::<Index>().prop_map(Operation::EnqueueAgain),
        6 => (0u32..6, kinds(), any::<bool>())
            .prop_map(|(limit, kinds, later)| Operation::Claim { limit, kinds, later }),
        6 => vec((any::<Index>(), end()), 1..5).prop_map(Operation::Finish),
        1 => some().prop_map(Operation::Heartbeat),
        1 => (1u32..4).prop_map(|max_crashes| Operation::Rescue { max_crashes }),
        2 => some().prop_map(Operation::Cancel),
        2 => some().prop_map(Operation::Retry),
        1 => some().prop_map(Operation::Release),
        1 => some().prop_map(Operation::DeleteDead),
        2 => update(),
        1 => (0u8..3).prop_map(Operation::Holder),
        1 => Just(Operation::Rotate),
    ]
}

fn update() -> impl Strategy<Value = Operation> {
    let label = proptest::option::of(proptest::option::of(0u8..3));
    (any::<Index>(), proptest::option::of(any::<u8>()), label)
        .prop_map(|(which, payload, label)| Operation::Update { which, payload, label })
}

fn wish() -> impl Strategy<Value = Wish> {
    let rarely = || proptest::bool::weighted(0.15);
    let key = proptest::option::weighted(0.3, 0u8..3);
    let related = proptest::option::weighted(0.6, (0u8..2, any::<bool>()));
    let label = proptest::option::weighted(0.3, 0u8..3);
    let flags = (rarely(), rarely(), rarely(), rarely());
    (flags, 1u32..4, any::<bool>(), key, rarely(), related, label).prop_map(
        |(flags, max_attempts, slow_backoff, key, forever, related, label)| {
            let (urgent, other_kind, in_an_hour, held) = flags;
            Wish {
                urgent,
                other_kind,
                in_an_hour,
                held,
                max_attempts,
                slow_backoff,
                key,
                forever,
                related,
                label,
            }
        },
    )
}

fn kinds() -> impl Strategy<Value = Kinds> {
    prop_oneof![3 => Just(Kinds::Both), 1 => Just(Kinds::First), 1 => Just(Kinds::Second)]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Complete),
        2 => Just(End::Fail),
        2 => Just(End::FailForNow),
        1 => Just(End::Discard),
        1 => Just(End::Snooze),
        1 => Just(End::Release),
        1 => Just(End::Cancel),
    ]
}
