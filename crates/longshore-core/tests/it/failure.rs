//! Errors of attempts: any text becomes one that can be stored.

use longshore_core::{Failure, FailureKind};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text_is_cleaned_cut_and_read_back(text in any::<String>(), times in 1usize..200) {
        let failure = Failure::new(FailureKind::Error, text.repeat(times));
        prop_assert!(!failure.message.contains('\0'));
        prop_assert!(failure.message.len() <= (8 << 10) + '…'.len_utf8());
        prop_assert_eq!(Failure::from_json(&failure.to_json()), failure);
    }

    #[test]
    fn what_was_edited_in_the_database_is_still_shown(text in "[a-z ]{1,100}") {
        prop_assert_eq!(Failure::from_json(&text).message, text);
    }
}

#[test]
fn causes_are_told_outermost_first() {
    let inner = std::io::Error::other("no such winch");
    let middle = std::io::Error::new(std::io::ErrorKind::NotFound, inner);
    let failure = Failure::from_error(FailureKind::Error, &middle);
    assert_eq!(failure.message, "no such winch");
    assert_eq!(failure.to_string(), "no such winch");
    let with_causes = Failure { causes: vec!["rust".into(), "rain".into()], ..failure };
    assert_eq!(with_causes.to_string(), "no such winch: rust: rain");
}
