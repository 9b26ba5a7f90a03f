//! Random walks through the state machine: what holds on every path.

use std::time::Duration;

use longshore_core::{Backoff, Command, Outcome, Reason, Rules, Standing, State, step};
use proptest::prelude::*;

fn any_command() -> impl Strategy<Value = Command> {
    let wait = prop_oneof![Just(Duration::ZERO), Just(Duration::from_secs(60))];
    let failed = |retry_in| Outcome::Failed { reason: Reason::RetryScheduled, retry_in };
    let outcome = prop_oneof![
        Just(Outcome::Completed),
        prop::option::of(wait.clone()).prop_map(failed),
        Just(Outcome::Discarded(Reason::Discarded)),
        wait.clone().prop_map(Outcome::Snoozed),
        Just(Outcome::Released),
        Just(Outcome::Cancelled),
        Just(Outcome::Crashed),
    ];
    prop_oneof![
        1 => wait.prop_map(Command::Release),
        4 => Just(Command::Claim),
        4 => outcome.prop_map(Command::Finish),
        1 => Just(Command::Cancel),
        1 => Just(Command::RetryByHand),
        1 => Just(Command::Correlate),
    ]
}

proptest! {
    #[test]
    fn no_path_breaks_the_rules_of_a_job(
        first in prop::sample::select(vec![State::Held, State::Scheduled, State::Available]),
        commands in prop::collection::vec(any_command(), 1..200),
        max_attempts in 1u32..6,
        max_crashes in 1u32..4,
    ) {
        let rules = Rules { max_attempts, backoff: Backoff::default(), max_crashes, roll: 0.5 };
        let mut job = Standing::new(first, max_attempts);
        for command in &commands {
            let Ok(step) = step(job, command, &rules) else { continue };
            let after = step.standing;
            prop_assert_eq!(step.before, job.state);
            let claimed = *command == Command::Claim;
            prop_assert_eq!(after.attempt, job.attempt + u32::from(claimed), "the fence");
            prop_assert!(after.last_attempt >= job.last_attempt);
            prop_assert!(after.attempt <= after.last_attempt, "I4");
            prop_assert_eq!(after.seq, job.seq + u32::from(step.writes_ledger));
            prop_assert_eq!(step.writes_ledger, !claimed);
            prop_assert_eq!(step.due_in.is_some(), after.state.is_waiting());
            prop_assert_eq!(after.state == State::Running, claimed);
            prop_assert!(after.tries(&rules) <= max_attempts);
            if after.state.is_waiting() {
                prop_assert!(after.attempt < after.last_attempt, "what waits may run");
            }
            if job.state.is_terminal() {
                prop_assert_eq!(job.state, State::Discarded, "I5");
                prop_assert_eq!(command, &Command::RetryByHand, "I5");
                prop_assert_eq!(after.last_attempt - after.attempt, max_attempts);
            }
            if step.reason == Reason::Poison {
                prop_assert_eq!(after.crashes, max_crashes);
            }
            job = after;
        }
    }

    #[test]
    fn huge_numbers_do_not_overflow(command in any_command(), state in 0i16..8) {
        let state = State::try_from(state).unwrap();
        let most = u32::MAX;
        let job = Standing { state, from: state, attempt: most, last_attempt: most, crashes: most, seq: most };
        let rules = Rules { max_attempts: most, backoff: Backoff::default(), max_crashes: most, roll: f64::NAN };
        let _ = step(job, &command, &rules);
    }
}
