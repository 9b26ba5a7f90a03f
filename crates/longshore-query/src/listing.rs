//! From the rows that came back to a page.

use longshore_core::{Cursor, Listing, Meta, Page, Pagination};

/// The largest offset that every engine takes; nothing lies behind it.
pub(crate) const MOST_OFFSET: u64 = 1 << 62;

/// Makes a page of rows that were asked for with one row more than the page holds.
///
/// `count` is the number of all matches, for pages by offset; `cursor_of` names a row.
pub fn listing<T>(
    mut rows: Vec<T>,
    page: &Page,
    count: Option<u64>,
    cursor_of: impl Fn(&T) -> Cursor,
) -> Listing<T> {
    let size = page.size() as usize;
    let more = rows.len() > size;
    rows.truncate(size);
    let next = if more { rows.last().map(cursor_of) } else { None };
    let meta = match (*page, count) {
        (Page::At { offset, .. }, Some(count)) => {
            Some(Meta { count, pagination: Pagination::new(count, offset, page.size()) })
        }
        _ => None,
    };
    Listing { items: rows, next, meta }
}
