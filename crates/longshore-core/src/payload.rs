//! Checked JSON text: what a job carries, what a handler returns.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{Invalid, check_json};

/// Valid JSON without NUL or lone surrogates, kept as it was written.
///
/// ```
/// use longshore_core::Payload;
/// let payload = Payload::parse(r#"{"to": "ada@example.com"}"#)?;
/// assert!(Payload::parse(r#"{"to": "#).is_err());
/// assert!(Payload::parse(r#""\u0000""#).is_err());
/// # Ok::<(), longshore_core::Invalid>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(String);

impl Payload {
    /// Takes JSON text.
    ///
    /// # Errors
    /// [`Invalid::Json`] for malformed text, [`Invalid::Depth`] beyond 127 levels, [`Invalid::Nul`]
    /// and [`Invalid::Surrogate`] for texts that not every engine can store.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        check_json(&text)?;
        serde_json::from_str::<&RawValue>(&text)
            .map_err(|error| Invalid::Json(error.to_string()))?;
        Ok(Self(text))
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// As [`Payload::parse`]; [`Invalid::Json`] also for a value that JSON cannot hold.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Invalid> {
        let text =
            serde_json::to_string(value).map_err(|error| Invalid::Json(error.to_string()))?;
        check_json(&text)?;
        Ok(Self(text))
    }

    /// Text that was checked when it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads it as a value.
    ///
    /// # Errors
    /// What serde says when it is not that value.
    pub fn decode<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.0)
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl fmt::Debug for Payload {
    /// Its length only: payloads may hold what logs must not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

impl Serialize for Payload {
    /// As the JSON that it is; text that is no JSON any more (edited in the database) as a string.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(raw) => raw.serialize(to),
            Err(_) => to.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(from)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}
