//! Where jobs stand, for whoever steps in.

use std::{collections::HashMap, sync::Arc, time::Duration};

use longshore_core::{JobId, Lane, Rules, Standing, State, Timestamp};
use longshore_store::Result;

use crate::{
    bind::bind,
    document::Document,
    row::{get, number, priority, state},
    sql::Sql,
    wire::Wire,
};

/// A job that somebody wants to move.
pub(crate) struct Seen {
    pub(crate) lane: Lane,
    /// The state that everybody sees: a retryable job that is due is available.
    pub(crate) state: State,
    /// How it stands in the ledger: a retryable job that is due is still retryable there.
    pub(crate) standing: Standing,
    pub(crate) rules: Rules,
    /// When it asked to run.
    pub(crate) run_at: Timestamp,
    pub(crate) now: Timestamp,
    /// Whether it is a dead letter that nobody deleted.
    pub(crate) is_dead_letter: bool,
    /// The key that it gave up when it became a dead letter.
    pub(crate) lost_key: Option<String>,
}

impl Seen {
    /// The time that is left until it may run.
    pub(crate) fn until_due(&self) -> Duration {
        (self.run_at - self.now).to_std().unwrap_or_default()
    }
}

/// Looks at these jobs; unknown ones are missing in the answer.
pub(crate) async fn look(
    wire: &mut Wire<'_>,
    sql: &Sql,
    ids: &[JobId],
) -> Result<HashMap<JobId, Seen>> {
    let ids = Document::of_ids(ids.iter().map(|id| id.0));
    let mut all = HashMap::new();
    for row in wire.rows(&sql.standings, bind![ids]?).await? {
        let state = state(&row, "state")?;
        let waiting: Option<i16> = get(&row, "waiting")?;
        let waiting = waiting.and_then(|code| State::try_from(code).ok()).unwrap_or(state);
        let in_ledger = if state == State::Running { state } else { waiting };
        let (queue, tenant): (&str, &str) = (get(&row, "queue")?, get(&row, "tenant")?);
        let lane =
            Lane { queue: Arc::from(queue), tenant: Arc::from(tenant), priority: priority(&row)? };
        let standing = Standing {
            state: in_ledger,
            from: waiting,
            attempt: number(&row, "attempt")?,
            last_attempt: number(&row, "last_attempt")?,
            crashes: number(&row, "crashes")?,
            seq: number(&row, "seq")?,
        };
        let rules = Rules {
            max_attempts: number(&row, "max_attempts")?,
            backoff: longshore_core::Backoff::default(),
            max_crashes: longshore_core::DEFAULT_MAX_CRASHES,
            roll: 0.0,
        };
        let gave_up_key: bool = get(&row, "gave_up_key")?;
        let seen = Seen {
            lane,
            state,
            standing,
            rules,
            run_at: get(&row, "run_at")?,
            now: get(&row, "now")?,
            is_dead_letter: get(&row, "dead")?,
            lost_key: if gave_up_key { get(&row, "unique_key")? } else { None },
        };
        all.insert(JobId(get(&row, "id")?), seen);
    }
    Ok(all)
}
