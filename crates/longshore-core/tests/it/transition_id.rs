//! Ids of transitions: a job and a place in its ledger, in one text.

use longshore_core::TransitionId;
use proptest::prelude::*;

use crate::id::any_id;

proptest! {
    #[test]
    fn the_text_is_read_back(job in any_id(), ordinal in any::<u32>()) {
        let id = TransitionId { job, ordinal };
        prop_assert_eq!(id.to_string().len(), 27);
        prop_assert_eq!(id.to_string().parse::<TransitionId>().unwrap(), id);
        prop_assert_eq!(serde_json::from_str::<TransitionId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }

    #[test]
    fn the_order_of_texts_is_that_of_job_and_place(
        jobs in prop::collection::vec(any_id(), 1..50),
        ordinals in prop::collection::vec(any::<u32>(), 1..20),
    ) {
        let pairs = jobs.iter().flat_map(|job| ordinals.iter().map(|it| (*job, *it)));
        let mut ids: Vec<_> = pairs.map(|(job, ordinal)| TransitionId { job, ordinal }).collect();
        ids.sort();
        prop_assert!(ids.is_sorted_by_key(ToString::to_string));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,40}|[0-9A-Za-z]{27}") {
        if let Ok(id) = text.parse::<TransitionId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}

#[test]
fn a_place_tells_its_row_and_whether_it_is_a_claim() {
    let at = |ordinal| {
        let id = TransitionId { job: longshore_core::JobId::new(), ordinal };
        (id.seq(), id.is_claim())
    };
    assert_eq!(
        [at(1), at(2), at(3), at(4), at(5)],
        [(0, false), (1, true), (1, false), (2, true), (2, false)]
    );
}
