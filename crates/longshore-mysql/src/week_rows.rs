//! What the weeks hold, as the server guesses: nothing is counted but what must survive.

use std::{collections::HashMap, sync::Arc};

use longshore_core::{Retention, Timestamp};
use longshore_store::{Result, WeekPlan, WeekRow};

use crate::{
    bind::bind,
    clock::now,
    rights, rotate,
    row::{count, get},
    store::Inner,
    unit::Unit,
    weeks::{self, Place, TABLES},
    wire::Wire,
};

/// The weeks with partitions, and all that lies outside.
pub(crate) async fn week_rows(
    inner: Arc<Inner>,
    retention: Retention,
    now: Option<Timestamp>,
) -> Result<Vec<WeekRow>> {
    let mut unit = Unit::reading(&inner.questions).await?;
    let answer = look(&mut unit.wire(), &inner, &retention, now).await;
    unit.close(answer).await
}

async fn look(
    wire: &mut Wire<'_>,
    inner: &Inner,
    retention: &Retention,
    at: Option<Timestamp>,
) -> Result<Vec<WeekRow>> {
    let now = match at {
        Some(now) => now,
        None => now(wire).await?,
    };
    let may_drop = rights::missing(wire, &inner.home).await?.is_empty();
    let bytes = bytes(wire, inner).await?;
    let (mut rows, mut outside, mut outside_bytes) = (Vec::new(), 0, 0);
    for part in weeks::parts(wire, &inner.sql, &inner.home, "jobs").await? {
        let bytes = bytes.get(&part.place.name()).copied().unwrap_or_default();
        let Place::Week(week) = part.place else {
            (outside, outside_bytes) = (outside + part.about, outside_bytes + bytes);
            continue;
        };
        let due = week <= retention.last_week(now);
        let survivors =
            if due { Some(rotate::placed(wire, inner, &part, retention).await?) } else { None };
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
            ..guessed(part.about, bytes)
        });
    }
    rows.push(guessed(outside, outside_bytes));
    Ok(rows)
}

fn guessed(jobs: u64, bytes: u64) -> WeekRow {
    WeekRow {
        name: "catch-all".into(),
        week: None,
        from: None,
        to: None,
        rows: Some(jobs),
        estimated: true,
        bytes: Some(bytes),
        survivors: None,
        next: WeekPlan::Sweep,
    }
}

/// What each partition takes on the disk, in all tables that have it.
async fn bytes(wire: &mut Wire<'_>, inner: &Inner) -> Result<HashMap<String, u64>> {
    let [jobs, labels, ledger, results] = TABLES.map(|(table, _)| inner.home.table(table));
    let asked = bind![&inner.home.database, jobs, labels, ledger, results]?;
    let rows = wire.rows(&inner.sql.week_bytes, asked).await?;
    rows.iter().map(|row| Ok((get(row, "name")?, count(row, "bytes")?))).collect()
}
