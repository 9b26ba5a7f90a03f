//! Tables that stand aside during a rotation: first they get copies of what must stay, then they change places
//! with the partitions of the week, and go with what is in them.
//!
//! They outlive a rotation that is broken off. The next one brings back what must stay, if anything must: also
//! where only some of the tables had changed places.

use longshore_core::Timestamp;
use longshore_store::{Error, ErrorKind, Result};
use sqlx::SqlStr;
use uuid::Uuid;

use crate::{
    bind::{at, bind},
    row::get,
    sql::Home,
    survivors::Look,
    weeks::TABLES,
    wire::Wire,
};

/// Whether a rotation was broken off.
pub(crate) async fn is_there(wire: &mut Wire<'_>, home: &Home) -> Result<bool> {
    Ok(!names_of(wire, home).await?.is_empty())
}

/// The tables that bear the names of ours.
async fn names_of(wire: &mut Wire<'_>, home: &Home) -> Result<Vec<&'static str>> {
    let ask = SqlStr::from_static(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? \
         AND table_name IN (?, ?, ?, ?)",
    );
    let [jobs, labels, ledger, results] = TABLES.map(|(table, _)| home.table(&aside(table)));
    let rows = wire.rows(&ask, bind![&home.database, jobs, labels, ledger, results]?).await?;
    let names = rows.iter().map(|row| get(row, "name")).collect::<Result<Vec<String>>>()?;
    let is_there = |table: &&str| names.contains(&home.table(&aside(table)));
    Ok(TABLES.map(|(table, _)| table).into_iter().filter(is_there).collect())
}

/// Those of them that no rotation made, by their names: they are not like the tables that they would change
/// places with.
pub(crate) async fn strangers(wire: &mut Wire<'_>, home: &Home) -> Result<Vec<String>> {
    let mut strangers = Vec::new();
    for table in names_of(wire, home).await? {
        let name = home.table(&aside(table));
        if form(wire, home, &name).await? != form(wire, home, &home.table(table)).await? {
            strangers.push(name);
        }
    }
    Ok(strangers)
}

/// The columns of a table with their types.
async fn form(wire: &mut Wire<'_>, home: &Home, table: &str) -> Result<Vec<(String, String)>> {
    let ask = SqlStr::from_static(
        "SELECT column_name AS name, column_type AS type FROM information_schema.columns \
         WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position",
    );
    let rows = wire.rows(&ask, bind![&home.database, table]?).await?;
    rows.iter().map(|row| Ok((get(row, "name")?, get(row, "type")?))).collect()
}

/// What to do about tables that are in the way of all rotations.
pub(crate) fn advice(strangers: &[String]) -> String {
    format!(
        "{} stands where a rotation puts rows aside, and is no table of Longshore's: it is left as it is, and no week \
         can be dropped until somebody gives it another name (RENAME TABLE)",
        strangers.join(", ")
    )
}

fn aside(table: &str) -> String {
    format!("{table}_aside")
}

/// After a rotation that was broken off: brings back what must stay, and drops the tables. Those of somebody else
/// are left alone.
pub(crate) async fn clear(wire: &mut Wire<'_>, home: &Home, cutoff: Timestamp) -> Result<()> {
    let strangers = strangers(wire, home).await?;
    if !strangers.is_empty() {
        return Err(Error::new(ErrorKind::Conflict, advice(&strangers)));
    }
    // It can be broken off before it has made all of them.
    for statement in making().into_iter().step_by(2) {
        wire.raw(home.render(&statement)).await?;
    }
    bring_back(wire, home, cutoff).await?;
    wire.raw(home.render(&dropping())).await
}

async fn bring_back(wire: &mut Wire<'_>, home: &Home, cutoff: Timestamp) -> Result<()> {
    let ask = "SELECT MIN(id) AS first, MAX(id) AS last FROM longshore_jobs_aside";
    let row = wire.row(&home.render(ask), bind![]?).await?;
    let ends: (Option<Uuid>, Option<Uuid>) = match row {
        Some(row) => (get(&row, "first")?, get(&row, "last")?),
        None => (None, None),
    };
    let (Some(first), Some(last)) = ends else { return Ok(()) };
    let ids = (first, Uuid::from_u128(last.as_u128().saturating_add(1)));
    Look { ids, cutoff, most: i64::MAX }.list_aside(wire, home).await?;
    // Whoever is among the jobs was carried. (A job is brought back after its ledger, labels and result.)
    wire.raw(home.render(
        "DELETE s FROM longshore_staying s STRAIGHT_JOIN longshore_jobs j FORCE INDEX (PRIMARY) ON j.id = s.id",
    ))
    .await?;
    // Where the ledgers have not changed places, theirs is still where it was.
    wire.change(&home.render(OVER_ELSEWHERE), bind![at(cutoff)]?).await?;
    let mut brought_back = 0;
    for (table, column) in TABLES.into_iter().rev() {
        let bring = format!(
            "INSERT IGNORE INTO longshore_{table} SELECT a.* FROM longshore_staying s \
             STRAIGHT_JOIN longshore_{table}_aside a ON a.{column} = s.id"
        );
        brought_back = wire.change(&home.render(&bring), bind![]?).await?;
    }
    if brought_back > 0 {
        tracing::info!(
            jobs = brought_back,
            "brought jobs back that a rotation had put aside when it was broken off"
        );
    }
    Ok(())
}

/// Takes those off the list that have no place, and whose ledger ended them before the cut-off.
const OVER_ELSEWHERE: &str = "DELETE s FROM longshore_staying s \
     WHERE (SELECT MOD(MAX(2 * a.seq + (a.state_after IN (5, 6, 7) AND a.at < ?)), 2) \
            FROM longshore_attempts a WHERE a.job_id = s.id) = 1 \
       AND NOT EXISTS (SELECT 1 FROM longshore_queue q WHERE q.id = s.id) \
       AND NOT EXISTS (SELECT 1 FROM longshore_leases l WHERE l.id = s.id) \
       AND NOT EXISTS (SELECT 1 FROM longshore_dead d WHERE d.id = s.id)";

/// Makes the tables, empty and without partitions.
pub(crate) fn making() -> Vec<String> {
    let make = |(table, _)| {
        [
            format!("CREATE TABLE IF NOT EXISTS longshore_{table}_aside LIKE longshore_{table}"),
            format!("ALTER TABLE longshore_{table}_aside REMOVE PARTITIONING"),
        ]
    };
    TABLES.map(make).into_iter().flatten().collect()
}

/// Drops them. The jobs go first: without them nothing is ever brought back.
pub(crate) fn dropping() -> String {
    let names = TABLES.map(|(table, _)| format!("longshore_{table}_aside"));
    format!("DROP TABLE IF EXISTS {}", names.join(", "))
}
