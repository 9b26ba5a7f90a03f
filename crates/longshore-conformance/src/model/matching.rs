//! What a filter keeps, and how a list is cut into pages.

use longshore_core::{
    Cursor, JobFilter, Listing, Meta, Page, Pagination, Timestamp, Transition, TransitionFilter,
};

use super::ground::Entry;

/// `*_in` and `*_notin`: empty lists do nothing.
fn passes<T: PartialEq>(value: &T, within: &[T], without: &[T]) -> bool {
    (within.is_empty() || within.contains(value)) && !without.contains(value)
}

fn in_window(at: Timestamp, after: Option<Timestamp>, before: Option<Timestamp>) -> bool {
    after.is_none_or(|after| at > after) && before.is_none_or(|before| at < before)
}

fn in_range(attempt: u32, least: Option<u32>, most: Option<u32>) -> bool {
    least.is_none_or(|least| attempt >= least) && most.is_none_or(|most| attempt <= most)
}

impl Entry {
    pub(super) fn matches(&self, filter: &JobFilter, now: Timestamp) -> bool {
        let asked = &self.asked;
        if let Some(event) = filter.event_id {
            return asked.event_id == Some(event);
        }
        let version_passes = match &asked.version {
            Some(version) => passes(version, &filter.versions_in, &filter.versions_notin),
            None => filter.versions_in.is_empty(),
        };
        let transition_passes = |wanted: &TransitionFilter| {
            self.transitions().iter().any(|transition| matches(transition, wanted))
        };
        filter.batch_id.is_none_or(|id| asked.batch.is_some_and(|(batch, _)| batch == id))
            && filter
                .correlation_id
                .as_ref()
                .is_none_or(|id| asked.correlation_id.as_ref() == Some(id))
            && filter.labels.iter().all(|(name, label)| asked.labels.get(name) == Some(label))
            && passes(&asked.queue.to_string(), &filter.queues_in, &filter.queues_notin)
            && passes(&asked.kind.to_string(), &filter.kinds_in, &filter.kinds_notin)
            && version_passes
            && passes(&asked.tenant.to_string(), &filter.tenants_in, &[])
            && passes(&self.state(now), &filter.states_in, &filter.states_notin)
            && in_window(self.created_at, filter.created_after, filter.created_before)
            && in_range(self.standing.attempt, filter.min_attempts, filter.max_attempts)
            && filter.transitions.as_ref().is_none_or(transition_passes)
    }
}

pub(super) fn matches(transition: &Transition, filter: &TransitionFilter) -> bool {
    if let Some(job) = filter.job_id {
        return transition.job_id == job;
    }
    passes(&transition.state_after, &filter.states_in, &filter.states_notin)
        && in_window(transition.at, filter.created_after, filter.created_before)
        && in_range(transition.attempt, filter.min_attempts, filter.max_attempts)
}

/// One page of rows that come newest first.
pub(super) fn cut<T>(rows: Vec<T>, page: &Page, place: impl Fn(&T) -> Cursor) -> Listing<T> {
    let order = |cursor: Cursor| (cursor.id, cursor.ordinal);
    let count = rows.len() as u64;
    let start = match *page {
        Page::After { cursor: None, .. } => 0,
        Page::After { cursor: Some(last), .. } => {
            rows.partition_point(|row| order(place(row)) >= order(last))
        }
        Page::At { offset, .. } => usize::try_from(offset).unwrap_or(usize::MAX).min(rows.len()),
    };
    let end = start.saturating_add(page.size() as usize);
    let next = rows.get(start..end).and_then(<[T]>::last).map(&place);
    let next = next.filter(|_| rows.len() > end);
    let meta = match *page {
        Page::After { .. } => None,
        Page::At { offset, .. } => {
            Some(Meta { count, pagination: Pagination::new(count, offset, page.size()) })
        }
    };
    let items = rows.into_iter().skip(start).take(page.size() as usize).collect();
    Listing { items, next, meta }
}
