//! A look at the weeks: whether coming ones are there, and old ones can go.

use longshore_core::Retention;
use longshore_store::{Finding, Maintain, Result, Severity, WeekPlan, WeekRow};

use crate::{aside, maintain::missing_weeks, rights, store::MysqlStore, unit::Unit};

/// Weeks that should be there ahead of time.
const WEEKS_AHEAD: u32 = 4;

pub(crate) async fn findings(store: &MysqlStore) -> Result<Vec<Finding>> {
    let missing = store.repeat(|inner| missing_weeks(inner, WEEKS_AHEAD)).await?;
    let lacking = store.repeat(|inner| async move {
        let mut unit = Unit::reading(&inner.questions).await?;
        let answer = rights::missing(&mut unit.wire(), &inner.home).await;
        unit.close(answer).await
    });
    let lacking = lacking.await?;
    let strangers = store.repeat(|inner| async move {
        let mut unit = Unit::reading(&inner.questions).await?;
        let answer = aside::strangers(&mut unit.wire(), &inner.home).await;
        unit.close(answer).await
    });
    let strangers = strangers.await?;
    let rows = store.weeks(&Retention::default(), None).await?;
    let mut findings = vec![of_rights(&lacking), coming(missing.len()), old(&rows), outside(&rows)];
    if !strangers.is_empty() {
        findings.push(finding("tables aside", Severity::Warning, aside::advice(&strangers)));
    }
    Ok(findings)
}

fn of_rights(lacking: &[&str]) -> Finding {
    if lacking.is_empty() {
        return finding("rights", Severity::Good, "this user may make and drop weeks");
    }
    let advice = format!(
        "this user may not {}: let one that may run `longshore migrate`, which makes the coming weeks, and \
         `longshore weeks rotate`, which drops old ones, once a week; until then rows go to the catch-all, and \
         old ones stay",
        lacking.join(", ")
    );
    finding("rights", Severity::Warning, advice)
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
fn old(rows: &[WeekRow]) -> Finding {
    let count = |plan: WeekPlan| rows.iter().filter(|row| row.next == plan).count();
    let most = Retention::default().most_survivors;
    let (due, kept) = (count(WeekPlan::Drop), count(WeekPlan::KeepForSurvivors { most }));
    let forbidden = count(WeekPlan::NotAllowed);
    let mut warnings = Vec::new();
    if forbidden > 0 {
        warnings.push(format!(
            "{forbidden} weeks are older than 28 days, and this user may not drop them: let one that may run \
             `longshore weeks rotate` once a week"
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

fn outside(rows: &[WeekRow]) -> Finding {
    let jobs =
        rows.iter().find(|row| row.week.is_none()).and_then(|row| row.rows).unwrap_or_default();
    finding("catch-all", Severity::Good, format!("about {jobs} jobs lie outside all weeks"))
}

fn finding(subject: &str, severity: Severity, advice: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), severity, advice: advice.into() }
}
