//! Cursors: opaque to others, exact to us.

use longshore_core::Cursor;
use proptest::prelude::*;
use uuid::Uuid;

proptest! {
    #[test]
    fn a_cursor_is_read_back(bits in any::<u128>(), ordinal in any::<u32>()) {
        let cursor = Cursor { id: Uuid::from_u128(bits), ordinal };
        prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        let json = serde_json::to_string(&cursor).unwrap();
        prop_assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
        prop_assert!(cursor.to_string().chars().all(|it| it.is_ascii_alphanumeric()), "fit for a URL");
    }

    #[test]
    fn one_wrong_character_is_noticed(
        bits in any::<u128>(),
        ordinal in any::<u32>(),
        place in 0usize..44,
        other in prop::char::range('0', 'z'),
    ) {
        let text = Cursor { id: Uuid::from_u128(bits), ordinal }.to_string();
        let mut wrong: Vec<_> = text.chars().collect();
        prop_assume!(wrong[place] != other);
        wrong[place] = other;
        prop_assert!(wrong.iter().collect::<String>().parse::<Cursor>().is_err());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,60}") {
        prop_assert!(text.parse::<Cursor>().is_err());
    }
}
