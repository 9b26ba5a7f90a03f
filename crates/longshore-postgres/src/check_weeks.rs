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
    let weeks = missing.clone();
    let strangers = store.repeat(move |inner| {
        let weeks = weeks.clone();
        async move {
            let mut unit = Unit::reading(&inner.questions, inner.manner).await?;
            let schema = &inner.options.schema;
            let answer = weeks::strangers(&mut unit.wire(), schema, &weeks).await;
            unit.close(answer).await
        }
    });
    let strangers = strangers.await?;
    let ours = store.repeat(|inner| async move {
        let mut unit = Unit::reading(&inner.questions, inner.manner).await?;
        let answer = weeks::are_ours(&mut unit.wire(), &inner).await;
        unit.close(answer).await
    });
    let ours = ours.await?;
    let rows = store.weeks(&Retention::default(), None).await?;
    Ok(vec![coming(missing.len(), &strangers), old(&rows, ours), catch_all(&rows)])
}

fn coming(missing: usize, strangers: &[String]) -> Finding {
    if !strangers.is_empty() {
        return finding("weeks", Severity::Warning, weeks::advice(strangers));
    }
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
    let most = Retention::default().most_survivors;
    let (due, kept) = (count(WeekPlan::Drop), count(WeekPlan::KeepForSurvivors { most }));
    let forbidden = count(WeekPlan::NotAllowed);
    let owner = "let their owner run `longshore migrate` and `longshore weeks rotate` once a week";
    let mut warnings = Vec::new();
    if forbidden > 0 {
        warnings.push(format!(
            "{forbidden} weeks are older than 28 days, and this user may not drop tables: {owner}"
        ));
    }
    if kept > 0 {
        warnings.push(format!(
            "{kept} weeks are older than 28 days and kept, because in each more than {most} jobs wait, run or are dead \
             letters, and no more are carried: run or cancel them, or delete dead letters (`longshore dead delete`); \
             `longshore weeks list` shows which weeks"
        ));
    }
    let (severity, advice) = if !warnings.is_empty() {
        (Severity::Warning, warnings.join("; "))
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
