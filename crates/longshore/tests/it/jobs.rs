//! The job types of these tests.

use longshore::Job;
use serde::{Deserialize, Serialize};

/// Answered with twice the number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Double(pub(crate) u64);

impl Job for Double {
    const KIND: &'static str = "double";
}

pub(crate) async fn double(Double(number): Double) -> longshore::Result<u64> {
    Ok(number * 2)
}

/// Moves cents into the account 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) cents: i64,
}

impl Job for Deposit {
    const KIND: &'static str = "deposit";
    const QUEUE: &'static str = "bank";
}
