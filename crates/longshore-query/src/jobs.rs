//! Lists of jobs.

use longshore_core::{Cursor, JobFilter, Page, State};
use sea_query::{Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement, Values};

use crate::{Ask, listing::MOST_OFFSET, standing::col};

impl Ask<'_> {
    /// Jobs that match, newest id first, one row more than the page holds.
    ///
    /// Columns: `id tenant queue kind name rank max_attempts created_at state reason attempt due_at
    /// started_at changed_at error`. `state` and `reason` are 32-bit codes; `name`, `due_at`,
    /// `started_at` and `error` may be null.
    #[must_use]
    pub fn list_jobs(&self, filter: &JobFilter, page: &Page) -> (String, Values) {
        let mut select = self.select_jobs(filter);
        self.job_columns(&mut select);
        self.turn_to(&mut select, filter, page);
        self.build(&select)
    }

    /// How many jobs match: one row, one column.
    #[must_use]
    pub fn count_jobs(&self, filter: &JobFilter) -> (String, Values) {
        self.build(self.select_jobs(filter).expr(Func::count(col("j", "id"))))
    }

    fn select_jobs(&self, filter: &JobFilter) -> SelectStatement {
        let mut select = self.found_jobs(filter);
        select.cond_where(self.jobs_that(filter));
        select.take()
    }

    pub(crate) fn job_columns(&self, select: &mut SelectStatement) {
        for column in
            ["id", "tenant", "queue", "kind", "name", "rank", "max_attempts", "created_at"]
        {
            select.column(("j", column));
        }
        select
            .expr_as(self.state(), "state")
            .expr_as(self.reason(), "reason")
            .expr_as(self.attempt(), "attempt")
            .column(("q", "due_at"))
            .expr_as(self.started_at(), "started_at")
            .expr_as(self.changed_at(), "changed_at")
            .column(("a", "error"));
    }

    pub(crate) fn turn_to(&self, select: &mut SelectStatement, filter: &JobFilter, page: &Page) {
        select.order_by(Self::walked(filter), Order::Desc).limit(u64::from(page.size()) + 1);
        match *page {
            Page::After { cursor: None, .. } => {}
            Page::After { cursor: Some(Cursor { id, .. }), .. } => {
                self.behind(select, filter, id);
            }
            Page::At { offset, .. } => {
                select.offset(std::cmp::min(offset, MOST_OFFSET));
            }
        }
    }

    pub(crate) fn jobs_that(&self, filter: &JobFilter) -> Condition {
        if let Some(event) = filter.event_id {
            return Condition::all().add(col("j", "event_id").eq(self.id(event.0)));
        }
        let mut all = Condition::all();
        let lists = [
            ("queue", &filter.queues_in, &filter.queues_notin),
            ("kind", &filter.kinds_in, &filter.kinds_notin),
            ("version", &filter.versions_in, &filter.versions_notin),
            ("tenant", &filter.tenants_in, &Vec::new()),
        ];
        for (column, within, without) in lists {
            if !within.is_empty() {
                all = all.add(col("j", column).is_in(within));
            }
            if !without.is_empty() {
                // A job without a version is not of that version.
                let other = col("j", column).is_not_in(without).or(col("j", column).is_null());
                all = all.add(other);
            }
        }
        if let Some(batch) = filter.batch_id {
            all = all.add(col("j", "batch_id").eq(self.id(batch.0)));
        }
        if let Some(correlation) = &filter.correlation_id {
            all = all.add(col("j", "correlation_id").eq(correlation));
        }
        if let Some(time) = filter.created_before {
            all = all.add(col("j", "created_at").lt(self.time(time)));
        }
        if let Some(time) = filter.created_after {
            all = all.add(col("j", "created_at").gt(self.time(time)));
        }
        if let Some(least) = filter.min_attempts {
            all = all.add(self.attempt().gte(least));
        }
        if let Some(most) = filter.max_attempts {
            all = all.add(self.attempt().lte(most));
        }
        if let Some(transitions) = &filter.transitions {
            all = all.add(self.has_transition(transitions));
        }
        self.in_states(all, filter)
    }

    fn in_states(&self, mut all: Condition, filter: &JobFilter) -> Condition {
        let codes = |states: &[State]| {
            states.iter().map(|state| i32::from(state.code())).collect::<Vec<_>>()
        };
        if !filter.states_in.is_empty() {
            all = all.add(self.state().is_in(codes(&filter.states_in)));
            // The small table leads to the few rows; the expression above alone would visit all jobs.
            let small = match filter.states_in.as_slice() {
                states if states.iter().all(|state| state.is_waiting()) => Some("queue"),
                [State::Running] => Some("leases"),
                _ => None,
            };
            if let Some(table) = small {
                let ids =
                    Query::select().column(("s", "id")).from(self.table(table, "s")).to_owned();
                all = all.add(col("j", "id").in_subquery(ids));
            }
        }
        if !filter.states_notin.is_empty() {
            all = all.add(self.state().is_not_in(codes(&filter.states_notin)));
        }
        all
    }

    fn has_transition(&self, filter: &longshore_core::TransitionFilter) -> Expr {
        let some = Query::select()
            .expr(Expr::val(1))
            .from(self.table("transitions", "t"))
            .and_where(col("t", "job_id").equals(("j", "id")))
            .cond_where(self.transitions_that(filter))
            .to_owned();
        Expr::exists(some)
    }
}
