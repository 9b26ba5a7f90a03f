//! Asking for all airports at once, and only once.

use longshore::{Client, Job, JobId, NewJob, Scope, StoreError, Unique};

use crate::{Airport, NearestAirport, airports};

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    /// The job of each airport, in the order of the table.
    pub ids: Vec<JobId>,
    /// How many of them are new; the others were asked for before.
    pub created: usize,
}

/// Jobs stored by one transaction.
const CHUNK: usize = 1000;

/// Enqueues one job for each airport, and calls `progress(done, total)` after every thousand.
///
/// It can be called again, by many processes at once and after a crash: each job has a unique key that
/// stays taken for ever, so an airport that was asked for before keeps the job (and the result) it has.
///
/// # Errors
/// Those of the database.
pub async fn enqueue_all(
    client: &Client,
    mut progress: impl FnMut(usize, usize),
) -> Result<Demand, StoreError> {
    let mut demand = Demand::default();
    for chunk in airports().chunks(CHUNK) {
        let jobs = chunk.iter().map(job_for).collect::<Result<Vec<_>, StoreError>>()?;
        for enqueued in client.enqueue_many(&jobs).await? {
            demand.ids.push(enqueued.id());
            demand.created += usize::from(!enqueued.is_duplicate());
        }
        progress(demand.ids.len(), airports().len());
    }
    Ok(demand)
}

fn job_for(airport: &Airport) -> Result<NewJob, StoreError> {
    let job = NearestAirport { icao: airport.icao.clone() };
    Ok(NewJob {
        name: Some(airport.name.clone()).filter(|name| !name.is_empty()),
        unique: Some(Unique { key: format!("airport:{}", airport.icao), scope: Scope::Forever }),
        ..job.to_new_job()?
    })
}
