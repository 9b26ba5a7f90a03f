//! The state machine, as one table: every state meets every command.

use std::time::Duration;

use longshore_core::{
    Backoff, Command, LONGEST_WAIT, Outcome, Reason, Rules, Standing, State, step,
};

const HOUR: Duration = Duration::from_secs(3600);

/// What becomes of a job in the state of the column when the command of the row meets it; `-` is
/// refused. It stands at its second of three attempts.
const TABLE: &str = "
                held       scheduled  available  running    retryable  completed  cancelled  discarded
release         available  -          -          -          -          -          -          -
release-later   scheduled  -          -          -          -          -          -          -
claim           -          running    running    -          running    -          -          -
complete        -          -          -          completed  -          -          -          -
fail            -          -          -          retryable  -          -          -          -
fail-last       -          -          -          discarded  -          -          -          -
discard         -          -          -          discarded  -          -          -          -
snooze          -          -          -          scheduled  -          -          -          -
snooze-for-now  -          -          -          available  -          -          -          -
give-back       -          -          -          available  -          -          -          -
cancel-inside   -          -          -          cancelled  -          -          -          -
crash           -          -          -          retryable  -          -          -          -
crash-again     -          -          -          discarded  -          -          -          -
cancel          cancelled  cancelled  cancelled  -          cancelled  -          -          -
retry-by-hand   -          available  -          -          available  -          -          available
correlate       -          completed  completed  -          completed  -          -          -
";

fn rules() -> Rules {
    Rules { max_attempts: 3, backoff: Backoff::Fixed { delay: HOUR }, max_crashes: 3, roll: 0.5 }
}

fn standing(state: State) -> Standing {
    Standing { state, from: state, attempt: 2, last_attempt: 3, crashes: 1, seq: 4 }
}

/// The job and the command of a row of the table.
fn row(name: &str, state: State) -> (Standing, Command) {
    let job = standing(state);
    let failed = Outcome::Failed { reason: Reason::Timeout, retry_in: None };
    let finish = |outcome| (job, Command::Finish(outcome));
    match name {
        "release" => (job, Command::Release(Duration::ZERO)),
        "release-later" => (job, Command::Release(HOUR)),
        "claim" => (job, Command::Claim),
        "complete" => finish(Outcome::Completed),
        "fail" => finish(failed),
        "fail-last" => (Standing { attempt: 3, ..job }, Command::Finish(failed)),
        "discard" => finish(Outcome::Discarded(Reason::Declined)),
        "snooze" => finish(Outcome::Snoozed(HOUR)),
        "snooze-for-now" => finish(Outcome::Snoozed(Duration::ZERO)),
        "give-back" => finish(Outcome::Released),
        "cancel-inside" => finish(Outcome::Cancelled),
        "crash" => finish(Outcome::Crashed),
        "crash-again" => (Standing { crashes: 2, ..job }, Command::Finish(Outcome::Crashed)),
        "cancel" => (job, Command::Cancel),
        "retry-by-hand" => (job, Command::RetryByHand),
        "correlate" => (job, Command::Correlate),
        other => panic!("no command is called {other}"),
    }
}

#[test]
fn every_command_meets_every_state() {
    let mut lines = TABLE.trim_matches('\n').lines();
    let states: Vec<State> =
        lines.next().unwrap().split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(states, State::ALL);
    for line in lines {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let cells: Vec<_> = words.collect();
        assert_eq!(cells.len(), State::ALL.len(), "{name}");
        for (state, expected) in State::ALL.into_iter().zip(cells) {
            let (job, command) = row(name, state);
            match step(job, &command, &rules()) {
                Ok(step) => assert_eq!(step.standing.state.as_str(), expected, "{name} {state}"),
                Err(illegal) => {
                    assert_eq!(expected, "-", "{name} {state}");
                    assert_eq!(illegal.state, state);
                    assert!(illegal.to_string().contains(state.as_str()));
                }
            }
        }
    }
}

