//! Exit codes: what a script that calls `longshore` can act on.

use std::{fmt, io, process::ExitCode};

use longshore::worker::SetupError;
use longshore_core::{Invalid, InvalidCursor, InvalidId};
use longshore_store::ErrorKind;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All is well.
    Ok = 0,
    /// It failed.
    Failed = 1,
    /// The command line, the settings or the data given are wrong.
    Invalid = 2,
    /// What was asked for does not exist.
    NotFound = 3,
    /// The awaited job was discarded or cancelled.
    EndedBadly = 4,
    /// The database cannot be reached, or is not migrated.
    Database = 5,
    /// The state of things, or another job, forbids it.
    Conflict = 6,
    /// The user broke it off.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A message together with the exit code that it deserves.
#[derive(Debug)]
pub(crate) struct Refused {
    exit: Exit,
    message: String,
}

impl Refused {
    pub(crate) fn invalid(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::Invalid, message: message.into() }.into()
    }

    pub(crate) fn not_found(message: impl Into<String>) -> anyhow::Error {
        Self { exit: Exit::NotFound, message: message.into() }.into()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// An error of a worker, with the exit code of what is inside.
#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(crate) fn of_worker(error: longshore::Error) -> anyhow::Error {
    let exit = match (
        error.downcast_ref::<SetupError>(),
        error.downcast_ref::<longshore_store::Error>(),
    ) {
        (Some(_), _) => Exit::Invalid,
        (_, Some(error)) => of_kind(error.kind()),
        _ => Exit::Failed,
    };
    Refused { exit, message: error.to_string() }.into()
}

/// Prints an error with its causes and says how to exit.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        // Whoever read our output has seen enough.
        return Exit::Ok.into();
    }
    eprintln!("longshore: {}", crate::redact::passwords(&sentence(error)));
    of(error).into()
}

/// The messages from the outside in, without those that repeat what was said.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The exit code of an error: what the first telling cause says.
fn of(error: &anyhow::Error) -> Exit {
    error.chain().find_map(telling).unwrap_or(Exit::Failed)
}

fn telling(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(refused) = cause.downcast_ref::<Refused>() {
        return Some(refused.exit);
    }
    if let Some(error) = cause.downcast_ref::<longshore_store::Error>() {
        return Some(of_kind(error.kind()));
    }
    let invalid = cause.is::<Invalid>() || cause.is::<InvalidId>() || cause.is::<InvalidCursor>();
    invalid.then_some(Exit::Invalid)
}

fn of_kind(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Invalid => Exit::Invalid,
        ErrorKind::NotFound => Exit::NotFound,
        ErrorKind::Conflict => Exit::Conflict,
        ErrorKind::Unavailable | ErrorKind::Schema => Exit::Database,
        _ => Exit::Failed,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
            && cause.source().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_wrapped_store_error_decides() {
        let error = longshore_store::Error::new(ErrorKind::Schema, "run `longshore migrate`");
        assert_eq!(of(&anyhow::Error::from(error).context("cannot list jobs")), Exit::Database);
        assert_eq!(of(&anyhow::anyhow!("anything")), Exit::Failed);
    }

    #[test]
    fn a_cause_that_is_already_said_is_not_repeated() {
        let error = anyhow::anyhow!("disk full").context("cannot write: disk full");
        assert_eq!(sentence(&error), "cannot write: disk full");
    }
}
