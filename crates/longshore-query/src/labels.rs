//! Jobs by their labels: from the index of labels to the jobs, newest first.

use longshore_core::{JobFilter, Labels, Limits};
use sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};

use crate::{Ask, Dialect, standing::col};

/// The labels that lead to the jobs; none where the filter asks for none, or sets them aside.
pub(crate) fn asked(filter: &JobFilter) -> Option<&Labels> {
    Some(&filter.labels).filter(|labels| !labels.is_empty() && filter.event_id.is_none())
}

/// Labels that no job can have are looked for nowhere.
pub(crate) fn can_be(filter: &JobFilter) -> bool {
    asked(filter).is_none_or(|labels| Limits::check_labels(labels).is_ok())
}

fn name(number: usize) -> String {
    format!("x{number}")
}

impl Ask<'_> {
    /// Jobs `j`, joined with what says where they stand. With labels the way leads over their index: `x0`,
    /// `x1` … hold one label each.
    ///
    /// Where the dialect can say so, it never walks through the jobs and looks at each one's labels: that is
    /// long for a label of old jobs. Which of several labels comes first is the planner's choice.
    pub(crate) fn found_jobs(&self, filter: &JobFilter) -> SelectStatement {
        let mut select = Query::select();
        let jobs = self.table("jobs", "j");
        match asked(filter) {
            Some(labels) if can_be(filter) => {
                for number in 0..labels.len() {
                    let table = self.table("labels", name(number));
                    match number {
                        0 => select.from(table),
                        _ => {
                            let same = Expr::col((name(number), "job_id")).equals(("x0", "job_id"));
                            select.join(JoinType::InnerJoin, table, same)
                        }
                    };
                }
                let its_job = col("j", "id").equals(("x0", "job_id"));
                match self.dialect {
                    // A cross join has no condition of its own.
                    Dialect::Sqlite => select.cross_join(jobs).and_where(its_job),
                    Dialect::Postgres => select.inner_join(jobs, its_job),
                    Dialect::Mysql => select.straight_join(jobs, its_job),
                };
                for (number, (label, value)) in labels.iter().enumerate() {
                    let table = name(number);
                    select.and_where(Expr::col((table.clone(), "name")).eq(label));
                    select.and_where(Expr::col((table, "value")).eq(value.index_text()));
                }
            }
            Some(_) => {
                select.from(jobs).and_where(Expr::val(0).eq(1));
            }
            None => {
                select.from(jobs);
            }
        }
        self.join_standing(&mut select);
        select
    }

    /// The column by which jobs are walked: the first label's, so that its index gives them in order.
    pub(crate) fn walked(filter: &JobFilter) -> (&'static str, &'static str) {
        match asked(filter) {
            Some(_) if can_be(filter) => ("x0", "job_id"),
            _ => ("j", "id"),
        }
    }

    /// Goes on behind a job, in every index that is walked.
    pub(crate) fn behind(&self, select: &mut SelectStatement, filter: &JobFilter, id: uuid::Uuid) {
        select.and_where(col("j", "id").lt(self.id(id)));
        let walked = asked(filter).filter(|_| can_be(filter)).map_or(0, Labels::len);
        for number in 0..walked {
            select.and_where(Expr::col((name(number), "job_id")).lt(self.id(id)));
        }
    }
}
