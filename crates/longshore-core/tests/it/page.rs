//! S0-22: page numbers.

use longshore_core::{MAX_PAGE, Page, Pagination};
use proptest::prelude::*;

#[test]
fn the_table_of_pages() {
    //   count offset limit | current previous next last
    let table = [
        (73, 50, 50, 2, Some(1), None, 2),
        (140, 0, 100, 1, None, Some(2), 2),
        (97, 0, 100, 1, None, None, 1),
        (11, 0, 50, 1, None, None, 1),
        (0, 0, 100, 1, None, None, 1),
        (100, 0, 100, 1, None, None, 1),
        (101, 100, 100, 2, Some(1), None, 2),
        (70_000, 69_900, 100, 700, Some(699), None, 700),
    ];
    for (count, offset, limit, current, previous, next, last) in table {
        let expected = Pagination { current, previous, next, first: 1, last };
        assert_eq!(Pagination::new(count, offset, limit), expected, "{count} {offset} {limit}");
    }
}

proptest! {
    #[test]
    fn pages_hang_together(count in any::<u64>(), offset in any::<u64>(), limit in any::<u32>()) {
        let page = Pagination::new(count, offset, limit);
        prop_assert!(page.first == 1 && page.current >= 1 && page.last >= 1);
        prop_assert!(page.previous.is_none_or(|it| it + 1 == page.current));
        prop_assert!(page.next.is_none_or(|it| it == page.current + 1 && it <= page.last));
        prop_assert_eq!(page.previous.is_none(), page.current == 1);
    }

    #[test]
    fn a_size_is_clamped_not_reset(size in any::<u32>()) {
        let clamped = size.clamp(1, MAX_PAGE);
        prop_assert_eq!(Page::first(size).size(), clamped);
        prop_assert_eq!(Page::At { offset: 0, limit: size }.size(), clamped);
    }
}

#[test]
fn the_largest_offset_is_a_page_too() {
    let page = Pagination::new(10, u64::MAX, 1);
    assert_eq!((page.current, page.next, page.last), (u64::MAX, None, 10));
}
