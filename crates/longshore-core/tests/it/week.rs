//! Weeks: no gap, no overlap, no time zone.

use chrono::{Datelike, TimeDelta};
use longshore_core::{JobId, Timestamp, Week};
use proptest::prelude::*;
use uuid::Uuid;

#[test]
fn the_weeks_around_new_year_have_their_iso_names() {
    let name = |text: &str| Week::of(text.parse().unwrap()).to_string();
    let table = [
        ("2020-12-31T23:59:59Z", "2020w53"),
        ("2021-01-03T23:59:59.999999Z", "2020w53"),
        ("2021-01-04T00:00:00Z", "2021w01"),
        ("2024-12-30T00:00:00Z", "2025w01"),
        ("2026-12-31T12:00:00Z", "2026w53"),
        ("2027-01-01T00:00:00Z", "2026w53"),
        ("1970-01-01T00:00:00Z", "1970w01"),
    ];
    for (time, expected) in table {
        assert_eq!(name(time), expected, "{time}");
    }
}

#[test]
fn two_hundred_years_of_weeks_join_without_a_gap() {
    let mut week = Week::of("1970-01-01T00:00:00Z".parse().unwrap());
    let mut names = Vec::new();
    while week.start().year() < 2200 {
        assert_eq!(week.ids().1, week.next().ids().0);
        assert_eq!(week.next().start() - week.start(), TimeDelta::weeks(1));
        assert_eq!(week.start().weekday(), chrono::Weekday::Mon);
        names.push(week.to_string());
        week = week.next();
    }
    assert!(names.is_sorted_by(|a, b| a < b), "names sort by time");
}

#[test]
fn a_text_that_names_no_week_is_refused() {
    for wrong in ["", "2026", "2026w", "2026w54", "2025w53", "2026w00", "2026w7", "+2026w07", "w47"]
    {
        let refused = wrong.parse::<Week>().unwrap_err();
        assert!(refused.to_string().contains("2026w47"), "{refused}");
    }
}

proptest! {
    /// S2-27
    #[test]
    fn an_id_lies_in_the_week_of_its_time(millis in 0i64..7_258_118_400_000, rest in any::<u128>()) {
        let time = Timestamp::from_timestamp_millis(millis).unwrap();
        let week = Week::of(time);
        let id = JobId(Uuid::from_u128((millis as u128) << 80 | rest >> 48));
        let (first, end) = week.ids();
        prop_assert!(first <= id.0 && id.0 < end);
        prop_assert!(week.start() <= time && time < week.next().start());
        let iso = time.iso_week();
        prop_assert_eq!(week.to_string(), format!("{}w{:02}", iso.year(), iso.week()));
        prop_assert_eq!(week.to_string().parse(), Ok(week));
    }

    #[test]
    fn weeks_can_be_counted_both_ways(millis in 0i64..7_258_118_400_000, weeks in -500i64..500) {
        let week = Week::of(Timestamp::from_timestamp_millis(millis).unwrap());
        prop_assert_eq!(week.plus(weeks).plus(-weeks), week);
        prop_assert_eq!(week.plus(weeks).start(), week.start() + TimeDelta::weeks(weeks));
    }
}
