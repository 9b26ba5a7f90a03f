//! After a history: what must hold on every storage, whatever happened.

use std::collections::{HashMap, HashSet};

use longshore_core::{JobFilter, NewJob, Page, Reason, Scope, State, Transition};

use super::{compare::of_job, pair::Pair};
use crate::witness::{all_jobs, history};

impl Pair {
    pub(super) async fn check_invariants(&self) -> Result<(), String> {
        let mut holders: HashMap<&str, usize> = HashMap::new();
        for job in &self.jobs {
            let Some(detail) = self.store.jobs(&[job.id]).await.map_err(|it| text(&it))?.remove(0)
            else {
                continue;
            };
            let transitions = history(&*self.store, job.id).await;
            let rule = |holds: bool, what: &str| {
                if holds { Ok(()) } else { Err(format!("{what}: {} {transitions:#?}", job.id)) }
            };
            let last = transitions.last().ok_or("a job without any transition")?;
            let came_due = detail.row.state == State::Available && last.state_after.is_waiting();
            rule(
                last.state_after == detail.row.state || came_due,
                "I2: the ledger ends elsewhere",
            )?;
            rule(is_chain(&transitions), "I2: the chain is broken")?;
            rule(fences_grow(&transitions), "I3: a fence does not grow")?;
            rule(within_budget(job, &transitions), "I4: more attempts than allowed")?;
            rule(terminal_is_final(&transitions), "I5: a terminal job changed")?;
            rule(claims_close(&transitions), "I7: two leases at once")?;
            let unique = job.unique.as_ref().filter(|it| it.scope == Scope::UntilTerminal);
            if let Some(unique) = unique.filter(|_| !detail.row.state.is_terminal()) {
                *holders.entry(&unique.key).or_default() += 1;
            }
            self.check_pages_of(job, &transitions).await?;
        }
        if let Some((key, count)) = holders.iter().find(|(_, count)| **count > 1) {
            return Err(format!("I6: {count} live jobs have the key {key}"));
        }
        self.check_pages().await
    }

    /// I10, for the jobs of this history.
    async fn check_pages(&self) -> Result<(), String> {
        let Some(job) = self.jobs.first() else { return Ok(()) };
        let filter = JobFilter { queues_in: vec![job.queue.to_string()], ..JobFilter::default() };
        let whole: Vec<_> = all_jobs(&*self.store, &filter).await.iter().map(|it| it.id).collect();
        if !whole.is_sorted_by(|a, b| a > b) {
            return Err("I10: a list is not newest first, or names a job twice".into());
        }
        let mut by_state = Vec::new();
        for state in State::ALL {
            let filter = JobFilter { states_in: vec![state], ..filter.clone() };
            by_state.extend(all_jobs(&*self.store, &filter).await.iter().map(|it| it.id));
        }
        let unique: HashSet<_> = by_state.iter().collect();
        if by_state.len() != whole.len() || unique.len() != whole.len() {
            return Err("I10: the lists by state do not add up to the whole list".into());
        }
        Ok(())
    }

    /// I10, for the transitions of one job.
    async fn check_pages_of(&self, job: &NewJob, whole: &[Transition]) -> Result<(), String> {
        let (mut met, mut cursor) = (Vec::new(), None);
        loop {
            let page = Page::After { cursor, size: 3 };
            let listing = self
                .store
                .list_transitions(&of_job(job.id), &page)
                .await
                .map_err(|it| text(&it))?;
            met.extend(listing.items);
            cursor = listing.next;
            if cursor.is_none() {
                break;
            }
        }
        met.reverse();
        if met == whole { Ok(()) } else { Err(format!("I10: pages of {} differ", job.id)) }
    }
}

fn text(error: &longshore_store::Error) -> String {
    format!("{error:?}")
}

fn is_chain(transitions: &[Transition]) -> bool {
    transitions.first().is_some_and(|it| it.state_before.is_none() && it.id.ordinal == 1)
        && transitions.windows(2).all(|pair| {
            pair[1].state_before == Some(pair[0].state_after)
                && pair[0].id < pair[1].id
                && pair[1].seq - pair[0].seq <= 1
        })
}

fn claims(transitions: &[Transition]) -> impl Iterator<Item = &Transition> {
    transitions.iter().filter(|it| it.reason == Reason::Claimed)
}

fn fences_grow(transitions: &[Transition]) -> bool {
    claims(transitions).map(|it| it.attempt).eq(1..=claims(transitions).count() as u32)
        && transitions.is_sorted_by_key(|it| it.attempt)
}

/// Attempts that count since the job arrived or was revived by hand.
fn within_budget(job: &NewJob, transitions: &[Transition]) -> bool {
    let mut tries = 0;
    transitions.iter().all(|it| {
        match it.reason {
            Reason::Claimed => tries += 1,
            Reason::Snoozed | Reason::Shutdown => tries -= 1,
            Reason::RetriedByHand if it.state_before == Some(State::Discarded) => tries = 0,
            _ => {}
        }
        tries <= job.max_attempts
    })
}

fn terminal_is_final(transitions: &[Transition]) -> bool {
    transitions.iter().all(|it| {
        let was_over = it.state_before.is_some_and(State::is_terminal);
        let revived = it.reason == Reason::RetriedByHand;
        !was_over || revived && it.state_before == Some(State::Discarded)
    })
}

/// Between two claims of a job lies the end of the first.
fn claims_close(transitions: &[Transition]) -> bool {
    transitions.windows(2).all(|pair| {
        pair[0].reason != Reason::Claimed || pair[1].state_before == Some(State::Running)
    })
}
