//! The airports, read once from a table inside the program.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;

use crate::Place;

/// An airport of the table.
#[derive(Clone, Debug)]
pub struct Airport {
    /// Its code, four letters or digits; no two have the same.
    pub icao: String,
    /// Its name.
    pub name: String,
    /// Its country: two letters.
    pub country: String,
    /// Where it lies.
    pub place: Place,
}

/// The columns that are read; the table has more.
#[derive(Deserialize)]
struct Row {
    icao: String,
    name: String,
    country: String,
    lat: f64,
    lon: f64,
}

static TABLE: &str = include_str!("../data/airports.csv");

static AIRPORTS: LazyLock<Vec<Airport>> = LazyLock::new(|| {
    let rows = csv::Reader::from_reader(TABLE.as_bytes()).into_deserialize::<Row>();
    let airport = |Row { icao, name, country, lat, lon }| Airport {
        icao,
        name,
        country,
        place: Place::at(lat, lon),
    };
    rows.filter_map(Result::ok).map(airport).collect()
});

/// The places alone, side by side: what a search looks at fits into a processor's cache.
static PLACES: LazyLock<Vec<Place>> =
    LazyLock::new(|| airports().iter().map(|airport| airport.place).collect());

static BY_CODE: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
    airports().iter().enumerate().map(|(at, airport)| (airport.icao.as_str(), at)).collect()
});

/// All airports, in the order of the table: by code, but for a few.
#[must_use]
pub fn airports() -> &'static [Airport] {
    &AIRPORTS
}

/// Their places, in the same order.
pub(crate) fn places() -> &'static [Place] {
    &PLACES
}

/// The airport with this code.
///
/// ```
/// assert_eq!(airports::airports().len(), 28_298);
/// assert_eq!(airports::find("EGLL").map(|it| it.name.as_str()), Some("London Heathrow Airport"));
/// assert!(airports::find("NONE").is_none());
/// ```
#[must_use]
pub fn find(icao: &str) -> Option<&'static Airport> {
    BY_CODE.get(icao).map(|at| &airports()[*at])
}
