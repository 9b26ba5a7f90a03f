//! What the weeks hold, from the catalogue: nothing is counted but what must survive.

use std::sync::Arc;

use longshore_core::{Retention, Timestamp, Week};
use longshore_store::{Result, WeekPlan, WeekRow};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use uuid::Uuid;

use crate::{
    bind::bind,
    migrate,
    row::{count, get},
    store::Inner,
    unit::Unit,
    weeks,
    wire::Wire,
};

/// The weeks with partitions, and the catch-all.
pub(crate) async fn week_rows(
    inner: Arc<Inner>,
    retention: Retention,
    now: Option<Timestamp>,
) -> Result<Vec<WeekRow>> {
    let mut unit = Unit::transaction(&inner.questions, inner.manner).await?;
    let answer = look(&mut unit.wire(), &inner, &retention, now).await;
    unit.close(answer).await
}

async fn look(
    wire: &mut Wire<'_>,
    inner: &Inner,
    retention: &Retention,
    now: Option<Timestamp>,
) -> Result<Vec<WeekRow>> {
    let now = match now {
        Some(now) => now,
        None => migrate::now(wire).await?,
    };
    let may_drop = weeks::are_ours(wire, inner).await?;
    let (mut rows, mut catch_all) = (Vec::new(), Vec::new());
    for row in wire.rows(&inner.sql.week_rows, bind![]?).await? {
        let name: String = get(&row, "name")?;
        let name = name.strip_prefix("jobs_").unwrap_or(&name);
        let plain = WeekRow {
            name: "catch-all".into(),
            week: None,
            from: None,
            to: None,
            rows: Some(count(&row, "rows")?),
            estimated: true,
            bytes: Some(count(&row, "bytes")?),
            survivors: None,
            next: WeekPlan::Sweep,
        };
        let Ok(week) = name.parse::<Week>() else {
            // Partitions that somebody else made are not ours to plan for.
            catch_all.extend((name == "default").then_some(plain));
            continue;
        };
        let due = week <= retention.last_week(now);
        let survivors = if due { Some(placed(wire, inner, week, retention).await?) } else { None };
        let next = match WeekPlan::of(week, survivors, retention, now) {
            WeekPlan::Drop if !may_drop => WeekPlan::NotAllowed,
            next => next,
        };
        rows.push(WeekRow {
            name: week.to_string(),
            week: Some(week),
            from: Some(week.start()),
            to: Some(week.next().start()),
            survivors,
            next,
            ..plain
        });
    }
    rows.sort_by_key(|row| row.week);
    rows.extend(catch_all);
    Ok(rows)
}

/// Jobs of a week that wait, run or are dead letters, counted up to one more than the limit.
async fn placed(
    wire: &mut Wire<'_>,
    inner: &Inner,
    week: Week,
    retention: &Retention,
) -> Result<u64> {
    let (from, to) = week.ids();
    // Safe: a statement of ours.
    let ask = format!("SELECT count(*) AS jobs FROM ({}) AS placed", inner.sql.placed.as_str());
    let most = i64::from(retention.most_survivors) + 1;
    let asked = bind![from, to, Vec::<Uuid>::new(), most]?;
    let row = wire.row(&AssertSqlSafe(ask).into_sql_str(), asked).await?;
    row.map_or(Ok(0), |row| count(&row, "jobs"))
}
