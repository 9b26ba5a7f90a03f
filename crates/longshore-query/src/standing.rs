//! Where a job stands, as one expression: the SQL form of "state is which table a row is in".

use longshore_core::{Reason, State};
use sea_query::{
    CaseStatement, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr,
};

use crate::Ask;

/// The columns that hold a job's id in the tables that say where it stands.
const WHERE_IT_IS: [(&str, &str); 3] = [("queue", "q"), ("leases", "l"), ("dead", "d")];

pub(crate) fn col(table: &'static str, column: &'static str) -> Expr {
    Expr::col((table, column))
}

fn first_of(columns: impl IntoIterator<Item = SimpleExpr>) -> SimpleExpr {
    Func::coalesce(columns).into()
}

impl Ask<'_> {
    /// Joins what says where the jobs `j` stand: `q`, `l`, `d`, and the last ledger row `a`.
    pub(crate) fn join_standing(&self, select: &mut SelectStatement) {
        for (name, short) in WHERE_IT_IS {
            let same = col(short, "id").equals(("j", "id"));
            select.join(JoinType::LeftJoin, self.table(name, short), same);
        }
        // One descent of the ledger's primary key finds the last row; then it is read by its key.
        let last = Query::select()
            .expr(Func::max(col("x", "seq")))
            .from(self.table("attempts", "x"))
            .and_where(col("x", "job_id").equals(("j", "id")))
            .to_owned();
        let is_last =
            col("a", "job_id").equals(("j", "id")).and(col("a", "seq").eq(Expr::from(last)));
        select.join(JoinType::LeftJoin, self.table("attempts", "a"), is_last);
    }

    /// The code of the state that a job is in now.
    pub(crate) fn state(&self) -> SimpleExpr {
        let code = |state: State| Expr::val(i32::from(state.code()));
        CaseStatement::new()
            .case(col("l", "id").is_not_null(), code(State::Running))
            .case(col("q", "due_at").lte(self.time(self.now)), code(State::Available))
            .case(col("q", "id").is_not_null(), col("q", "waiting"))
            .case(col("d", "id").is_not_null(), code(State::Discarded))
            .case(col("a", "seq").is_not_null(), col("a", "state_after"))
            .finally(code(State::Held))
            .into()
    }

    /// The code of the reason why it came there.
    pub(crate) fn reason(&self) -> SimpleExpr {
        let code = |reason: Reason| Expr::val(i32::from(reason.code()));
        let arrived_as = |state: State| col("j", "first_state").eq(i32::from(state.code()));
        CaseStatement::new()
            .case(col("l", "id").is_not_null(), code(Reason::Claimed))
            .case(col("a", "seq").is_not_null(), col("a", "reason"))
            .case(arrived_as(State::Held), code(Reason::of_arrival(State::Held)))
            .case(arrived_as(State::Scheduled), code(Reason::of_arrival(State::Scheduled)))
            .finally(code(Reason::of_arrival(State::Available)))
            .into()
    }

    /// How often it was claimed.
    pub(crate) fn attempt(&self) -> SimpleExpr {
        let known = ["l", "q", "d", "a"].map(|table| col(table, "attempt"));
        first_of(known.into_iter().chain([Expr::val(0)]))
    }

    /// When its running or last attempt started.
    pub(crate) fn started_at(&self) -> SimpleExpr {
        first_of([col("l", "started_at"), col("a", "started_at")])
    }

    /// When it came into its state.
    pub(crate) fn changed_at(&self) -> SimpleExpr {
        first_of([col("l", "started_at"), col("a", "at"), col("j", "created_at")])
    }
}
