//! Lanes: the combinations of queue, tenant and priority in which jobs stand in line.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Priority;

/// One line of jobs that are claimed strictly in (due, id) order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lane {
    /// The queue.
    pub queue: Arc<str>,
    /// The tenant.
    pub tenant: Arc<str>,
    /// The priority.
    pub priority: Priority,
}
