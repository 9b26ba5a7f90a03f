//! Reports on attempts as the parameters of the statements that close them.

use std::collections::{HashMap, HashSet};

use longshore_core::{Failure, LONGEST_WAIT, Log, Payload, State, Step};
use longshore_store::{Error, ErrorKind, Fence, Finish, Result};
use serde::Serialize;
use uuid::fmt::Simple;

use crate::{clock, document::DOCUMENT_BYTES, row, siblings::Siblings};

/// Reports on attempts, as the statements read them.
pub(crate) struct Closings {
    pub(crate) documents: Vec<Document>,
    /// For each report its number among those in the documents; `None` if its fence stood in an earlier one.
    pub(crate) places: Vec<Option<usize>>,
    /// The siblings that reports close if they are recorded, by the places of the reports.
    pub(crate) closes: Vec<(usize, Siblings)>,
}

/// Some of the reports, as one text.
pub(crate) struct Document {
    pub(crate) text: String,
    /// The numbers of its reports.
    pub(crate) numbers: Vec<usize>,
    /// What its reports have in common, if they say nothing else.
    pub(crate) alike: Option<Alike>,
}

/// Attempts with the same number that ended alike and left nothing behind.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Alike {
    pub(crate) attempt: u32,
    pub(crate) after: i16,
    pub(crate) reason: i16,
}

/// A document costs as much as it costs to read so many reports one by one.
const WORTH_A_DOCUMENT: usize = 16;

/// What an attempt leaves behind besides its end.
#[derive(Clone, Copy, Default)]
pub(crate) struct Left<'a> {
    pub(crate) error: Option<&'a Failure>,
    pub(crate) result: Option<&'a str>,
    pub(crate) log: Option<&'a Log>,
}

/// A row of a document.
#[derive(Serialize)]
#[serde(untagged)]
enum Closing<'a> {
    Plain(Simple, u32, i16, i16),
    Full(
        Simple,
        u32,
        i16,
        i16,
        u32,
        u32,
        u32,
        Option<i64>,
        Option<String>,
        Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")] Option<String>,
    ),
}

impl Closings {
    /// Writes reports of workers down.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if one says that its job goes on running, or has a result that cannot be
    /// stored.
    pub(crate) fn of(finishes: &[Finish]) -> Result<Self> {
        finishes.iter().try_for_each(Finish::check)?;
        let reports = finishes.iter().map(|finish| {
            let left = Left {
                error: finish.error.as_ref(),
                result: finish.result.as_ref().map(Payload::as_str),
                log: finish.log.as_ref(),
            };
            (finish.fence, finish.step, left)
        });
        let closes = finishes.iter().enumerate();
        let closes = closes.filter_map(|(place, finish)| Some((place, finish.closes()?))).collect();
        Ok(Self { closes, ..Self::of_steps(reports)? })
    }

    /// Writes down what follows for each fence, with what its attempt left.
    ///
    /// # Errors
    /// As [`Closings::of`].
    pub(crate) fn of_steps<'a>(
        reports: impl ExactSizeIterator<Item = (Fence, Step, Left<'a>)>,
    ) -> Result<Self> {
        let mut places = Vec::with_capacity(reports.len());
        let mut seen = HashSet::with_capacity(reports.len());
        let mut closings = Vec::with_capacity(reports.len());
        for (fence, step, left) in reports {
            if !step.standing.state.is_waiting() && !step.standing.state.is_terminal() {
                let advice =
                    format!("a finished attempt cannot leave its job {}", step.standing.state);
                return Err(Error::new(ErrorKind::Invalid, advice));
            }
            let repeated = !seen.insert(fence);
            places.push((!repeated).then_some(closings.len()));
            if !repeated {
                closings.push(closing(fence, &step, left));
            }
        }
        Ok(Self { documents: documents(&closings), places, closes: Vec::new() })
    }
}

/// Writes closings down: those that are alike together, all others in parts that SQLite takes.
fn documents(closings: &[Closing]) -> Vec<Document> {
    let (mut groups, mut others) = (HashMap::<Alike, Vec<usize>>::new(), Vec::new());
    for (number, closing) in closings.iter().enumerate() {
        let alike = closing.alike();
        alike.map_or(&mut others, |alike| groups.entry(alike).or_default()).push(number);
    }
    let mut documents = Vec::new();
    for (alike, numbers) in groups {
        if numbers.len() < WORTH_A_DOCUMENT && numbers.len() < closings.len() {
            others.extend(numbers);
            continue;
        }
        let ids: Vec<_> = numbers.iter().map(|number| closings[*number].id()).collect();
        documents.push(Document { text: row::json(&ids), numbers, alike: Some(alike) });
    }
    let mut bytes = 0;
    let parts = others.chunk_by(|number, _| {
        bytes += closings[*number].bytes();
        let room = bytes < DOCUMENT_BYTES;
        bytes = if room { bytes } else { 0 };
        room
    });
    documents.extend(parts.map(|numbers| {
        let rows: Vec<_> = numbers.iter().map(|number| &closings[*number]).collect();
        Document { text: row::json(&rows), numbers: numbers.to_vec(), alike: None }
    }));
    documents
}

impl Closing<'_> {
    fn id(&self) -> Simple {
        let (Self::Plain(id, ..) | Self::Full(id, ..)) = self;
        *id
    }

    fn alike(&self) -> Option<Alike> {
        match *self {
            Self::Plain(_, attempt, after, reason) => Some(Alike { attempt, after, reason }),
            Self::Full(..) => None,
        }
    }

    /// What it weighs besides its numbers.
    fn bytes(&self) -> usize {
        match self {
            Self::Plain(..) => 0,
            Self::Full(.., error, result, log) => {
                let texts = [error, log].map(|text| text.as_ref().map_or(0, String::len));
                texts.into_iter().sum::<usize>() + result.map_or(0, str::len)
            }
        }
    }
}

fn closing<'a>(fence: Fence, step: &Step, left: Left<'a>) -> Closing<'a> {
    let standing = &step.standing;
    let (id, after, reason) = (fence.job.0.simple(), standing.state.code(), step.reason.code());
    let over = matches!(standing.state, State::Completed | State::Cancelled);
    let result = left.result.filter(|_| standing.state == State::Completed);
    if over && left.error.is_none() && result.is_none() && left.log.is_none() {
        return Closing::Plain(id, fence.attempt, after, reason);
    }
    let wait = step.due_in.unwrap_or_default().min(LONGEST_WAIT);
    let due_in = standing.state.is_waiting().then(|| clock::micros(wait));
    Closing::Full(
        id,
        fence.attempt,
        after,
        reason,
        standing.last_attempt,
        standing.crashes,
        standing.seq,
        due_in,
        left.error.map(Failure::to_json),
        result,
        left.log.map(Log::to_json),
    )
}
