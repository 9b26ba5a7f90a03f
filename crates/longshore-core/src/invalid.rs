//! What is wrong with a job before any SQL is tried.

use crate::{InvalidId, InvalidPriority, InvalidTrace, Timestamp};

/// Why a job is refused, with what to do about it. The same verdict on every engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Not JSON.
    #[error("the payload is not valid JSON: {0}")]
    Json(String),
    /// Too large.
    #[error(
        "the {what} has {bytes} bytes, and {max} are allowed: store the data elsewhere and enqueue a reference, or raise `payload_bytes`"
    )]
    Size {
        /// Payload, context …
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Nested too deep.
    #[error("the JSON is nested deeper than {max} levels: flatten it")]
    Depth {
        /// The limit.
        max: usize,
    },
    /// A NUL character, raw or as `\u0000`.
    #[error("the text holds a NUL character, which not every database can store: remove it")]
    Nul,
    /// Half of a surrogate pair.
    #[error(
        "the text holds a lone surrogate (\\ud800 to \\udfff), which is no character: remove it"
    )]
    Surrogate,
    /// A name that is empty, too long, or has characters that names must not have.
    #[error(
        "{what} `{name}` is no name: give 1 to {max} bytes without spaces at the ends or control characters"
    )]
    Name {
        /// Queue, kind, tenant …
        what: &'static str,
        /// What was given, cut.
        name: String,
        /// The longest allowed.
        max: usize,
    },
    /// A key that is empty or too long.
    #[error("the {what} has {bytes} bytes: give 1 to {max}, for instance a hash of it")]
    Key {
        /// Unique key, correlation id …
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The longest allowed.
        max: usize,
    },
    /// Siblings of nobody.
    #[error(
        "a job completes its siblings by their correlation id, and it has none: give it one, or leave `completes_siblings` out"
    )]
    NoCorrelation,
    /// More labels than a job may have.
    #[error("a job with {given} labels: give at most {max}, and put the rest into its payload")]
    Labels {
        /// How many.
        given: usize,
        /// The most allowed.
        max: usize,
    },
    /// Outside the years that every engine stores.
    #[error("run_at {0} lies outside 1970 to 2200")]
    RunAt(Timestamp),
    /// A duration that leaves the years that every engine stores.
    #[error("a delay of {0} s is too long: at most 100 years")]
    Delay(u64),
    /// No try, or more than anybody needs.
    #[error("max_attempts {given} is not allowed: give 1 to {max}")]
    MaxAttempts {
        /// What was given.
        given: u32,
        /// The most allowed.
        max: u32,
    },
    /// An id without a usable time.
    #[error(
        "id {0} does not carry its creation time: make ids with UUIDv7, KSUID or ULID, between 2014 and 2150"
    )]
    IdTime(String),
    /// A time-out of nothing.
    #[error("a time-out must be at least 1 ms and at most 100 years")]
    Timeout,
    /// A log that is no log any more.
    #[error(
        "a log of {lines} lines and {bytes} bytes is too long: keep the last 10,000 lines and 1 MiB of it at most, and count the others"
    )]
    Log {
        /// How many lines.
        lines: usize,
        /// How many bytes.
        bytes: usize,
    },
    /// A context without a place for a trace.
    #[error(
        "a trace is carried in the job's context, and that is no JSON object: give it as one, or leave the trace out"
    )]
    Context,
    /// A text that is no trace context.
    #[error(transparent)]
    Trace(#[from] InvalidTrace),
    /// A text that is no id.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// A number that is no priority.
    #[error(transparent)]
    Priority(#[from] InvalidPriority),
}
