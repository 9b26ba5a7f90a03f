//! Priority: 1 to 10, 10 is highest, on every surface.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A number outside 1..10.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("priority {0} does not exist: give 1 (lowest) to 10 (highest)")]
pub struct InvalidPriority(pub String);

/// How urgent a job is: 1 to **10, which is highest**; 5 unless said otherwise.
///
/// ```
/// use longshore_core::Priority;
/// assert!(Priority::new(10)? > Priority::default());
/// assert!(Priority::new(11).is_err());
/// # Ok::<(), longshore_core::InvalidPriority>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

impl Priority {
    /// The lowest priority, 1.
    pub const LOWEST: Self = Self(1);
    /// The highest priority, 10.
    pub const HIGHEST: Self = Self(10);

    /// A priority from its number.
    ///
    /// # Errors
    /// [`InvalidPriority`] outside 1..10.
    pub fn new(number: u8) -> Result<Self, InvalidPriority> {
        if (1..=10).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidPriority(number.to_string()))
        }
    }

    /// The number, 1 to 10.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The number that stands in the database: `10 − priority`, so that ascending order is claim order.
    #[must_use]
    pub fn rank(self) -> i16 {
        10 - i16::from(self.0)
    }

    /// Back from [`Priority::rank`].
    ///
    /// # Errors
    /// [`InvalidPriority`] outside 0..9.
    pub fn from_rank(rank: i16) -> Result<Self, InvalidPriority> {
        let number = u8::try_from(10 - i32::from(rank));
        number.map_err(|_| InvalidPriority(format!("of rank {rank}"))).and_then(Self::new)
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self(5)
    }
}

impl TryFrom<u8> for Priority {
    type Error = InvalidPriority;
    fn try_from(number: u8) -> Result<Self, InvalidPriority> {
        Self::new(number)
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> u8 {
        priority.0
    }
}

impl FromStr for Priority {
    type Err = InvalidPriority;
    fn from_str(text: &str) -> Result<Self, InvalidPriority> {
        text.parse().map_err(|_| InvalidPriority(text.to_owned())).and_then(Self::new)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
