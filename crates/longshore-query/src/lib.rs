//! The dynamic questions of Longshore, written once for every SQL dialect.
//!
//! Fixed verbs (claim, finish …) are hand-written SQL in each storage. Lists with filters, cursors and
//! totals are built here with sea-query, which is right on all engines for plain reads.
//!
//! ```
//! use longshore_core::{JobFilter, Page, State};
//! use longshore_query::{Ask, Dialect};
//! let ask = Ask { dialect: Dialect::Sqlite, schema: None, prefix: "longshore_", now: Default::default() };
//! let filter = JobFilter { states_in: vec![State::Running], ..JobFilter::default() };
//! let (sql, _values) = ask.list_jobs(&filter, &Page::default());
//! assert!(sql.contains(r#"FROM "longshore_jobs" AS "j""#));
//! ```

mod ask;
mod dead;
mod jobs;
mod labels;
mod listing;
mod standing;
mod transitions;

pub use ask::{Ask, Dialect};
pub use listing::listing;
pub use sea_query::Values;
