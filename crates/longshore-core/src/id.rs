//! Ids: 128 bits, made by the caller, with two renderings that sort alike.

use std::{fmt, str::FromStr};

use ksuid::{Ksuid, KsuidLike};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::Timestamp;

/// A text that is none of the renderings of an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id: give a UUID (36 characters), a KSUID (27) or a ULID (26)")]
pub struct InvalidId {
    /// What was given, cut to 64 characters.
    pub text: String,
}

/// Reads any of the three renderings: UUID, KSUID (its payload is the id), ULID.
pub(crate) fn parse(text: &str) -> Result<Uuid, InvalidId> {
    let invalid = || InvalidId { text: text.chars().take(64).collect() };
    match text.len() {
        27 => {
            let ksuid = Ksuid::from_base62(text).map_err(|_| invalid())?;
            let id = Uuid::from_slice(ksuid.payload()).map_err(|_| invalid())?;
            // A KSUID that was not made from an id carries another time than its payload.
            (to_ksuid(id).bytes() == ksuid.bytes()).then_some(id).ok_or_else(invalid)
        }
        26 => parse_ulid(text).ok_or_else(invalid),
        _ => Uuid::try_parse(text).map_err(|_| invalid()),
    }
}

/// Crockford base 32, most significant digit first; the first digit holds three bits.
fn parse_ulid(text: &str) -> Option<Uuid> {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bits: u128 = 0;
    for (place, byte) in text.bytes().enumerate() {
        let digit = DIGITS.iter().position(|d| *d == byte.to_ascii_uppercase())?;
        if place == 0 && digit > 7 {
            return None;
        }
        bits = bits << 5 | digit as u128;
    }
    Some(Uuid::from_u128(bits))
}

/// Milliseconds since 1970 in the leading 48 bits (UUIDv7 and ULID agree on that).
pub(crate) fn millis(id: Uuid) -> i64 {
    (id.as_u128() >> 80) as i64
}

/// The KSUID's clock starts in 2014 and ends in 2150; an id outside keeps all its bits in the
/// payload and gets the nearest second.
pub(crate) fn to_ksuid(id: Uuid) -> Ksuid {
    let second = millis(id) / 1000 - ksuid::KSUID_EPOCH;
    let second = u32::try_from(second.max(0)).unwrap_or(u32::MAX);
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&second.to_be_bytes());
    bytes[4..].copy_from_slice(id.as_bytes());
    Ksuid::from_bytes(bytes)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        ///
        /// New ids are UUIDv7. They print as a UUID, sort by creation time, and parse from a UUID,
        /// a KSUID or a ULID.
        ///
        /// ```
        #[doc = concat!("use longshore_core::", stringify!($name), ";")]
        #[doc = concat!("let id = ", stringify!($name), "::new();")]
        #[doc = concat!("assert_eq!(id.to_string().parse::<", stringify!($name), ">()?, id);")]
        #[doc = concat!("assert_eq!(id.ksuid().parse::<", stringify!($name), ">()?, id);")]
        /// # Ok::<(), longshore_core::InvalidId>(())
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id of this moment, larger than every earlier one of this process.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "two defaults must not differ")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The KSUID rendering: 27 characters whose order is the order of the ids.
            #[must_use]
            pub fn ksuid(&self) -> String {
                to_ksuid(self.0).to_string()
            }

            /// When the id was made, to the millisecond; `None` beyond the years chrono knows.
            #[must_use]
            pub fn time(&self) -> Option<Timestamp> {
                Timestamp::from_timestamp_millis(millis(self.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// Names a job.
    JobId,
    /// Names an event.
    EventId,
    /// Names a batch.
    BatchId,
    /// Names a schedule.
    ScheduleId,
    /// Names one run of a worker process: made anew at every start, never a host name.
    WorkerId,
}
