//! The role of whoever brings work: which jobs are new, and which existed.

use async_trait::async_trait;
use longshore_core::NewJob;
use longshore_store::{Enqueued, Produce, Result};

use crate::{Metered, ops::Op, tally::Tally};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Produce for Metered {
    async fn enqueue(&self, jobs: &[NewJob]) -> Result<Vec<Enqueued>> {
        let enqueued = self.timed(Op::Enqueue, self.inner.enqueue(jobs)).await?;
        self.count_enqueued(jobs, &enqueued);
        Ok(enqueued)
    }
}

impl Metered {
    pub(crate) fn count_enqueued(&self, jobs: &[NewJob], enqueued: &[Enqueued]) {
        let mut finder = self.places.finder();
        let noted = jobs
            .iter()
            .zip(enqueued)
            .map(|(job, enqueued)| (finder.number(&job.queue, &job.kind), enqueued.is_duplicate()));
        Tally::of(noted).each(|(place, is_duplicate), jobs| {
            let place = self.places.at(place);
            if is_duplicate { place.duplicate(jobs) } else { place.enqueued(jobs) }
        });
    }
}
