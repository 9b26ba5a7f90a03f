//! What became of many ids: one line each, and the exit code for all.

use longshore_core::JobId;
use longshore_store::{Cancelled, Deleted, Released, Retried, Updated};
use serde::Serialize;

use crate::{exit::Exit, output::Output, progress};

/// What became of one id.
#[derive(Debug, Serialize)]
pub(super) struct Became {
    id: JobId,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

/// An outcome in words.
pub(super) trait Words {
    /// The word for programs, more for people, and how that counts.
    fn words(&self) -> (&'static str, Option<String>, Exit);
}

/// Ids in one call of the storage.
const CHUNK: usize = 1000;

/// Does something to each id, and says what became of it.
pub(super) async fn of_each<T: Words>(
    verb: &'static str,
    ids: &[JobId],
    call: impl AsyncFn(&[JobId]) -> longshore_store::Result<Vec<T>>,
) -> anyhow::Result<Vec<Became>> {
    let done = (ids.len() > CHUNK).then(|| progress::bar(verb, ids.len()));
    let mut became = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        became.extend(pair(ids, &call(ids).await?));
        if let Some(done) = &done {
            done.set_position(became.len() as u64);
        }
    }
    Ok(became)
}

/// Pairs ids with outcomes.
fn pair<T: Words>(ids: &[JobId], outcomes: &[T]) -> Vec<Became> {
    let pairs = ids.iter().zip(outcomes);
    pairs
        .map(|(&id, outcome)| {
            let (outcome, detail, exit) = outcome.words();
            Became { id, outcome, detail, exit }
        })
        .collect()
}

/// Prints all, and answers the worst: an unknown id before a refusal.
pub(super) fn print(became: &[Became], output: Output) -> anyhow::Result<Exit> {
    for one in became {
        if output.json {
            output.object(one)?;
        } else {
            let detail =
                one.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            output.line(&format!("{}  {}{detail}", one.id, one.outcome.replace('_', " ")))?;
        }
    }
    let any = |exit| became.iter().any(|one| one.exit == exit);
    Ok(match () {
        () if any(Exit::NotFound) => Exit::NotFound,
        () if any(Exit::Conflict) => Exit::Conflict,
        () => Exit::Ok,
    })
}

impl Words for Cancelled {
    fn words(&self) -> (&'static str, Option<String>, Exit) {
        match self {
            Self::Done => ("cancelled", None, Exit::Ok),
            Self::Requested => {
                ("cancel_requested", Some("it runs: its handler is told".into()), Exit::Ok)
            }
            Self::AlreadyOver(state) => {
                ("already_over", Some(format!("it is {state}")), Exit::Conflict)
            }
            Self::NotFound => ("not_found", None, Exit::NotFound),
        }
    }
}

impl Words for Retried {
    fn words(&self) -> (&'static str, Option<String>, Exit) {
        match self {
            Self::Done => ("available", None, Exit::Ok),
            Self::Refused(state) => ("refused", Some(format!("it is {state}")), Exit::Conflict),
            Self::KeyTaken(by) => {
                ("key_taken", Some(format!("job {by} holds its unique key")), Exit::Conflict)
            }
            Self::NotFound => ("not_found", None, Exit::NotFound),
        }
    }
}

impl Words for Released {
    fn words(&self) -> (&'static str, Option<String>, Exit) {
        match self {
            Self::Done => ("released", None, Exit::Ok),
            Self::Refused(state) => ("refused", Some(format!("it is {state}")), Exit::Conflict),
            Self::NotFound => ("not_found", None, Exit::NotFound),
        }
    }
}

impl Words for Updated {
    fn words(&self) -> (&'static str, Option<String>, Exit) {
        match self {
            Self::Done => ("updated", None, Exit::Ok),
            Self::Refused(state) => ("refused", Some(format!("it is {state}")), Exit::Conflict),
            Self::NotFound => ("not_found", None, Exit::NotFound),
        }
    }
}

impl Words for Deleted {
    fn words(&self) -> (&'static str, Option<String>, Exit) {
        match self {
            Self::Done => ("deleted", None, Exit::Ok),
            Self::Refused(state) => ("refused", Some(format!("it is {state}")), Exit::Conflict),
            Self::NotFound => ("not_found", None, Exit::NotFound),
        }
    }
}
