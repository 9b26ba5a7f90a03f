//! Opaque cursors: where a walk through a list goes on.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// A text that no list of ours has given out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a page cursor: use the `next` of the page before, unchanged")]
pub struct InvalidCursor(pub String);

/// The last row of a page. The next page begins after it, whatever was inserted in between.
///
/// ```
/// use longshore_core::{Cursor, JobId};
/// let cursor = Cursor { id: JobId::new().0, ordinal: 3 };
/// assert_eq!(cursor.to_string().parse::<Cursor>()?, cursor);
/// assert!("nonsense".parse::<Cursor>().is_err());
/// # Ok::<(), longshore_core::InvalidCursor>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Its id.
    pub id: Uuid,
    /// Its ordinal, where an id has several rows; else 0.
    pub ordinal: u32,
}

impl Cursor {
    fn bits(self) -> u128 {
        self.id.as_u128() ^ u128::from(self.ordinal)
    }

    /// Tells a mistyped cursor from a real one; no secret is protected.
    fn check(self) -> u16 {
        let bits = self.bits();
        (0..8).fold(0x5A17, |sum, part| sum ^ (bits >> (part * 16)) as u16)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:08x}{:04x}", self.id.simple(), self.ordinal, self.check())
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;
    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let parse = || {
            let (id, rest) = text.split_at_checked(32)?;
            let ordinal = u32::from_str_radix(rest.get(..8)?, 16).ok()?;
            Some(Self { id: Uuid::try_parse(id).ok()?, ordinal })
        };
        let cursor = parse().filter(|cursor| cursor.to_string() == text);
        cursor.ok_or_else(|| InvalidCursor(text.chars().take(64).collect()))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}
