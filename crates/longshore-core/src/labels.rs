//! Labels: a small map of strings and integers that a job carries, for people and for its handler.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The value of a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// A whole number.
    Int(i64),
    /// A string.
    Text(String),
}

impl Label {
    /// The text by which it is indexed and found: the digits of an integer; a string between quotes, nothing
    /// in it escaped. So the string `42` and the integer 42 are two values.
    ///
    /// ```
    /// use longshore_core::Label;
    /// assert_eq!(Label::from(42).index_text(), "42");
    /// assert_eq!(Label::from("42").index_text(), r#""42""#);
    /// ```
    #[must_use]
    pub fn index_text(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Text(text) => format!("\"{text}\""),
        }
    }
}

impl From<i64> for Label {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Label {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Label {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

/// Labels by name.
pub type Labels = BTreeMap<String, Label>;
