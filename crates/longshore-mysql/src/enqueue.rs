//! Storing jobs: two statements for a thousand of them, and a few more for those with unique keys or labels.

use std::collections::{HashMap, HashSet};

use longshore_core::{JobId, NewJob, Timestamp};
use longshore_store::{Enqueued, Error, ErrorKind, Result};
use tokio::join;

use crate::{
    error::is_duplicate,
    guard,
    job_rows::{ROWS_AT_ONCE, Rows, is_due_at_once},
    keys::{self, Held},
    labels,
    sql::Sql,
    wire::Wire,
};

/// Bytes after which another statement is begun: a server takes 16 MiB at once by default.
const BYTES_AT_ONCE: usize = 4 << 20;
/// How often jobs may turn out to be stored by somebody else meanwhile before we give up.
const ROUNDS: u32 = 3;

/// Whether they can be stored by somebody who knows only about what time it is: all are due at once, want no
/// key, and have ids of this week.
pub(crate) fn need_no_clock(jobs: &[NewJob], about: Option<Timestamp>) -> bool {
    let at_once = |job: &NewJob| is_due_at_once(job) && job.unique.is_none();
    about.is_some_and(|about| !guard::is_asked(jobs, about)) && jobs.iter().all(at_once)
}

/// Stores jobs in an open transaction, or one that begins with them. `held` are the keys that were seen to be
/// taken. Without a time, which only jobs that [need no clock](need_no_clock) can do without, the server puts its
/// own in where it writes their rows.
pub(crate) async fn all(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[NewJob],
    held: &Held,
    now: Option<Timestamp>,
) -> Result<Vec<Enqueued>> {
    let duplicates = match now {
        None => HashMap::new(),
        Some(now) => {
            guard::share(wire, sql, jobs, now).await?;
            keys::take(wire, sql, jobs, held, now).await?
        }
    };
    let mut seen = HashSet::with_capacity(jobs.len());
    let new: Vec<&NewJob> = jobs
        .iter()
        .enumerate()
        .filter(|(place, job)| !duplicates.contains_key(place) && seen.insert(job.id))
        .map(|(_, job)| job)
        .collect();
    let mut created = HashSet::with_capacity(new.len());
    let mut rest = &new[..];
    while !rest.is_empty() {
        let part = part(rest);
        store(wire, sql, part, now, &mut created).await?;
        rest = &rest[part.len()..];
    }
    let answer = |(place, job): (usize, &NewJob)| match duplicates.get(&place) {
        Some(holder) => Enqueued::Duplicate(*holder),
        None if created.remove(&job.id) => Enqueued::Created(job.id),
        None => Enqueued::Duplicate(job.id),
    };
    Ok(jobs.iter().enumerate().map(answer).collect())
}

/// The first of these jobs, as many as one statement takes.
fn part<'p, 'j>(jobs: &'p [&'j NewJob]) -> &'p [&'j NewJob] {
    let mut bytes = 0;
    let mut count = 0;
    for job in jobs.iter().take(ROWS_AT_ONCE) {
        bytes += job.payload.as_str().len()
            + job.context.as_ref().map_or(0, |context| context.as_str().len());
        if count > 0 && bytes > BYTES_AT_ONCE {
            break;
        }
        count += 1;
    }
    &jobs[..count]
}

/// Stores jobs of different ids. Hardly ever one of them is there already: then the statement changes
/// nothing, those that exist are found, and the others are stored.
async fn store(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[&NewJob],
    now: Option<Timestamp>,
    created: &mut HashSet<JobId>,
) -> Result<()> {
    let mut jobs = jobs.to_vec();
    for _ in 0..ROUNDS {
        let rows = Rows::of_jobs(sql, &jobs, now)?;
        // While the server stores the jobs: a twentieth of a thousand's time.
        let queue_up = async { Rows::of_queue(sql, &jobs, now) };
        match join!(biased; rows.insert(wire), queue_up) {
            (Ok(()), queue_up) => {
                created.extend(jobs.iter().map(|job| job.id));
                labels::keep(wire, sql, jobs.iter().map(|job| (job.id, &job.labels))).await?;
                return queue_up?.insert(wire).await;
            }
            (Err(error), _) if is_duplicate(&error) => {}
            (Err(error), _) => return Err(error),
        }
        let stored = keys::stored(wire, sql, jobs.iter().copied()).await?;
        if jobs.iter().any(|job| job.unique.is_some() && stored.contains(&job.id.0)) {
            // It took its key for nothing; from the beginning it will not.
            break;
        }
        jobs.retain(|job| !stored.contains(&job.id.0));
        if jobs.is_empty() {
            return Ok(());
        }
    }
    Err(Error::new(ErrorKind::Busy, "somebody else stores the same jobs at this moment: try again"))
}
