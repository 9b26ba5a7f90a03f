//! The end of attempts: the ledger is written by the statements that move the rows.

use std::collections::HashSet;

use async_trait::async_trait;
use longshore_core::{Failure, LONGEST_WAIT, Log, State, Step};
use longshore_store::{Error, ErrorKind, Fence, Finish, Finished, Result};
use serde::Serialize;
use sqlx::SqliteConnection;
use uuid::fmt::Simple;

use crate::{
    clock,
    document::DOCUMENT_BYTES,
    fault, row,
    siblings::{self, Siblings},
    writer::Write,
};

const CLOSE: &str = include_str!("../sql/consume/close.sql");
const CLOSE_PLAIN: &str = include_str!("../sql/consume/close_plain.sql");

/// Reports on attempts, as the statements read them.
pub(crate) struct Closings {
    /// One document, unless results are very large.
    documents: Vec<Part>,
    /// For each report its place in the documents; `None` if its fence stood in an earlier one.
    places: Vec<Option<usize>>,
    /// State and reason, where all ended alike and left nothing behind.
    alike: Option<(i16, i16)>,
    /// The siblings that reports close if they are recorded, by the places of the reports.
    closes: Vec<(usize, Siblings)>,
}

struct Part {
    text: String,
    reports: usize,
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
                result: finish.result.as_ref().map(longshore_core::Payload::as_str),
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

/// Closes attempts inside an open transaction.
pub(crate) async fn close(
    connection: &mut SqliteConnection,
    closings: &Closings,
    now: i64,
) -> Result<Vec<Finished>> {
    let mut finished = vec![Finished::Recorded; closings.places.len()];
    let mut before = 0;
    for document in &closings.documents {
        let closing = match closings.alike {
            Some((after, reason)) => {
                sqlx::query(CLOSE_PLAIN).bind(&document.text).bind(now).bind(after).bind(reason)
            }
            None => sqlx::query(CLOSE).bind(&document.text).bind(now),
        };
        for other in closing.fetch_all(&mut *connection).await.map_err(fault::error)? {
            let cancelled: bool = row::at(&other, 1)?;
            finished[before + row::at::<u32>(&other, 0)? as usize] =
                if cancelled { Finished::Cancelled } else { Finished::Stale };
        }
        before += document.reports;
    }
    let answer = |place: &Option<usize>| place.map_or(Finished::Stale, |place| finished[place]);
    let finished: Vec<_> = closings.places.iter().map(answer).collect();
    if !closings.closes.is_empty() {
        let recorded = closings.closes.iter().filter(|(at, _)| finished[*at] == Finished::Recorded);
        let all = recorded.map(|(_, siblings)| siblings.clone()).collect();
        siblings::close(connection, &all, now).await?;
    }
    Ok(finished)
}

#[async_trait]
impl Write for Closings {
    type Answer = Vec<Finished>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Finished>> {
        close(connection, self, clock::now()).await
    }
}
