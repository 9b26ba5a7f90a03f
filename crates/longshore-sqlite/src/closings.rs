//! Reports on attempts as the parameters of the statements that close them.

use std::collections::HashSet;

use longshore_core::{Failure, LONGEST_WAIT, Log, Payload, State, Step};
use longshore_store::{Error, ErrorKind, Fence, Finish, Result};
use serde::Serialize;
use uuid::fmt::Simple;

use crate::{clock, document::DOCUMENT_BYTES, row, siblings::Siblings};

/// Reports on attempts, as the statements read them.
pub(crate) struct Closings {
    /// One document, unless results are very large.
    pub(crate) documents: Vec<Part>,
    /// For each report its place in the documents; `None` if its fence stood in an earlier one.
    pub(crate) places: Vec<Option<usize>>,
    /// State and reason, where all ended alike and left nothing behind.
    pub(crate) alike: Option<(i16, i16)>,
    /// The siblings that reports close if they are recorded, by the places of the reports.
    pub(crate) closes: Vec<(usize, Siblings)>,
}

/// Some of the reports, as one text.
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) reports: usize,
}

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
        let alike = alike(&closings);
        let documents = documents(&closings, alike.is_some());
        Ok(Self { documents, places, alike, closes: Vec::new() })
    }
}

fn alike(closings: &[Closing]) -> Option<(i16, i16)> {
    let ended = |closing: &Closing| match closing {
        Closing::Plain(_, _, after, reason) => Some((*after, *reason)),
        Closing::Full(..) => None,
    };
    let first = ended(closings.first()?)?;
    closings.iter().all(|closing| ended(closing) == Some(first)).then_some(first)
}

/// Writes closings down, in parts that SQLite takes.
fn documents(closings: &[Closing], alike: bool) -> Vec<Part> {
    if alike {
        let fences: Vec<_> = closings.iter().map(Closing::fence).collect();
        return vec![Part { text: row::json(&fences), reports: fences.len() }];
    }
    let mut bytes = 0;
    let parts = closings.chunk_by(|closing, _| {
        bytes += closing.bytes();
        let room = bytes < DOCUMENT_BYTES;
        bytes = if room { bytes } else { 0 };
        room
    });
    parts.map(|part| Part { text: row::json(&part), reports: part.len() }).collect()
}

impl Closing<'_> {
    /// Id and attempt as one text.
    fn fence(&self) -> String {
        let (Self::Plain(id, attempt, ..) | Self::Full(id, attempt, ..)) = self;
        format!("{id}{attempt}")
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
