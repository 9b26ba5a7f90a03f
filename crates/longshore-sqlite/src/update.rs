//! Changing a job that does not run. The writer is alone, so no claim comes in between.

use async_trait::async_trait;
use longshore_core::{JobId, JobUpdate, Labels, Limits, Payload};
use longshore_store::{Result, Updated};
use sqlx::SqliteConnection;

use crate::{
    clock, fault,
    row::{self, Row},
    standing::{self, Place},
    writer::Write,
};

const LABELS_OF: &str = include_str!("../sql/operate/labels_of.sql");
const UPDATE: &str = include_str!("../sql/operate/update.sql");
const RELABEL: &str = include_str!("../sql/operate/relabel.sql");

pub(crate) struct Updating {
    pub(crate) id: JobId,
    pub(crate) update: JobUpdate,
}

#[async_trait]
impl Write for Updating {
    type Answer = Updated;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Updated> {
        let now = clock::now();
        let known = standing::known(connection, &[self.id], now).await?;
        match known.get(&self.id).map(|known| known.place) {
            None => return Ok(Updated::NotFound),
            Some(Place::Held(_) | Place::Waiting(..) | Place::Dead(_)) => {}
            Some(place) => return Ok(Updated::Refused(place.state(now))),
        }
        let asking = sqlx::query(LABELS_OF).bind(self.id.0).fetch_one(&mut *connection);
        let before: Option<String> = asking.await.map_err(fault::error)?.take("labels")?;
        let after = self.labels(before)?;
        let payload = self.update.payload.as_ref().map(Payload::as_str);
        let changing = sqlx::query(UPDATE).bind(self.id.0).bind(payload).bind(&after);
        changing.execute(&mut *connection).await.map_err(fault::error)?;
        if !self.update.labels.is_empty() {
            let labelling = sqlx::query(RELABEL).bind(self.id.0).bind(&after);
            labelling.execute(connection).await.map_err(fault::error)?;
        }
        Ok(Updated::Done)
    }
}

impl Updating {
    /// The labels afterwards, as they are stored.
    fn labels(&self, before: Option<String>) -> Result<Option<String>> {
        if self.update.labels.is_empty() {
            return Ok(before);
        }
        let labels: Option<Labels> = row::of_json_if_readable("labels", before.as_deref());
        let labels = self.update.labels_after(labels.unwrap_or_default());
        Limits::check_labels(&labels)?;
        Ok(if labels.is_empty() { None } else { Some(row::json(&labels)) })
    }
}
