//! `longshore weeks`: what the weeks hold, what becomes of them, and dropping those that are old.

use std::time::Duration;

use longshore_core::{Retention, Week};
use longshore_store::{Rotated, Store, WeekPlan, WeekRow};
use serde::Serialize;

use crate::{
    config::{Config, Keep},
    exit::{Exit, Refused},
    output::{Output, moment},
    span,
};

/// Jobs that one sweep deletes; more follow at once.
const SWEEP_LIMIT: u32 = 10_000;
/// How often a week is tried whose tables are in use.
const TRIES: u32 = 3;

/// Verbs of `weeks`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Weeks {
    /// What each week holds, and what happens to it next
    List(Kept),
    /// Print the statements that a rotation would run, and run none
    Plan(Rotation),
    /// Drop the weeks that are old enough; what waits, runs or is a dead letter survives
    Rotate {
        #[command(flatten)]
        rotation: Rotation,
        /// The same as `plan`
        #[arg(long)]
        dry_run: bool,
    },
}

/// How long jobs are kept.
#[derive(Debug, clap::Args)]
pub(crate) struct Kept {
    /// Keep jobs for so long after their end, at least 1d [default: `[retention] keep`, else 28d]
    #[arg(long, value_name = "TIME", value_parser = span::duration)]
    keep: Option<Duration>,
}

/// What to rotate.
#[derive(Debug, clap::Args)]
pub(crate) struct Rotation {
    #[command(flatten)]
    kept: Kept,
    /// Only these weeks, as 2026w47 [default: all that are old enough]
    #[arg(value_name = "WEEK")]
    weeks: Vec<Week>,
}

impl Kept {
    fn retention(&self, config: &Config) -> anyhow::Result<Option<Retention>> {
        match self.keep {
            Some(keep) => Retention::keeping(keep)
                .map(Some)
                .map_err(|short| Refused::invalid(short.to_string())),
            None => Ok(match config.settings.retention.keep {
                Keep::Off => None,
                Keep::For(retention) => Some(retention),
            }),
        }
    }
}

impl Weeks {
    pub(crate) async fn run(
        self,
        store: &dyn Store,
        config: &Config,
        output: Output,
    ) -> anyhow::Result<Exit> {
        let (rotation, dry_run) = match self {
            Self::List(kept) => return list(store, kept.retention(config)?, output).await,
            Self::Plan(rotation) => (rotation, true),
            Self::Rotate { rotation, dry_run } => (rotation, dry_run),
        };
        let retention = rotation.kept.retention(config)?.ok_or_else(|| {
            Refused::invalid(
                "retention is off in the settings: say how long to keep jobs, with --keep 28d",
            )
        })?;
        let due = due(store, &retention, &rotation.weeks).await?;
        if dry_run {
            return plan(store, &due, output);
        }
        let mut ended = Exit::Ok;
        for row in &due {
            if rotate(store, row, &retention, output).await? == Exit::Conflict {
                ended = Exit::Conflict;
            }
        }
        sweep(store, &retention, output).await?;
        Ok(ended)
    }
}

async fn list(
    store: &dyn Store,
    retention: Option<Retention>,
    output: Output,
) -> anyhow::Result<Exit> {
    // Without retention nothing is ever due: as with one that is longer than all time.
    let retention = retention.map_or_else(|| Retention::keeping(Duration::MAX), Ok)?;
    let rows = store.weeks(&retention, None).await?;
    output.rows(&rows, ["WEEK", "FROM", "TO", "ROWS", "BYTES", "SURVIVORS", "NEXT"], |row| {
        let about = if row.estimated { "~" } else { "" };
        let number = |number: Option<u64>, sign: &str| {
            number.map(|number| format!("{sign}{number}")).unwrap_or_default()
        };
        [
            row.name.clone(),
            row.from.map(moment).unwrap_or_default(),
            row.to.map(moment).unwrap_or_default(),
            number(row.rows, about),
            number(row.bytes, ""),
            number(row.survivors, "≥"),
            row.next.to_string(),
        ]
    })?;
    Ok(Exit::Ok)
}

/// The weeks to rotate: those that were named, or all that are due.
async fn due(
    store: &dyn Store,
    retention: &Retention,
    named: &[Week],
) -> anyhow::Result<Vec<WeekRow>> {
    let mut rows = store.weeks(retention, None).await?;
    if named.is_empty() {
        rows.retain(|row| row.week.is_some() && !matches!(row.next, WeekPlan::Keep { .. }));
        return Ok(rows);
    }
    let missing = named.iter().find(|week| !rows.iter().any(|row| row.week == Some(**week)));
    if let Some(week) = missing {
        return Err(Refused::not_found(format!(
            "there is no week {week}: see `longshore weeks list`"
        )));
    }
    rows.retain(|row| row.week.is_some_and(|week| named.contains(&week)));
    Ok(rows)
}

/// A week with what would be run.
#[derive(Serialize)]
struct Planned<'a> {
    #[serde(flatten)]
    row: &'a WeekRow,
    statements: Vec<String>,
}

fn plan(store: &dyn Store, due: &[WeekRow], output: Output) -> anyhow::Result<Exit> {
    for row in due {
        let runs = matches!(row.next, WeekPlan::Drop | WeekPlan::Sweep | WeekPlan::NotAllowed);
        let statements =
            row.week.filter(|_| runs).map(|week| store.rotation(week)).unwrap_or_default();
        if output.json {
            output.object(&Planned { row, statements })?;
            continue;
        }
        let rows = row.rows.map(|rows| format!(", about {rows} jobs")).unwrap_or_default();
        output.line(&format!("-- {}{rows}: {}", row.name, row.next))?;
        statements.iter().try_for_each(|statement| output.line(statement))?;
    }
    if due.is_empty() && !output.json {
        output.line("-- no week is old enough")?;
    }
    Ok(Exit::Ok)
}

/// What a rotation came to.
#[derive(Serialize)]
struct Answer<'a> {
    week: &'a str,
    #[serde(flatten)]
    rotated: Rotated,
}

async fn rotate(
    store: &dyn Store,
    row: &WeekRow,
    retention: &Retention,
    output: Output,
) -> anyhow::Result<Exit> {
    let Some(week) = row.week else { return Ok(Exit::Ok) };
    let mut rotated = store.rotate_week(week, retention, None).await?;
    for _ in 1..TRIES {
        if rotated != Rotated::Busy {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        rotated = store.rotate_week(week, retention, None).await?;
    }
    if output.json {
        output.object(&Answer { week: &row.name, rotated })?;
    } else {
        output.line(&format!("{week}: {rotated}"))?;
    }
    let is_done = matches!(rotated, Rotated::Dropped { .. } | Rotated::Absent);
    Ok(if is_done { Exit::Ok } else { Exit::Conflict })
}

/// What the catch-all, or a database without partitions, still holds.
async fn sweep(store: &dyn Store, retention: &Retention, output: Output) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Swept {
        swept: u64,
    }
    let mut swept = 0;
    loop {
        let jobs = store.sweep(retention, SWEEP_LIMIT, None).await?;
        swept += jobs;
        if jobs < u64::from(SWEEP_LIMIT) {
            break;
        }
    }
    if output.json {
        return Ok(output.object(&Swept { swept })?);
    }
    Ok(output.line(&format!("swept {swept} jobs that were over, outside those weeks"))?)
}
