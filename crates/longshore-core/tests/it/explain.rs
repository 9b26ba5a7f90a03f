//! "Why is this job not running?": never without an answer.

use longshore_core::{Because, Circumstances, State, Timestamp, explain};
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + second, 0).expect("a time")
}

fn due() -> Circumstances {
    Circumstances {
        now: at(0),
        state: State::Available,
        reason: None,
        queue: "default".into(),
        kind: "unload".into(),
        due_at: Some(at(-1)),
        attempt: 0,
        last_attempt: 20,
        lease_until: None,
        cancel_requested: false,
        paused_since: None,
        workers: 1,
        listening: 1,
        able: 1,
        ahead: 0,
    }
}

#[test]
fn the_most_decisive_reason_comes_first() {
    assert_eq!(explain(&due()), [Because::Next]);
    assert_eq!(explain(&Circumstances { ahead: 3, ..due() }), [Because::Behind { jobs: 3 }]);
    let paused = Circumstances { paused_since: Some(at(-9)), workers: 0, ahead: 3, ..due() };
    let because = Because::Paused { queue: "default".into(), since: at(-9) };
    assert_eq!(explain(&paused), [because, Because::NoWorker]);
    let expired = Circumstances { state: State::Running, lease_until: Some(at(-1)), ..due() };
    assert_eq!(explain(&expired), [Because::LeaseExpired { since: at(-1) }]);
}

proptest! {
    #[test]
    fn there_is_always_an_answer_that_can_be_read(
        state in 0i16..8, due_at in prop::option::of(-5i64..5), lease in prop::option::of(-5i64..5),
        cancel_requested: bool, paused in prop::option::of(-5i64..0),
        workers in 0u32..3, listening in 0u32..3, able in 0u32..3, ahead in 0u32..3,
    ) {
        let facts = Circumstances {
            state: State::try_from(state).unwrap(),
            due_at: due_at.map(at),
            lease_until: lease.map(at),
            cancel_requested,
            paused_since: paused.map(at),
            workers,
            listening,
            able,
            ahead,
            ..due()
        };
        let because = explain(&facts);
        prop_assert!(!because.is_empty());
        prop_assert!(because.iter().all(|it| !it.to_string().is_empty()));
    }
}
