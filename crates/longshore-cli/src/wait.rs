//! Waiting for a job to end.

use std::time::Duration;

use longshore_core::{JobId, State};
use longshore_store::{Settled, Store};
use tokio::time::Instant;

use crate::exit::{Exit, Refused};

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Asks, with growing pauses, until the job is over; `None` when the time is up first.
pub(crate) async fn for_end(
    store: &dyn Store,
    id: JobId,
    patience: Option<Duration>,
) -> anyhow::Result<Option<Settled>> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let settled = store.settled(&[id]).await?.pop().flatten();
        let settled = settled.ok_or_else(|| Refused::not_found(format!("there is no job {id}")))?;
        if settled.state.is_terminal() {
            return Ok(Some(settled));
        }
        if patience.is_some_and(|patience| start.elapsed() + pause > patience) {
            return Ok(None);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What the end of an awaited job means for a script.
pub(crate) fn verdict(state: State) -> Exit {
    if state == State::Completed { Exit::Ok } else { Exit::EndedBadly }
}
