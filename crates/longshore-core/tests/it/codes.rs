//! Words and numbers of states, reasons, priorities, labels and filters: stable, and read back.

use longshore_core::{JobFilter, Label, Labels, Priority, Reason, State};
use proptest::prelude::*;

#[test]
fn every_state_is_read_back_from_its_code_and_its_word() {
    for (code, state) in State::ALL.into_iter().enumerate() {
        assert_eq!(state.code(), code as i16);
        assert_eq!(State::try_from(state.code()), Ok(state));
        assert_eq!(state.as_str().parse(), Ok(state));
        assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{state}\""));
        assert!(!(state.is_waiting() && state.is_terminal()));
    }
    assert!(State::try_from(8).is_err() && State::try_from(-1).is_err());
    assert!("failed".parse::<State>().unwrap_err().to_string().contains("retryable"));
}

#[test]
fn every_reason_is_read_back_from_its_code_and_its_word() {
    for (code, reason) in Reason::ALL.iter().enumerate() {
        assert_eq!(reason.code(), code as i16, "codes are stored: they never change");
        assert_eq!(Reason::try_from(reason.code()), Ok(*reason));
        assert_eq!(reason.as_str().parse(), Ok(*reason));
        assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{reason}\""));
    }
    assert!(Reason::try_from(24).is_err() && "nothing".parse::<Reason>().is_err());
}

#[test]
fn priorities_are_one_to_ten_and_rank_the_other_way_round() {
    for number in 1..=10 {
        let priority = Priority::new(number).unwrap();
        assert_eq!(Priority::from_rank(priority.rank()), Ok(priority));
        assert_eq!(priority.rank(), 10 - i16::from(number));
        assert_eq!(number.to_string().parse(), Ok(priority));
    }
    assert!([-1, 10, i16::MIN, i16::MAX].iter().all(|rank| Priority::from_rank(*rank).is_err()));
    assert!(["", "0", "11", "-1", "high"].iter().all(|text| text.parse::<Priority>().is_err()));
    assert!(serde_json::from_str::<Priority>("11").is_err());
}

/// S0-41
#[test]
fn an_unknown_field_of_a_filter_is_refused() {
    assert!(serde_json::from_str::<JobFilter>(r#"{"queue_in":["a"]}"#).is_err());
    let filter: JobFilter = serde_json::from_str(r#"{"states_in":["held"]}"#).unwrap();
    assert_eq!(filter.states_in, [State::Held]);
    assert_eq!(serde_json::to_string(&JobFilter::default()).unwrap(), "{}");
}

proptest! {
    #[test]
    fn labels_are_read_back(ints in prop::collection::btree_map("[a-c]{1,3}", any::<i64>(), 0..4),
                            texts in prop::collection::btree_map("[d-f]{1,3}", any::<String>(), 0..4)) {
        let ints = ints.into_iter().map(|(name, value)| (name, Label::from(value)));
        let texts = texts.into_iter().map(|(name, value)| (name, Label::from(value)));
        let labels: Labels = ints.chain(texts).collect();
        let stored = serde_json::to_string(&labels).unwrap();
        prop_assert_eq!(serde_json::from_str::<Labels>(&stored).unwrap(), labels);
    }
}
