//! The schema's one story on every engine: steps forward, each embedded in the program, told by its checksum
//! and applied once; whoever finds what nobody here wrote keeps his hands off.

mod compare;
mod step;

use serde::Serialize;

pub use compare::{SchemaFound, StepFound};
pub use step::SchemaStep;

use crate::{Error, ErrorKind, Finding, Result, Severity};

/// What a migration did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// The steps that were applied now, by name, in order.
    pub applied: Vec<String>,
    /// The schema's version afterwards.
    pub version: u32,
}

/// How the schema of a database relates to this program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum SchemaStatus {
    /// As this program needs it.
    Current {
        /// Its version.
        version: u32,
    },
    /// Missing, or older: these steps are to be applied.
    Pending {
        /// The version found; 0 for none.
        version: u32,
        /// Names of the steps.
        steps: Vec<String>,
    },
    /// One version newer: this program works on it.
    Newer {
        /// The version found.
        version: u32,
    },
    /// Unknown to this program, or changed by somebody: nothing is written.
    Unknown {
        /// The version found.
        version: u32,
        /// What is wrong.
        problem: String,
    },
}

impl SchemaStatus {
    /// What it means, and what to do, for people.
    ///
    /// ```
    /// use longshore_store::{SchemaStatus, Severity};
    ///
    /// let finding = SchemaStatus::Pending { version: 0, steps: vec!["0001_tables".into()] }.finding();
    /// assert_eq!(finding.severity, Severity::Bad);
    /// assert!(finding.advice.ends_with("run `longshore migrate`"));
    /// ```
    #[must_use]
    pub fn finding(&self) -> Finding {
        let (severity, advice) = match self {
            Self::Current { version } => {
                (Severity::Good, format!("schema version {version} is current"))
            }
            Self::Newer { version } => (
                Severity::Warning,
                format!(
                    "schema version {version} is one newer than this program, which works: update it soon"
                ),
            ),
            Self::Pending { version: 0, .. } => (
                Severity::Bad,
                "the database has no tables of Longshore: run `longshore migrate`".into(),
            ),
            Self::Pending { version, steps } => (
                Severity::Bad,
                format!(
                    "schema version {version} lacks {} steps: run `longshore migrate`",
                    steps.len()
                ),
            ),
            Self::Unknown { version, problem } => (
                Severity::Bad,
                format!(
                    "schema version {version} is not one that this program knows ({problem}): nothing is \
                     written; update the program, or restore the schema"
                ),
            ),
        };
        Finding { subject: "schema".into(), severity, advice }
    }

    /// Whether this program works on the schema as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] with what to do.
    pub fn usable(&self) -> Result<()> {
        match self {
            Self::Current { .. } | Self::Newer { .. } => Ok(()),
            Self::Pending { .. } | Self::Unknown { .. } => {
                Err(Error::new(ErrorKind::Schema, self.finding().advice))
            }
        }
    }

    /// Whether this program may migrate the schema, or has no need to.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] on one that it does not know.
    pub fn known(&self) -> Result<()> {
        if matches!(self, Self::Unknown { .. }) { self.usable() } else { Ok(()) }
    }
}
