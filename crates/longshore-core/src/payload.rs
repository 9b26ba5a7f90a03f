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
#[derive(Clone)]
pub struct Payload {
    text: String,
    /// Whether this process has checked it.
    checked: bool,
}

impl Payload {
    /// Takes JSON text.
    ///
    /// # Errors
    /// [`Invalid::Json`] for malformed text, [`Invalid::Depth`] beyond 127 levels, [`Invalid::Nul`]
    /// and [`Invalid::Surrogate`] for texts that not every engine can store.
    pub fn parse(text: impl Into<String>) -> Result<Self, Invalid> {
        let text = text.into();
        check_text(&text)?;
        Ok(Self { text, checked: true })
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// As [`Payload::parse`]; [`Invalid::Json`] also for a value that JSON cannot hold.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Invalid> {
        let text =
            serde_json::to_string(value).map_err(|error| Invalid::Json(error.to_string()))?;
        check_json(&text)?;
        Ok(Self { text, checked: true })
    }

    /// Text that came from the database, where it was checked when it was stored: reading costs nothing.
    /// Whoever stores it again [checks](Payload::check) it.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self { text, checked: false }
    }

    /// Says whether every engine can store it. Costs nothing for what [`Payload::parse`] or
    /// [`Payload::of`] made.
    ///
    /// # Errors
    /// As [`Payload::parse`].
    pub fn check(&self) -> Result<(), Invalid> {
        if self.checked { Ok(()) } else { check_text(&self.text) }
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads it as a value.
    ///
    /// # Errors
    /// What serde says when it is not that value.
    pub fn decode<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.text)
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self { text: "{}".into(), checked: true }
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    /// Its length only: payloads may hold what logs must not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.text.len())
    }
}

impl Serialize for Payload {
    /// As the JSON that it is; text that is no JSON any more (edited in the database) as a string.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.text) {
            Ok(raw) => raw.serialize(to),
            Err(_) => to.serialize_str(&self.text),
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(from)?;
        Self::parse(raw.get()).map_err(serde::de::Error::custom)
    }
}

fn check_text(text: &str) -> Result<(), Invalid> {
    check_json(text)?;
    let read = serde_json::from_str::<&RawValue>(text);
    read.map(|_| ()).map_err(|error| Invalid::Json(error.to_string()))
}
