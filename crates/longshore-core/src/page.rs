//! Pages: by cursor (the default) or by offset with totals.

use serde::Serialize;

use crate::Cursor;

/// Rows on a page that asks for no number.
pub const DEFAULT_PAGE: u32 = 50;
/// Most rows on a page; more is clamped, not refused.
pub const MAX_PAGE: u32 = 1000;

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The rows after a cursor: each row once, also with equal times and inserts in between.
    After {
        /// The `next` of the page before; `None` for the first page.
        cursor: Option<Cursor>,
        /// Rows, clamped to 1..1000.
        size: u32,
    },
    /// The rows from an offset, with the number of all.
    At {
        /// Rows to pass over.
        offset: u64,
        /// Rows, clamped to 1..1000.
        limit: u32,
    },
}

impl Page {
    /// The first page of so many rows.
    #[must_use]
    pub fn first(size: u32) -> Self {
        Self::After { cursor: None, size }
    }

    /// Rows that the page really holds at most.
    #[must_use]
    pub fn size(&self) -> u32 {
        let (Self::After { size, .. } | Self::At { limit: size, .. }) = self;
        (*size).clamp(1, MAX_PAGE)
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::first(DEFAULT_PAGE)
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing<T> {
    /// The rows, newest first.
    pub items: Vec<T>,
    /// Where to go on; `None` on the last page.
    pub next: Option<Cursor>,
    /// Totals, for pages by offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
}

/// Totals of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// Rows that match, whatever the page.
    pub count: u64,
    /// The pages around.
    pub pagination: Pagination,
}

/// Page numbers, from 1.
///
/// ```
/// use longshore_core::Pagination;
/// let page = Pagination::new(73, 50, 50);
/// assert_eq!((page.current, page.previous, page.next, page.last), (2, Some(1), None, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pagination {
    /// This page.
    pub current: u64,
    /// The page before.
    pub previous: Option<u64>,
    /// The page after.
    pub next: Option<u64>,
    /// Always 1.
    pub first: u64,
    /// The last page; 1 when there is nothing.
    pub last: u64,
}

impl Pagination {
    /// The pages of `count` rows, seen from `offset`, `limit` (at least 1) to a page.
    #[must_use]
    pub fn new(count: u64, offset: u64, limit: u32) -> Self {
        let limit = u64::from(limit.max(1));
        let current = offset.div_ceil(limit).saturating_add(1);
        let last = count.div_ceil(limit).max(1);
        Self {
            current,
            previous: (current > 1).then(|| current - 1),
            next: (current < last).then(|| current + 1),
            first: 1,
            last,
        }
    }
}
