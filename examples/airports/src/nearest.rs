//! The job: find the airport that is nearest to another.

use longshore::{Error, Job, Result, Worker};
use serde::{Deserialize, Serialize};

use crate::{Airport, airports, compass, find};

/// The queue of these jobs.
pub const QUEUE: &str = "airports";

/// Which other airport is nearest to this one?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearestAirport {
    /// Its code.
    pub icao: String,
}

impl Job for NearestAirport {
    const KIND: &'static str = "nearest_airport";
    const QUEUE: &'static str = QUEUE;
}

/// The answer, kept as the job's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearest {
    /// The code of the nearest other airport.
    pub nearest: String,
    /// Its name.
    pub name: String,
    /// How far it is, in kilometres.
    pub km: f64,
    /// Where to fly: degrees clockwise from north.
    pub bearing: f64,
    /// The same as a point of the compass.
    pub direction: String,
}

/// The handler.
///
/// # Errors
/// An unknown code will not become known by trying again: the job is discarded.
pub async fn nearest_airport(job: NearestAirport) -> Result<Nearest> {
    let here = find(&job.icao)
        .ok_or_else(|| Error::discard(format!("no airport has the code `{}`", job.icao)))?;
    let there = nearest_to(here).ok_or_else(|| Error::discard("there is no other airport"))?;
    let bearing = here.place.bearing_to(there.place);
    Ok(Nearest {
        nearest: there.icao.clone(),
        name: there.name.clone(),
        km: tenth(here.place.km_to(there.place)),
        bearing: tenth(bearing),
        direction: compass(bearing).to_owned(),
    })
}

/// Looks at all of them: 28,000 dot products take about 30 µs, less than any index is worth.
fn nearest_to(here: &Airport) -> Option<&'static Airport> {
    let others = airports().iter().filter(|other| other.icao != here.icao);
    let nearness = |other: &Airport| here.place.nearness(other.place);
    others.max_by(|a, b| nearness(a).total_cmp(&nearness(b)))
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Teaches a worker the job, and lets it run so many of them at once.
pub fn register<S: Send + Sync + 'static>(worker: Worker<S>, at_once: u32) -> Worker<S> {
    worker.handle(nearest_airport).queue(QUEUE, at_once)
}
