//! Claim: from the queue to the leases, in the order of the cursors.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
};

use async_trait::async_trait;
use longshore_store::{Claim, Claimed, CursorAt, Result};
use sqlx::{AssertSqlSafe, SqliteConnection};
use uuid::fmt::Simple;

use crate::{
    clock, fault, found,
    row::{self, json},
    writer::Write,
};

/// A job of this size comes apart from the others: SQLite refuses texts of a gigabyte.
const LARGE_BYTES: i64 = 16 << 10;
/// A claim names this many lanes at most in one statement; more are asked in further ones.
const LANES: usize = 64;

const CLAIM: &str = include_str!("../sql/consume/claim.sql");
const CLAIM_LANE: &str = include_str!("../sql/consume/claim_lane.sql");
/// `concat!` takes no constants.
macro_rules! lease {
    () => {
        include_str!("../sql/consume/lease.sql")
    };
}
/// Moves what was found in one lane, the usual case.
const LEASE_RANGE: &str = concat!(lease!(), include_str!("../sql/consume/take_range.sql"));
/// Moves what was found in several.
const LEASE_RANGES: &str = concat!(lease!(), include_str!("../sql/consume/take_ranges.sql"));

/// The claim for 1, 2, 4 … 64 lanes.
static CLAIMS: LazyLock<Vec<Arc<str>>> =
    LazyLock::new(|| (0..=LANES.ilog2()).map(|power| claim_of(1 << power).into()).collect());

/// The claim's text for so many lanes.
pub(crate) fn claim_of(lanes: usize) -> String {
    let arms: Vec<_> = (0..lanes).map(|n| CLAIM_LANE.replace("{n}", &n.to_string())).collect();
    CLAIM.replace("{lanes}", &arms.join("    UNION ALL\n    "))
}

/// Takes due jobs.
pub(crate) struct Taking(pub(crate) Claim);

#[async_trait]
impl Write for Taking {
    type Answer = Vec<Claimed>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Claimed>> {
        let claim = &self.0;
        let now = clock::at(claim.now);
        let kinds = kinds(&claim.kinds);
        let mut claimed = Vec::new();
        for cursors in rounds(&claim.cursors) {
            let room = claim.limit as usize - claimed.len();
            if room == 0 {
                break;
            }
            let found = find(connection, cursors, &kinds, now, room).await?;
            if found.is_empty() {
                continue;
            }
            let until = now.saturating_add(clock::micros(claim.lease));
            let ranges = ranges(cursors, &found);
            let text = if ranges.len() == 1 { LEASE_RANGE } else { LEASE_RANGES };
            let leasing = sqlx::query(text)
                .bind(json(&ranges))
                .bind(&kinds)
                .bind(claim.worker.0)
                .bind(now)
                .bind(until);
            leasing.execute(&mut *connection).await.map_err(fault::error)?;
            claimed.extend(found.into_iter().map(|(_, job)| job));
        }
        Ok(claimed)
    }
}

/// All kinds in one text, each between two line feeds, which no name has.
pub(crate) fn kinds(kinds: &[Arc<str>]) -> String {
    kinds.iter().map(|kind| format!("\n{kind}\n")).collect()
}

/// The cursors in parts that one statement can serve: not too many, and no lane twice.
fn rounds(cursors: &[CursorAt]) -> Vec<&[CursorAt]> {
    let mut rounds = Vec::new();
    let mut begin = 0;
    let mut lanes = HashSet::new();
    for (n, cursor) in cursors.iter().enumerate() {
        if n - begin == LANES || !lanes.insert(&cursor.lane) {
            rounds.push(&cursors[begin..n]);
            begin = n;
            lanes = HashSet::from([&cursor.lane]);
        }
    }
    rounds.push(&cursors[begin..]);
    rounds
}

/// The jobs to take, each with the number of its cursor, in order.
async fn find(
    connection: &mut SqliteConnection,
    cursors: &[CursorAt],
    kinds: &str,
    now: i64,
    limit: usize,
) -> Result<Vec<(usize, Claimed)>> {
    let text = CLAIMS[cursors.len().next_power_of_two().ilog2() as usize].clone();
    let document = document(cursors);
    // The texts are built from files of this crate and lane numbers alone.
    let asking = sqlx::query(AssertSqlSafe(text)).bind(document).bind(kinds).bind(now);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let asking = asking.bind(limit).bind(LARGE_BYTES);
    let row = asking.fetch_one(&mut *connection).await.map_err(fault::error)?;
    let mut found = found::jobs(row::at(&row, 0)?, cursors, now)?;
    found::complete(connection, &mut found).await?;
    let mut found: Vec<_> = found.into_iter().map(|found| (found.cursor, found.job)).collect();
    // It comes in this order; SQLite promises it only for what is sorted.
    found.sort_by_key(|(cursor, job)| (*cursor, job.due_at, job.id));
    Ok(found)
}

/// The cursors, filled up with ones that take nothing to the number of arms.
fn document(cursors: &[CursorAt]) -> String {
    let lanes: Vec<_> = cursors
        .iter()
        .map(|cursor| {
            let lane = &cursor.lane;
            let (due_at, id) = match cursor.floor {
                Some(floor) => (floor.due_at.timestamp_micros(), floor.id.0.simple().to_string()),
                None => (i64::MIN, String::new()),
            };
            (&*lane.queue, &*lane.tenant, lane.priority.rank(), due_at, id, cursor.quota)
        })
        .collect();
    let mut document = json(&lanes);
    let nothing = r#",["","",0,0,"",0]"#.repeat(cursors.len().next_power_of_two() - cursors.len());
    document.insert_str(document.len() - 1, &nothing);
    document
}

/// Queue, tenant, rank; the first job's due time and id; the last job's.
type Range<'a> = (&'a str, &'a str, i16, i64, Simple, i64, Simple);

/// From where to where each cursor's jobs were found.
fn ranges<'a>(cursors: &'a [CursorAt], found: &[(usize, Claimed)]) -> Vec<Range<'a>> {
    found
        .chunk_by(|(a, _), (b, _)| a == b)
        .filter_map(|jobs| {
            let ((cursor, first), (_, last)) = (jobs.first()?, jobs.last()?);
            let lane = &cursors[*cursor].lane;
            let place = |job: &Claimed| (job.due_at.timestamp_micros(), job.id.0.simple());
            let ((first_due, first_id), (last_due, last_id)) = (place(first), place(last));
            Some((
                &*lane.queue,
                &*lane.tenant,
                lane.priority.rank(),
                first_due,
                first_id,
                last_due,
                last_id,
            ))
        })
        .collect()
}
