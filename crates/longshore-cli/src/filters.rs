//! The options that narrow a list of jobs or transitions, and those that page through it.

use clap::Args;
use longshore_core::{
    Cursor, DEFAULT_PAGE, EventId, JobFilter, Label, Page, State, Timestamp, TransitionFilter,
};

use crate::{labels, span};

/// Which jobs.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct JobOptions {
    /// In these states now (held, scheduled, available, running, retryable, completed, cancelled, discarded)
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    pub(crate) state: Vec<State>,
    /// In these queues
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    queue: Vec<String>,
    /// Of these kinds
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    kind: Vec<String>,
    /// Of these tenants
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    tenant: Vec<String>,
    /// With this label; an integer unless quoted ('size="3"'); several must all be there
    #[arg(long, value_name = "NAME=VALUE", value_parser = labels::label)]
    label: Vec<(String, Label)>,
    /// With this correlation id
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// Of this event
    #[arg(long, value_name = "ID")]
    event: Option<EventId>,
    /// Created after this moment, or within so long (2h, 7d)
    #[arg(long, value_name = "WHEN", value_parser = span::moment_or_ago)]
    since: Option<Timestamp>,
    /// Created before this moment, or longer ago than that
    #[arg(long, value_name = "WHEN", value_parser = span::moment_or_ago)]
    until: Option<Timestamp>,
    /// Claimed at least so often
    #[arg(long, value_name = "N")]
    min_attempts: Option<u32>,
}

impl JobOptions {
    /// As the storage asks for it.
    pub(crate) fn filter(&self) -> anyhow::Result<JobFilter> {
        Ok(JobFilter {
            states_in: self.state.clone(),
            queues_in: self.queue.clone(),
            kinds_in: self.kind.clone(),
            tenants_in: self.tenant.clone(),
            labels: labels::each_once(&self.label)?,
            correlation_id: self.correlation.clone(),
            event_id: self.event,
            created_after: self.since,
            created_before: self.until,
            min_attempts: self.min_attempts,
            ..JobFilter::default()
        })
    }
}

/// Which transitions.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TransitionOptions {
    /// Of this job
    #[arg(long, value_name = "ID")]
    pub(crate) job: Option<longshore_core::JobId>,
    /// Leading to these states
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<State>,
    /// Happened after this moment, or within so long (2h, 7d)
    #[arg(long, value_name = "WHEN", value_parser = span::moment_or_ago)]
    since: Option<Timestamp>,
    /// Happened before this moment, or longer ago than that
    #[arg(long, value_name = "WHEN", value_parser = span::moment_or_ago)]
    until: Option<Timestamp>,
}

impl TransitionOptions {
    /// As the storage asks for it.
    pub(crate) fn filter(&self) -> TransitionFilter {
        TransitionFilter {
            job_id: self.job,
            states_in: self.state.clone(),
            created_after: self.since,
            created_before: self.until,
            ..TransitionFilter::default()
        }
    }
}

/// Which part of the list.
#[derive(Clone, Debug, Args)]
pub(crate) struct PageOptions {
    /// Rows on the page, at most 1000
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PAGE, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<Cursor>,
}

impl PageOptions {
    /// As the storage asks for it.
    pub(crate) fn page(&self) -> Page {
        Page::After { cursor: self.cursor, size: self.limit }
    }
}

/// Tells on stderr how to go on, so that stdout holds rows only.
pub(crate) fn mention_next(next: Option<Cursor>) {
    if let Some(cursor) = next {
        eprintln!("more: --cursor {cursor}");
    }
}
