//! What may go: the rule, its floor, and the weeks that follow from it.

use std::time::Duration;

use chrono::TimeDelta;
use longshore_core::{Remains, Retention, State, Timestamp, Week};
use proptest::prelude::*;

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

#[test]
fn a_retention_below_a_day_is_refused_in_words() {
    let refused = Retention::keeping(Duration::from_secs(86_399)).unwrap_err();
    assert!(refused.to_string().contains("at least a day"), "{refused}");
    assert!(Retention::keeping(Retention::SHORTEST).is_ok());
}

#[test]
fn a_retention_longer_than_all_time_keeps_everything() {
    let now = moment("2026-11-22T12:00:00Z");
    for keep in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(1 << 40)] {
        let retention = Retention::keeping(keep).unwrap();
        assert!(retention.last_week(now) < Week::of(moment("1970-01-01T00:00:00Z")));
        assert!(retention.due(Week::of(now)) > now);
        let remains = Remains {
            has_place: false,
            last: Some((State::Completed, moment("1970-01-01T00:00:00Z"))),
        };
        assert!(!remains.may_go(retention.cutoff(now)));
    }
}

#[test]
fn the_moment_of_the_cut_off_itself_still_survives() {
    let cutoff = moment("2026-11-22T12:00:00Z");
    let ended = |at| Remains { has_place: false, last: Some((State::Completed, at)) };
    assert!(!ended(cutoff).may_go(cutoff));
    assert!(ended(cutoff - TimeDelta::microseconds(1)).may_go(cutoff));
}

proptest! {
    /// S2-31, I9: nothing goes that lives, is dead, ended lately, or looks odd.
    #[test]
    fn only_what_is_over_for_good_may_go(
        has_place: bool,
        state in 0usize..8,
        known in proptest::bool::weighted(0.9),
        micros in 0i64..7_000_000_000_000_000,
        cutoff in 0i64..7_000_000_000_000_000,
    ) {
        let time = |micros| Timestamp::from_timestamp_micros(micros).unwrap();
        let state = State::ALL[state];
        let remains = Remains { has_place, last: known.then(|| (state, time(micros))) };
        let goes = remains.may_go(time(cutoff));
        prop_assert!(!goes || !has_place && known && state.is_terminal() && micros < cutoff);
        // What may go once may go for ever.
        prop_assert!(!goes || remains.may_go(time(cutoff + 1)));
        let is_over = !has_place && known && state.is_terminal();
        prop_assert_eq!(goes, is_over && micros < cutoff);
    }

    #[test]
    fn a_week_is_dropped_when_all_of_it_lies_before_the_cut_off(
        now in 946_684_800_000i64..4_102_444_800_000,
        hours in 24u64..50_000,
    ) {
        let now = Timestamp::from_timestamp_millis(now).unwrap();
        let retention = Retention::keeping(Duration::from_secs(hours * 3600)).unwrap();
        let last = retention.last_week(now);
        prop_assert!(last.next().start() <= retention.cutoff(now));
        prop_assert!(last <= Week::of(now).plus(-2), "ids of this week and the last are still made");
        prop_assert!(retention.due(last) <= now && now < retention.due(last.next()));
    }
}
