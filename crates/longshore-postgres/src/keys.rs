//! Unique keys: taken in a table whose primary key decides, never by looking first.

use std::collections::{HashMap, HashSet};

use longshore_core::{JobId, NewJob, Scope, Unique};
use longshore_store::{Error, ErrorKind, Result};
use sqlx::{Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    bind::{bind, micros},
    error::refused,
    sql::Sql,
    wire::Wire,
};

/// Holders that vanished between two statements before we give up.
const ROUNDS: u32 = 10;

type Key<'j> = (&'j str, &'j str);

/// Takes the keys of those jobs that have one. Returns, by their places, the jobs that must not be
/// stored, with the job that exists instead.
pub(crate) async fn take(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[NewJob],
) -> Result<HashMap<usize, JobId>> {
    let mut duplicates = HashMap::new();
    let mut firsts: HashMap<Key<'_>, usize> = HashMap::new();
    let mut followers: Vec<(usize, Key<'_>)> = Vec::new();
    if jobs.iter().all(|job| job.unique.is_none()) {
        return Ok(duplicates);
    }
    // A job that is stored already must not take its key again: it may be over.
    let stored = stored(wire, sql, jobs.iter().filter(|job| job.unique.is_some())).await?;
    for (place, job) in jobs.iter().enumerate() {
        let Some(unique) = &job.unique else { continue };
        let key = (&*job.tenant, unique.key.as_str());
        if stored.contains(&job.id.0) {
            duplicates.insert(place, job.id);
        } else if *firsts.entry(key).or_insert(place) != place {
            followers.push((place, key));
        }
    }
    let mut wanted: Vec<(Key<'_>, usize)> =
        firsts.iter().map(|(key, place)| (*key, *place)).collect();
    wanted.sort_unstable();
    for round in 0.. {
        let taken = insert(wire, sql, jobs, &wanted).await?;
        wanted.retain(|(_, place)| !taken.contains(&jobs[*place].id.0));
        if wanted.is_empty() {
            break;
        }
        if round == ROUNDS {
            return Err(Error::new(ErrorKind::Busy, "unique keys keep changing hands: try again"));
        }
        let losers = losers(wire, sql, &wanted).await?;
        wanted.retain(|(key, place)| match losers.get(key) {
            Some(holder) => {
                duplicates.insert(*place, *holder);
                false
            }
            None => true, // the holder ended meanwhile, or its window was over: once more
        });
        if wanted.is_empty() {
            break;
        }
    }
    for (place, key) in followers {
        let first = firsts[&key];
        duplicates.insert(place, duplicates.get(&first).copied().unwrap_or(jobs[first].id));
    }
    Ok(duplicates)
}

/// Gives back the keys of jobs that took one but were stored before, by somebody who was as fast.
pub(crate) async fn give_back(wire: &mut Wire<'_>, sql: &Sql, jobs: &[&NewJob]) -> Result<()> {
    let with_key: Vec<(&NewJob, &Unique)> =
        jobs.iter().filter_map(|job| Some((*job, job.unique.as_ref()?))).collect();
    if with_key.is_empty() {
        return Ok(());
    }
    let tenants: Vec<&str> = with_key.iter().map(|(job, _)| &*job.tenant).collect();
    let keys: Vec<&str> = with_key.iter().map(|(_, unique)| unique.key.as_str()).collect();
    let ids: Vec<Uuid> = with_key.iter().map(|(job, _)| job.id.0).collect();
    wire.rows(&sql.return_keys, bind![tenants, keys, ids]?).await.map(|_| ())
}

/// Takes again the keys of dead letters, which gave them up when they ended. Returns who has them now,
/// by job, where that is another job.
pub(crate) async fn retake(
    wire: &mut Wire<'_>,
    sql: &Sql,
    mut wanted: Vec<(Uuid, String, String)>,
) -> Result<HashMap<Uuid, JobId>> {
    let mut others = HashMap::new();
    wanted.sort_unstable_by(|a, b| (&a.1, &a.2).cmp(&(&b.1, &b.2)));
    for _ in 0..=ROUNDS {
        if wanted.is_empty() {
            return Ok(others);
        }
        let tenants: Vec<&str> = wanted.iter().map(|(_, tenant, _)| tenant.as_str()).collect();
        let keys: Vec<&str> = wanted.iter().map(|(_, _, key)| key.as_str()).collect();
        let ids: Vec<Uuid> = wanted.iter().map(|(id, ..)| *id).collect();
        let (scopes, windows) = (vec![0i16; ids.len()], Vec::<Option<i64>>::new());
        let rows = wire.rows(&sql.take_keys, bind![tenants, keys, ids, scopes, windows]?).await?;
        let taken = uuids(&rows)?;
        wanted.retain(|(id, ..)| !taken.contains(id));
        let left = wanted.clone();
        let names: Vec<(Key<'_>, usize)> =
            left.iter().map(|(_, tenant, key)| ((tenant.as_str(), key.as_str()), 0)).collect();
        let losers = losers(wire, sql, &names).await?;
        wanted.retain(|(id, tenant, key)| match losers.get(&(tenant.as_str(), key.as_str())) {
            Some(holder) => {
                others.insert(*id, *holder);
                false
            }
            None => true,
        });
    }
    Err(Error::new(ErrorKind::Busy, "unique keys keep changing hands: try again"))
}

async fn stored<'j>(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: impl Iterator<Item = &'j NewJob>,
) -> Result<HashSet<Uuid>> {
    let ids: Vec<Uuid> = jobs.map(|job| job.id.0).collect();
    uuids(&wire.rows(&sql.stored, bind![ids]?).await?)
}

async fn insert(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: &[NewJob],
    wanted: &[(Key<'_>, usize)],
) -> Result<HashSet<Uuid>> {
    let tenants: Vec<&str> = wanted.iter().map(|((tenant, _), _)| *tenant).collect();
    let keys: Vec<&str> = wanted.iter().map(|((_, key), _)| *key).collect();
    let ids: Vec<Uuid> = wanted.iter().map(|(_, place)| jobs[*place].id.0).collect();
    let scopes =
        wanted.iter().map(|(_, place)| jobs[*place].unique.as_ref().map(|unique| unique.scope));
    let (codes, windows): (Vec<i16>, Vec<Option<i64>>) = scopes
        .map(|scope| match scope.unwrap_or_default() {
            Scope::UntilTerminal => (0, None),
            Scope::For(window) => (1, Some(micros(window))),
            Scope::Forever => (2, None),
        })
        .unzip();
    uuids(&wire.rows(&sql.take_keys, bind![tenants, keys, ids, codes, windows]?).await?)
}

/// Who holds these keys; keys whose window is over are freed and left out.
async fn losers<'j>(
    wire: &mut Wire<'_>,
    sql: &Sql,
    wanted: &[(Key<'j>, usize)],
) -> Result<HashMap<Key<'j>, JobId>> {
    let tenants: Vec<&str> = wanted.iter().map(|((tenant, _), _)| *tenant).collect();
    let keys: Vec<&str> = wanted.iter().map(|((_, key), _)| *key).collect();
    let rows = wire.rows(&sql.key_holders, bind![&tenants, &keys]?).await?;
    let mut holders = HashMap::new();
    let mut over = false;
    for row in rows {
        let (tenant, key): (&str, &str) =
            (row.try_get("tenant").map_err(refused)?, row.try_get("key").map_err(refused)?);
        if row.try_get("expired").map_err(refused)? {
            over = true;
        } else if let Some((key, _)) = wanted.iter().find(|(wanted, _)| *wanted == (tenant, key)) {
            holders.insert(*key, JobId(row.try_get("job_id").map_err(refused)?));
        }
    }
    if over {
        wire.rows(&sql.expire_keys, bind![tenants, keys]?).await?;
    }
    Ok(holders)
}

fn uuids(rows: &[PgRow]) -> Result<HashSet<Uuid>> {
    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(refused)
}