/// The reason, the wait, the last attempt, the crashes and whether a ledger row is written.
#[test]
fn every_command_has_its_consequences() {
    use Reason::{
        Cancelled, Claimed, Declined, Exhausted, LeaseExpired, Ok as Success, Poison, Released,
        RetriedByHand, Shutdown, Snoozed, Timeout,
    };
    use State::{Discarded, Held, Retryable, Running, Scheduled};
    let now = Some(Duration::ZERO);
    let hour = Some(HOUR);
    let table = [
        ("release", Held, Released, now, 3, 1, true),
        ("release-later", Held, Released, hour, 3, 1, true),
        ("claim", Scheduled, Claimed, None, 3, 1, false),
        ("complete", Running, Success, None, 3, 0, true),
        ("fail", Running, Timeout, hour, 3, 0, true),
        ("fail-last", Running, Exhausted, None, 3, 0, true),
        ("discard", Running, Declined, None, 3, 0, true),
        ("snooze", Running, Snoozed, hour, 4, 0, true),
        ("give-back", Running, Shutdown, now, 4, 1, true),
        ("cancel-inside", Running, Cancelled, None, 3, 0, true),
        ("crash", Running, LeaseExpired, hour, 3, 2, true),
        ("crash-again", Running, Poison, None, 3, 3, true),
        ("cancel", Retryable, Cancelled, None, 3, 1, true),
        ("retry-by-hand", Retryable, RetriedByHand, now, 3, 1, true),
        ("retry-by-hand", Discarded, RetriedByHand, now, 5, 0, true),
    ];
    for (name, state, reason, due_in, last_attempt, crashes, writes_ledger) in table {
        let (job, command) = row(name, state);
        let step = step(job, &command, &rules()).unwrap();
        assert_eq!((step.before, step.reason, step.due_in), (state, reason, due_in), "{name}");
        let after = step.standing;
        assert_eq!((after.last_attempt, after.crashes), (last_attempt, crashes), "{name}");
        assert_eq!(step.writes_ledger, writes_ledger, "{name}");
        assert_eq!(step.seq(), 4, "{name}: the row that it writes, or will");
        assert_eq!(after.seq, if writes_ledger { 5 } else { 4 }, "{name}");
        let claimed = command == Command::Claim;
        assert_eq!(after.attempt, job.attempt + u32::from(claimed), "{name}");
        assert_eq!(after.from, if claimed { state } else { after.state }, "{name}");
    }
}

/// A handler's own wish goes before the policy, but not before the limit.
#[test]
fn a_wish_decides_the_wait_but_not_the_tries() {
    let wish = Some(Duration::from_secs(7));
    let failed = Command::Finish(Outcome::Failed { reason: Reason::Panic, retry_in: wish });
    let running = standing(State::Running);
    assert_eq!(step(running, &failed, &rules()).unwrap().due_in, wish);
    let last = Standing { attempt: 3, ..running };
    assert_eq!(step(last, &failed, &rules()).unwrap().standing.state, State::Discarded);
}

/// The backoff looks at the tries that counted.
#[test]
fn only_tries_that_counted_lengthen_the_wait() {
    let rules = rules();
    let tries = |attempt, last_attempt| {
        Standing { attempt, last_attempt, ..standing(State::Running) }.tries(&rules)
    };
    assert_eq!([tries(1, 3), tries(2, 3), tries(3, 3)], [1, 2, 3]);
    assert_eq!([tries(2, 4), tries(5, 7)], [1, 1], "snoozes and a retry by hand do not count");
    assert_eq!(tries(0, 3), 0);
    assert_eq!(tries(0, 99), 0, "never below nothing");
}

/// Whatever was wished for, the due time can be stored.
#[test]
fn no_wait_after_an_attempt_is_longer_than_a_hundred_years() {
    let running = standing(State::Running);
    let wish = Some(Duration::MAX);
    let forever = Rules { backoff: Backoff::Fixed { delay: Duration::MAX }, ..rules() };
    for outcome in [
        Outcome::Snoozed(Duration::MAX),
        Outcome::Failed { reason: Reason::RetryScheduled, retry_in: wish },
        Outcome::Failed { reason: Reason::RetryScheduled, retry_in: None },
        Outcome::Crashed,
    ] {
        let step = step(running, &Command::Finish(outcome.clone()), &forever).unwrap();
        assert_eq!(step.due_in, Some(LONGEST_WAIT), "{outcome:?}");
    }
}

/// A wish to cancel that the handler had not heard of decides only about what would wait again.
#[test]
fn a_wish_to_cancel_ends_what_would_wait_again_and_nothing_else() {
    let (ends, comes_back) = (
        ["complete", "fail-last", "discard", "cancel-inside", "crash-again"],
        ["fail", "snooze", "snooze-for-now", "give-back", "crash"],
    );
    let end_of = |name| {
        let (job, command) = row(name, State::Running);
        step(job, &command, &rules()).unwrap()
    };
    for name in ends {
        assert_eq!(end_of(name).heeding(true), end_of(name), "{name}");
    }
    for name in comes_back {
        let (end, heeded) = (end_of(name), end_of(name).heeding(true));
        assert_eq!(end.heeding(false), end, "{name}");
        assert_eq!(
            (heeded.standing.state, heeded.reason, heeded.due_in),
            (State::Cancelled, Reason::Cancelled, None),
            "{name}"
        );
        assert_eq!((heeded.seq(), heeded.before, heeded.writes_ledger), (4, State::Running, true));
    }
    let (held, release) = row("release", State::Held);
    let released = step(held, &release, &rules()).unwrap();
    assert_eq!(released.heeding(true), released, "only the end of an attempt");
}
