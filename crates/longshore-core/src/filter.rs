//! Filters: the questions that lists answer.

use serde::{Deserialize, Serialize};

use crate::{BatchId, EventId, JobId, Labels, State, Timestamp};

/// Which jobs. Every field narrows; an empty filter means all.
///
/// `*_in` keeps what matches one of the values, `*_notin` drops what matches any; empty lists do nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobFilter {
    /// Jobs of this event: every other constraint is then ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// Rows of this batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<BatchId>,
    /// Jobs with this correlation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Jobs that have all these labels, each with this value.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Queues.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queues_in: Vec<String>,
    /// Not these queues.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queues_notin: Vec<String>,
    /// Kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds_in: Vec<String>,
    /// Not these kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds_notin: Vec<String>,
    /// Versions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions_in: Vec<String>,
    /// Not these versions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions_notin: Vec<String>,
    /// Tenants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tenants_in: Vec<String>,
    /// States, as they are now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states_in: Vec<State>,
    /// Not in these states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states_notin: Vec<State>,
    /// Created before (strictly).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
    /// Created after (strictly).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
    /// Claimed at least so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_attempts: Option<u32>,
    /// Claimed at most so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Jobs with a transition that matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transitions: Option<TransitionFilter>,
}

/// Which transitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransitionFilter {
    /// Transitions of this job: every other constraint is then ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<JobId>,
    /// Leading to these states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states_in: Vec<State>,
    /// Not leading to these states.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub states_notin: Vec<State>,
    /// Of this attempt or a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_attempts: Option<u32>,
    /// Of this attempt or an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Happened before (strictly).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
    /// Happened after (strictly).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
}
