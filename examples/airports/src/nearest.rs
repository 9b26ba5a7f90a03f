//! The job: find the airport that is nearest to another.

use longshore::{Error, Job, Result, Worker};
use serde::{Deserialize, Serialize};

use crate::{Airport, airport::places, airports, compass, find};

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

/// Looks at all of them: 28,000 dot products cost less than building an index would.
fn nearest_to(here: &Airport) -> Option<&'static Airport> {
    let candidates =
        airports().iter().zip(places()).filter(|(airport, _)| !std::ptr::eq(*airport, here));
    let nearness = candidates.map(|(airport, place)| (here.place.nearness(*place), airport));
    nearness.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, airport)| airport)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Teaches a worker the job, and lets it run so many of them at once.
pub fn register<S: Send + Sync + 'static>(worker: Worker<S>, at_once: u32) -> Worker<S> {
    worker.handle(nearest_airport).queue(QUEUE, at_once)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_neighbour_of_easter_island_is_far_away_in_the_west() {
        let nearest = nearest_airport(NearestAirport { icao: "SCIP".into() }).await.unwrap();
        assert_eq!((&*nearest.nearest, &*nearest.direction), ("NTGJ", "W"));
        assert!((2_595.0..2_605.0).contains(&nearest.km), "{nearest:?}");
    }

    #[tokio::test]
    async fn a_code_that_no_airport_has_is_an_error() {
        let error = nearest_airport(NearestAirport { icao: "NONE".into() }).await.unwrap_err();
        assert_eq!(error.to_string(), "no airport has the code `NONE`");
    }

    #[test]
    fn the_quick_search_finds_what_measuring_every_distance_finds() {
        for here in airports().iter().step_by(1500) {
            let km = |other: &&Airport| here.place.km_to(other.place);
            let others = airports().iter().filter(|other| other.icao != here.icao);
            let measured = others.min_by(|a, b| km(a).total_cmp(&km(b))).unwrap();
            let found = nearest_to(here).unwrap();
            assert!(
                (km(&found) - km(&measured)).abs() < 0.1,
                "{}: {} {}",
                here.icao,
                found.icao,
                measured.icao
            );
        }
    }
}
