//! Enqueue: a constant number of statements for any number of jobs.

use longshore_core::JobId;
use longshore_store::{Enqueued, Result};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    document::{self, Document},
    fault,
    new_rows::NewRows,
    row::{self, Row},
};

const LABELS: &str = include_str!("../sql/produce/labels.sql");
const KEYS: &str = include_str!("../sql/produce/take_keys.sql");
/// `concat!` takes no constants.
macro_rules! queue_up {
    () => {
        include_str!("../sql/produce/queue_up.sql")
    };
}
const STORE: &str = concat!(include_str!("../sql/produce/enqueue.sql"), queue_up!());
const STORE_PLAIN: &str = concat!(include_str!("../sql/produce/enqueue_plain.sql"), queue_up!());
const OUTCOMES_PLAIN: &str = include_str!("../sql/produce/outcomes_plain.sql");
const OUTCOMES: &str = include_str!("../sql/produce/outcomes.sql");

/// Stores the jobs of several calls, answered in the order of the calls.
pub(crate) async fn enqueue(
    connection: &mut SqliteConnection,
    calls: &[&NewRows],
    now: i64,
) -> Result<Vec<Enqueued>> {
    let keyed = calls.iter().any(|call| call.keyed);
    let labelled = calls.iter().any(|call| call.labelled);
    let mut enqueued = Vec::with_capacity(calls.iter().map(|call| call.len()).sum());
    for document in document::join(calls) {
        if keyed {
            let taking = sqlx::query(KEYS).bind(&document.forms).bind(&document.rows).bind(now);
            taking.execute(&mut *connection).await.map_err(fault::error)?;
        }
        let created = store(connection, &document, now).await?;
        if labelled && created.count > 0 {
            let labelling = sqlx::query(LABELS).bind(&document.rows).bind(created.before());
            labelling.execute(&mut *connection).await.map_err(fault::error)?;
        }
        let outcomes = if created.count == document.ids.len() as i64 {
            document.ids.iter().map(|id| Enqueued::Created(*id)).collect()
        } else {
            outcomes(connection, &document, created).await?
        };
        let of_jobs =
            document.places.iter().map(|(place, repeated)| of_job(outcomes[*place], *repeated));
        enqueued.extend(of_jobs);
    }
    Ok(enqueued)
}

/// A job whose id stands in the calls before it was not stored for itself.
fn of_job(outcome: Enqueued, repeated: bool) -> Enqueued {
    if repeated { Enqueued::Duplicate(outcome.id()) } else { outcome }
}

/// How many jobs were stored, and the row number of the last one. They are numbered without gaps.
#[derive(Clone, Copy)]
struct Created {
    count: i64,
    last: i64,
}

impl Created {
    /// The number before the first one's. When nothing was stored, `last` is that of some older row.
    fn before(self) -> i64 {
        if self.count == 0 { i64::MAX } else { self.last - self.count }
    }
}

async fn store(
    connection: &mut SqliteConnection,
    document: &Document,
    now: i64,
) -> Result<Created> {
    let text = if document.plain { STORE_PLAIN } else { STORE };
    let storing = sqlx::query(text).bind(&document.forms).bind(&document.rows).bind(now);
    let rows = storing.fetch_all(connection).await.map_err(fault::error)?;
    let row = rows.first().ok_or_else(|| fault::error(sqlx::Error::RowNotFound))?;
    Ok(Created { count: row.take("count")?, last: row.take("last")? })
}

/// Which of the jobs were stored, and which jobs exist in place of the others.
async fn outcomes(
    connection: &mut SqliteConnection,
    document: &Document,
    created: Created,
) -> Result<Vec<Enqueued>> {
    let newer_than = created.before();
    let asking = if document.plain {
        let ids = row::ids(document.ids.iter().map(|id| id.0));
        sqlx::query(OUTCOMES_PLAIN).bind(ids).bind(newer_than)
    } else {
        sqlx::query(OUTCOMES).bind(&document.forms).bind(&document.rows).bind(newer_than)
    };
    let rows = asking.fetch_all(connection).await.map_err(fault::error)?;
    rows.iter()
        .map(|row| {
            let id = JobId(row.take::<Uuid>("id")?);
            Ok(if row.take("is_new")? { Enqueued::Created(id) } else { Enqueued::Duplicate(id) })
        })
        .collect()
}
