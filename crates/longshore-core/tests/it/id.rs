//! Ids: three renderings, one order.

use longshore_core::JobId;
use proptest::prelude::*;
use uuid::Uuid;

/// The rendering that others write, to check what we read.
fn ulid(id: JobId) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digit = |place: u32| DIGITS[(id.0.as_u128() >> (5 * place) & 31) as usize];
    (0..26).rev().map(|place| char::from(digit(place))).collect()
}

/// Ids with a time between 2014 and 2150, as all that are stored have.
pub(crate) fn any_id() -> impl Strategy<Value = JobId> {
    let millis = 1_400_000_000_000u128..5_694_967_295_999;
    (millis, any::<u128>())
        .prop_map(|(millis, rest)| JobId(Uuid::from_u128(millis << 80 | rest >> 48)))
}

proptest! {
    #[test]
    fn every_rendering_is_read_back(id in any_id()) {
        prop_assert_eq!(id.to_string().parse::<JobId>().unwrap(), id);
        prop_assert_eq!(id.0.simple().to_string().to_uppercase().parse::<JobId>().unwrap(), id);
        prop_assert_eq!(id.ksuid().parse::<JobId>().unwrap(), id);
        prop_assert_eq!(ulid(id).parse::<JobId>().unwrap(), id);
        prop_assert_eq!(ulid(id).to_lowercase().parse::<JobId>().unwrap(), id);
        prop_assert_eq!((id.to_string().len(), id.ksuid().len(), ulid(id).len()), (36, 27, 26));
    }

    #[test]
    fn an_id_without_a_usable_time_keeps_its_bits_too(bits in any::<u128>()) {
        let id = JobId(Uuid::from_u128(bits));
        prop_assert_eq!(id.ksuid().parse::<JobId>().unwrap(), id);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,40}|[0-9A-Za-z]{26,27}|[0-9a-f-]{36}") {
        if let Ok(id) = text.parse::<JobId>() {
            prop_assert_eq!(id.to_string().parse::<JobId>().unwrap(), id);
        }
    }

    #[test]
    fn a_mistyped_ksuid_of_another_time_is_refused(id in any_id(), other in any_id()) {
        let (mine, foreign) = (id.ksuid(), other.ksuid());
        let mixed = format!("{}{}", &foreign[..6], &mine[6..]);
        if let Ok(read) = mixed.parse::<JobId>() {
            prop_assert_eq!(read.ksuid(), mixed);
        }
    }

    /// S2-27
    #[test]
    fn an_id_tells_its_time_to_the_millisecond(id in any_id()) {
        let millis = id.time().unwrap().timestamp_millis();
        prop_assert_eq!(millis as u128, id.0.as_u128() >> 80);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn the_orders_of_all_renderings_agree(mut ids in prop::collection::vec(any_id(), 500)) {
        // Neighbours that differ only late are the hard ones.
        ids.extend(ids.clone().iter().map(|id| JobId(Uuid::from_u128(id.0.as_u128() ^ 1))));
        ids.sort();
        prop_assert!(ids.is_sorted_by_key(ToString::to_string));
        prop_assert!(ids.is_sorted_by_key(JobId::ksuid));
        prop_assert!(ids.is_sorted_by_key(|id| ulid(*id)));
    }
}

#[test]
fn new_ids_grow() {
    let ids: Vec<_> = (0..10_000).map(|_| JobId::new()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
}

#[test]
fn a_text_that_is_no_id_is_named_in_the_error() {
    for text in ["", "4711", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "not-an-id", &"x".repeat(10_000)] {
        let error = text.parse::<JobId>().unwrap_err();
        assert!(text.starts_with(&error.text) && error.text.len() <= 64);
        assert!(error.to_string().contains("KSUID"));
    }
}
