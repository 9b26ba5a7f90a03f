//! A look at the weeks: whether coming ones are there, old ones can go, and the catch-all is small.

use longshore_core::Retention;
use longshore_store::{Finding, Maintain, Result, Severity, WeekPlan, WeekRow};

use crate::{maintain::missing_weeks, store::PostgresStore, unit::Unit, weeks};

/// Weeks that should be there ahead of time.
const WEEKS_AHEAD: u32 = 4;
/// Jobs in the catch-all from which on making a week, which looks through it, is felt.
const MANY: u64 = 100_000;

pub(crate) async fn findings(store: &PostgresStore) -> Result<Vec<Finding>> {
    let missing = store.repeat(|inner| missing_weeks(inner, WEEKS_AHEAD)).await?;
    let ours = store.repeat(|inner| async move {
        let mut unit = Unit::reading(&inner.questions, inner.manner).await?;
        let answer = weeks::are_ours(&mut unit.wire(), &inner).await;
        unit.close(answer).await
    });
    let ours = ours.await?;
    let rows = store.weeks(&Retention::default(), None).await?;
    Ok(vec![coming(missing.len()), old(&rows, ours), catch_all(&rows)])
}

fn coming(missing: usize) -> Finding {
    match missing {
        0 => finding("weeks", Severity::Good, "the coming weeks have their partitions"),
        missing => {
            let advice = format!(
                "{missing} of the coming weeks have no partition: a running worker or `longshore migrate` makes them"
            );
            finding("weeks", Severity::Warning, advice)
        }
    }
}

/// By the default retention: the one that workers have is their own affair.
fn old(rows: &[WeekRow], ours: bool) -> Finding {
    let count = |plan: WeekPlan| rows.iter().filter(|row| row.next == plan).count();
    let (due, kept) = (count(WeekPlan::Drop), count(WeekPlan::KeepForSurvivors));
    let forbidden = count(WeekPlan::NotAllowed);
    let owner = "let their owner run `longshore migrate` and `longshore weeks rotate` once a week";
    let (severity, advice) = if forbidden > 0 {
        let advice = format!(
            "{forbidden} weeks are older than 28 days, and this user may not drop tables: {owner}"
        );
        (Severity::Warning, advice)
    } else if kept > 0 {
        let advice = format!(
            "{kept} weeks are older than 28 days and kept, because too many of their jobs wait or are dead letters: \
             see `longshore weeks list`"
        );
        (Severity::Warning, advice)
    } else if !ours {
        (Severity::Good, format!("this user may not make or drop tables: {owner}"))
    } else if due > 0 {
        let advice = format!(
            "{due} weeks are older than 28 days: a running worker with such a retention drops them"
        );
        (Severity::Good, advice)
    } else {
        (Severity::Good, "none is older than 28 days".into())
    };
    finding("old weeks", severity, advice)
}

fn catch_all(rows: &[WeekRow]) -> Finding {
    let jobs =
        rows.iter().find(|row| row.week.is_none()).and_then(|row| row.rows).unwrap_or_default();
    if jobs > MANY {
        let advice = format!(
            "it holds about {jobs} jobs, and making a week gets slow: run old jobs, delete dead letters, and make \
             ids of this day (`JobId::new`)"
        );
        finding("catch-all", Severity::Warning, advice)
    } else {
        finding("catch-all", Severity::Good, format!("about {jobs} jobs lie outside all weeks"))
    }
}

fn finding(subject: &str, severity: Severity, advice: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), severity, advice: advice.into() }
}
