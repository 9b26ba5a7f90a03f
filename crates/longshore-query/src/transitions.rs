//! Lists of transitions, from the view that expands the ledger.

use longshore_core::{Page, State, TransitionFilter, TransitionId};
use sea_query::{Condition, ExprTrait, Func, Order, Query, SelectStatement, Values};

use crate::{Ask, listing::MOST_OFFSET, standing::col};

const COLUMNS: [&str; 11] = [
    "job_id",
    "ordinal",
    "event_id",
    "seq",
    "attempt",
    "state_before",
    "state_after",
    "reason",
    "worker_id",
    "error",
    "at",
];

impl Ask<'_> {
    /// Transitions that match: newest job first, within a job newest first, one row more than the page
    /// holds.
    ///
    /// Columns: `job_id ordinal event_id seq attempt state_before state_after reason worker_id error at`;
    /// `event_id`, `state_before`, `worker_id` and `error` may be null.
    #[must_use]
    pub fn list_transitions(&self, filter: &TransitionFilter, page: &Page) -> (String, Values) {
        let mut select = self.select_transitions(filter);
        select.columns(COLUMNS.map(|column| ("t", column)));
        select.order_by(("t", "job_id"), Order::Desc).order_by(("t", "ordinal"), Order::Desc);
        select.limit(u64::from(page.size()) + 1);
        match *page {
            Page::After { cursor, .. } => self.after(&mut select, filter, cursor, page.size()),
            Page::At { offset, .. } => {
                select.offset(std::cmp::min(offset, MOST_OFFSET));
            }
        }
        self.build(&select)
    }

    /// How many transitions match: one row, one column.
    #[must_use]
    pub fn count_transitions(&self, filter: &TransitionFilter) -> (String, Values) {
        self.build(self.select_transitions(filter).expr(Func::count(col("t", "ordinal"))))
    }

    /// One transition; columns as [`Ask::list_transitions`].
    #[must_use]
    pub fn transition(&self, id: TransitionId) -> (String, Values) {
        let mut select = Query::select();
        select.columns(COLUMNS.map(|column| ("t", column)));
        select.from(self.table("transitions", "t"));
        select.and_where(col("t", "job_id").eq(self.id(id.job.0)));
        select.and_where(col("t", "ordinal").eq(i64::from(id.ordinal)));
        self.build(&select)
    }

    fn select_transitions(&self, filter: &TransitionFilter) -> SelectStatement {
        let mut select = Query::select();
        select.from(self.table("transitions", "t")).cond_where(self.transitions_that(filter));
        select.take()
    }

    fn after(
        &self,
        select: &mut SelectStatement,
        filter: &TransitionFilter,
        cursor: Option<longshore_core::Cursor>,
        size: u32,
    ) {
        if let Some(cursor) = cursor {
            let earlier_job = col("t", "job_id").lt(self.id(cursor.id));
            let same_job = col("t", "job_id").eq(self.id(cursor.id));
            let earlier_change = col("t", "ordinal").lt(i64::from(cursor.ordinal));
            select.and_where(earlier_job.or(same_job.and(earlier_change)));
        }
        // Every job has at least its arrival, so an unfiltered page lies within the newest `size + 2`
        // jobs. Without this window the view is sorted as a whole.
        if *filter == TransitionFilter::default() {
            let mut newest = Query::select();
            newest.column(("w", "id")).from(self.table("jobs", "w"));
            newest.order_by(("w", "id"), Order::Desc).limit(u64::from(size) + 2);
            if let Some(cursor) = cursor {
                newest.and_where(col("w", "id").lte(self.id(cursor.id)));
            }
            // MySQL wants a LIMIT one level deeper than IN.
            let window = Query::select().column(("v", "id")).from_subquery(newest, "v").to_owned();
            select.and_where(col("t", "job_id").in_subquery(window));
        }
    }

    pub(crate) fn transitions_that(&self, filter: &TransitionFilter) -> Condition {
        if let Some(job) = filter.job_id {
            return Condition::all().add(col("t", "job_id").eq(self.id(job.0)));
        }
        let codes = |states: &[State]| {
            states.iter().map(|state| i32::from(state.code())).collect::<Vec<_>>()
        };
        let mut all = Condition::all();
        if !filter.states_in.is_empty() {
            all = all.add(col("t", "state_after").is_in(codes(&filter.states_in)));
        }
        if !filter.states_notin.is_empty() {
            all = all.add(col("t", "state_after").is_not_in(codes(&filter.states_notin)));
        }
        if let Some(least) = filter.min_attempts {
            all = all.add(col("t", "attempt").gte(least));
        }
        if let Some(most) = filter.max_attempts {
            all = all.add(col("t", "attempt").lte(most));
        }
        if let Some(time) = filter.created_before {
            all = all.add(col("t", "at").lt(self.time(time)));
        }
        if let Some(time) = filter.created_after {
            all = all.add(col("t", "at").gt(self.time(time)));
        }
        all
    }
}
