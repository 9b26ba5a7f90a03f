//! Reading results back: the airports with nobody near.

use longshore::{Client, JobId, StoreError};

use crate::{Airport, Nearest, airports};

/// An airport and its nearest neighbour.
#[derive(Clone, Debug)]
pub struct Lonely {
    /// The airport.
    pub airport: &'static Airport,
    /// What its job returned.
    pub nearest: Nearest,
}

/// The airports that are farthest from any other, the loneliest first, as far as results are there.
///
/// `ids` are those of [`enqueue_all`](crate::enqueue_all), in the order of the table.
///
/// # Errors
/// Those of the database.
pub async fn loneliest(
    client: &Client,
    ids: &[JobId],
    most: usize,
) -> Result<Vec<Lonely>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for (ids, airports) in ids.chunks(1000).zip(airports().chunks(1000)) {
        let settled = client.store().settled(ids).await?;
        found.extend(settled.into_iter().zip(airports).filter_map(|(settled, airport)| {
            let nearest = settled?.result?.decode().ok()?;
            Some(Lonely { airport, nearest })
        }));
    }
    found.sort_by(|a, b| b.nearest.km.total_cmp(&a.nearest.km));
    found.truncate(most);
    Ok(found)
}
