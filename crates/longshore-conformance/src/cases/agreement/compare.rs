//! After a history: every job of the storage is as the model says, but for the time of day.

use longshore_core::{JobFilter, JobId, State, TransitionFilter};
use longshore_store::{JobDetail, JobRow, Store};

use super::pair::{LABEL, Pair, roles, same, value};
use crate::witness::{all_jobs, history};

impl Pair {
    pub(super) async fn compare(&self) -> Result<(), String> {
        for job in &self.jobs {
            let ours = facts(&*self.store, job.id).await?;
            let model = facts(roles(&self.model), job.id).await?;
            same(Ok(ours), Ok(model)).map_err(|why| format!("job {}: {why}", job.id))?;
        }
        for number in 0..3 {
            let labels = [(LABEL.to_owned(), value(number))].into();
            let queues_in = vec![self.queue.clone()];
            let filter = JobFilter { labels, queues_in, ..JobFilter::default() };
            let ids = |rows: Vec<JobRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
            let ours = ids(all_jobs(&*self.store, &filter).await);
            let model = ids(all_jobs(roles(&self.model), &filter).await);
            same(Ok(ours), Ok(model)).map_err(|why| format!("found by {filter:?}: {why}"))?;
        }
        Ok(())
    }
}

/// What both must agree about.
async fn facts(store: &dyn Store, id: JobId) -> Result<String, String> {
    let found = store.jobs(&[id]).await.map_err(|error| format!("{error:?}"))?.remove(0);
    let Some(job) = found else { return Ok("there is no such job".into()) };
    let transitions = history(store, id).await;
    let told = transitions.iter().map(|it| {
        let states = (it.state_before, it.state_after, it.reason);
        format!("\n    {} {} {states:?} {:?}", it.id.ordinal, it.attempt, it.error)
    });
    let settled = store.settled(&[id]).await.map_err(|error| format!("{error:?}"))?.remove(0);
    let settled = settled.map(|it| (it.state, it.result, it.error));
    Ok(format!("{}\n  settled {settled:?}{}", standing(&job), told.collect::<String>()))
}

fn standing(job: &JobDetail) -> String {
    let row = &job.row;
    // The number of tries left is known where tries may be left.
    let lives = !matches!(row.state, State::Completed | State::Cancelled | State::Discarded);
    let last_attempt = lives.then_some(job.last_attempt);
    format!(
        "{} by {} attempt {} of {last_attempt:?} error {:?} worker {:?} due {} payload {} labels {:?}",
        row.state,
        row.reason,
        row.attempt,
        row.error,
        job.worker_id,
        row.due_at.is_some(),
        job.payload.as_str(),
        job.labels,
    )
}

/// All transitions of a job.
pub(super) fn of_job(id: JobId) -> TransitionFilter {
    TransitionFilter { job_id: Some(id), ..TransitionFilter::default() }
}
