//! Unique keys: taken in a table whose primary key decides.
//!
//! First somebody looks which keys are held, without locks, so that a duplicate holds up nobody. The keys that look free are then taken in one statement; whoever comes second waits there.

use std::collections::{HashMap, HashSet};

use longshore_core::{JobId, NewJob, Scope, Timestamp};
use longshore_store::Result;
use sqlx::{SqlStr, mysql::MySqlArguments};
use uuid::Uuid;

use crate::{
    bind::{at, bind},
    document::{Document, after},
    row::get,
    sql::Sql,
    wire::Wire,
};

/// A tenant and a key.
type Key<'j> = (&'j str, &'j str);

/// Keys that were seen to be taken, by the places of the jobs that want them, with their holders.
#[derive(Debug, Default)]
pub(crate) struct Held(HashMap<usize, JobId>);

/// Looks which keys of these jobs are taken.
pub(crate) async fn held(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[NewJob],
    now: Timestamp,
) -> Result<Held> {
    let wanted: Vec<(Key<'_>, usize)> = wanted(jobs).collect();
    if wanted.is_empty() {
        return Ok(Held::default());
    }
    let keys: Vec<Key<'_>> = wanted.iter().map(|(key, _)| *key).collect();
    let holders = holders(wire, &sql.look_for_keys, &keys, Some(now)).await?;
    let held = wanted.into_iter().zip(holders);
    Ok(Held(held.filter_map(|((_, place), holder)| Some((place, holder?))).collect()))
}

/// Takes the keys of those jobs that have one. Returns, by their places, the jobs that must not be
/// stored, with the job that exists instead.
pub(crate) async fn take(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[NewJob],
    held: &Held,
    now: Timestamp,
) -> Result<HashMap<usize, JobId>> {
    let mut duplicates = HashMap::new();
    if jobs.iter().all(|job| job.unique.is_none()) {
        return Ok(duplicates);
    }
    // A job that is stored already must not take its key again: it may be over.
    let stored = stored(wire, sql, jobs.iter().filter(|job| job.unique.is_some())).await?;
    let mut firsts: HashMap<Key<'_>, usize> = HashMap::new();
    let mut followers = Vec::new();
    for (key, place) in wanted(jobs) {
        let id = jobs[place].id;
        if stored.contains(&id.0) {
            duplicates.insert(place, id);
        } else if let Some(holder) = held.0.get(&place) {
            duplicates.insert(place, *holder);
        } else if *firsts.entry(key).or_insert(place) != place {
            followers.push((place, key));
        }
    }
    let mut wanted: Vec<(Key<'_>, usize)> =
        firsts.iter().map(|(key, place)| (*key, *place)).collect();
    wanted.sort_unstable();
    let wishes: Vec<Wish<'_>> = wanted
        .iter()
        .map(|(key, place)| {
            let job = &jobs[*place];
            let scope = job.unique.as_ref().map(|unique| unique.scope).unwrap_or_default();
            Wish { key: *key, id: job.id, scope }
        })
        .collect();
    for ((_, place), holder) in wanted.iter().zip(insert(wire, sql, &wishes, now).await?) {
        if holder != jobs[*place].id {
            duplicates.insert(*place, holder);
        }
    }
    for (place, key) in followers {
        let first = firsts[&key];
        duplicates.insert(place, duplicates.get(&first).copied().unwrap_or(jobs[first].id));
    }
    Ok(duplicates)
}

/// Takes again the keys of dead letters, which gave them up when they ended. Returns who has them now,
/// by job, where that is another job.
pub(crate) async fn retake(
    wire: &mut Wire<'_>,
    sql: &Sql,
    mut wanted: Vec<(JobId, String, String)>,
    now: Timestamp,
) -> Result<HashMap<JobId, JobId>> {
    wanted.sort_unstable_by(|a, b| (&a.1, &a.2, a.0).cmp(&(&b.1, &b.2, b.0)));
    let wishes: Vec<Wish<'_>> = wanted
        .iter()
        .map(|(id, tenant, key)| Wish { key: (tenant, key), id: *id, scope: Scope::UntilTerminal })
        .collect();
    let holders = insert(wire, sql, &wishes, now).await?;
    let others = wishes.iter().zip(holders).filter(|(wish, holder)| wish.id != *holder);
    Ok(others.map(|(wish, holder)| (wish.id, holder)).collect())
}

/// Which of these jobs exist.
pub(crate) async fn stored<'j>(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: impl Iterator<Item = &'j NewJob>,
) -> Result<HashSet<Uuid>> {
    let mut ids: Vec<Uuid> = jobs.map(|job| job.id.0).collect();
    ids.sort_unstable();
    let rows = wire.rows(&sql.stored, bind![Document::of_ids(ids)]?).await?;
    rows.iter().map(|row| get(row, "id")).collect()
}

/// A key that a job wants.
struct Wish<'j> {
    key: Key<'j>,
    id: JobId,
    scope: Scope,
}

fn wanted(jobs: &[NewJob]) -> impl Iterator<Item = (Key<'_>, usize)> {
    jobs.iter().enumerate().filter_map(|(place, job)| {
        let unique = job.unique.as_ref()?;
        Some(((&*job.tenant, unique.key.as_str()), place))
    })
}

/// Takes keys, each once and in order. Returns who has them then: they are locked until the transaction
/// ends.
async fn insert(
    wire: &mut Wire<'_>,
    sql: &Sql,
    wishes: &[Wish<'_>],
    now: Timestamp,
) -> Result<Vec<JobId>> {
    if wishes.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = Document::with_room(wishes.len() * 96);
    for wish in wishes {
        let (code, until) = match wish.scope {
            Scope::UntilTerminal => (0, None),
            Scope::For(window) => (1, Some(after(now, window))),
            Scope::Forever => (2, None),
        };
        rows.open();
        rows.text(wish.key.0);
        rows.text(wish.key.1);
        rows.id(wish.id.0);
        rows.number(code);
        rows.some(until, Document::time);
        rows.shut();
    }
    wire.change(&sql.take_keys, bind![rows.finish(), at(now), at(now), at(now)]?).await?;
    let keys: Vec<Key<'_>> = wishes.iter().map(|wish| wish.key).collect();
    let holders = holders(wire, &sql.key_holders, &keys, None).await?;
    Ok(wishes.iter().zip(holders).map(|(wish, holder)| holder.unwrap_or(wish.id)).collect())
}

/// Who has these keys, same order.
async fn holders(
    wire: &mut Wire<'_>,
    sql: &SqlStr,
    keys: &[Key<'_>],
    now: Option<Timestamp>,
) -> Result<Vec<Option<JobId>>> {
    let mut rows = Document::with_room(keys.len() * 48);
    for (tenant, key) in keys {
        rows.open();
        rows.text(tenant);
        rows.text(key);
        rows.shut();
    }
    let rows = rows.finish();
    let parameters: MySqlArguments = match now {
        Some(now) => bind![rows, at(now)]?,
        None => bind![rows]?,
    };
    let mut holders = vec![None; keys.len()];
    for row in wire.rows(sql, parameters).await? {
        let place: i64 = get(&row, "place")?;
        let place = usize::try_from(place - 1).ok();
        if let Some(holder) = place.and_then(|place| holders.get_mut(place)) {
            *holder = Some(JobId(get(&row, "job_id")?));
        }
    }
    Ok(holders)
}
