//! Lists of dead letters.

use longshore_core::{JobFilter, Page};
use sea_query::{ExprTrait, Func, Query, SelectStatement, Values};

use crate::{Ask, standing::col};

impl Ask<'_> {
    /// Dead letters that match, newest job first; columns as [`Ask::list_jobs`].
    #[must_use]
    pub fn list_dead(&self, filter: &JobFilter, page: &Page) -> (String, Values) {
        let mut select = self.select_dead(filter);
        self.job_columns(&mut select);
        self.turn_to(&mut select, filter, page);
        self.build(&select)
    }

    /// How many dead letters match: one row, one column.
    #[must_use]
    pub fn count_dead(&self, filter: &JobFilter) -> (String, Values) {
        self.build(self.select_dead(filter).expr(Func::count(col("j", "id"))))
    }

    /// From the small table of dead letters to their jobs.
    fn select_dead(&self, filter: &JobFilter) -> SelectStatement {
        let filter =
            JobFilter { states_in: Vec::new(), states_notin: Vec::new(), ..filter.clone() };
        let only_dead =
            Query::select().column(("s", "id")).from(self.table("dead", "s")).to_owned();
        let mut select = self.found_jobs(&filter);
        select.cond_where(self.jobs_that(&filter)).and_where(col("j", "id").in_subquery(only_dead));
        select.take()
    }
}
