//! The id of a state change: derived from the job's id, so it is stable, sortable and needs no index.

use std::{fmt, str::FromStr};

use ksuid::{Ksuid, KsuidLike};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::{
    InvalidId, JobId,
    id::{millis, to_ksuid},
};

/// Names one transition: the job, and the transition's ordinal in that job's ledger.
///
/// Its text is a KSUID (27 characters). The 48 bits of time in a job id and the 32 bits of time in
/// a KSUID overlap, which leaves room for a 38-bit ordinal at the end; both parts are read back
/// without a look-up, and text order is (job, ordinal) order.
///
/// ```
/// use longshore_core::{JobId, TransitionId};
/// let id = TransitionId { job: JobId::new(), ordinal: 7 };
/// assert_eq!(id.to_string().parse::<TransitionId>()?, id);
/// # Ok::<(), longshore_core::InvalidId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransitionId {
    /// The job that changed.
    pub job: JobId,
    /// Its place in the job's ledger. The row `seq` of the ledger holds up to two transitions:
    /// `2·seq` is the claim, `2·seq + 1` what followed; the job's arrival is ordinal 1.
    pub ordinal: u32,
}

/// The low 80 bits of an id: everything but its time.
const TAIL: u128 = (1 << 80) - 1;
const ORDINAL_BITS: u32 = 38;

impl TransitionId {
    /// The ledger row that holds this transition (0: the job's arrival, which is its `jobs` row).
    #[must_use]
    pub fn seq(&self) -> u32 {
        self.ordinal / 2
    }

    /// Whether it is the claim of that row (and not the outcome).
    #[must_use]
    pub fn is_claim(&self) -> bool {
        self.ordinal.is_multiple_of(2)
    }
}

impl fmt::Display for TransitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.job.0;
        let rest = (millis(id) % 1000) as u128; // below 1000: ten bits
        let payload = rest << (80 + ORDINAL_BITS)
            | (id.as_u128() & TAIL) << ORDINAL_BITS
            | u128::from(self.ordinal);
        let mut bytes = *to_ksuid(id).bytes();
        bytes[4..].copy_from_slice(&payload.to_be_bytes());
        f.write_str(&Ksuid::from_bytes(bytes).to_string())
    }
}

impl FromStr for TransitionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { text: text.chars().take(64).collect() };
        let ksuid = Ksuid::from_base62(text).map_err(|_| invalid())?;
        let (second, payload) = ksuid.bytes().split_at(4);
        let second = u32::from_be_bytes(second.try_into().map_err(|_| invalid())?);
        let payload = u128::from_be_bytes(payload.try_into().map_err(|_| invalid())?);
        let millis = (i64::from(second) + ksuid::KSUID_EPOCH) * 1000
            + (payload >> (80 + ORDINAL_BITS)) as i64;
        let job = (millis as u128) << 80 | payload >> ORDINAL_BITS & TAIL;
        let ordinal = payload & ((1 << ORDINAL_BITS) - 1);
        let id = Self {
            job: JobId(Uuid::from_u128(job)),
            ordinal: u32::try_from(ordinal).map_err(|_| invalid())?,
        };
        // Only texts that we would write ourselves are ids.
        (id.to_string() == text).then_some(id).ok_or_else(invalid)
    }
}

impl Serialize for TransitionId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TransitionId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}
