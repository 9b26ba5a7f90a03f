//! Reading columns and writing parameters: ids, times, states and reasons as the types of the domain.

use longshore_core::{Lane, Priority, Reason, State, Timestamp};
use longshore_store::Result;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Decode, Sqlite, Type, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{clock, fault};

/// A column by its place: for rows that come by the thousand.
pub(crate) fn at<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(
    row: &'r SqliteRow,
    place: usize,
) -> Result<T> {
    sqlx::Row::try_get(row, place).map_err(fault::error)
}

/// A row whose columns are read by name, as what they mean.
pub(crate) trait Row {
    /// A column as it is.
    fn take<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(&'r self, column: &str) -> Result<T>;

    /// A time.
    fn time(&self, column: &str) -> Result<Timestamp> {
        Ok(clock::timestamp(self.take(column)?))
    }

    /// A time that may be missing.
    fn time_if_any(&self, column: &str) -> Result<Option<Timestamp>> {
        Ok(self.take::<Option<i64>>(column)?.map(clock::timestamp))
    }

    /// An id that may be missing.
    fn id_if_any<T: From<Uuid>>(&self, column: &str) -> Result<Option<T>> {
        Ok(self.take::<Option<Uuid>>(column)?.map(T::from))
    }

    /// A state.
    fn state(&self, column: &str) -> Result<State> {
        state(self.take(column)?)
    }

    /// A reason.
    fn reason(&self, column: &str) -> Result<Reason> {
        Reason::try_from(self.take::<i16>(column)?)
            .map_err(|error| fault::unreadable(column, error))
    }

    /// The priority that a rank stands for.
    fn priority(&self) -> Result<Priority> {
        Priority::from_rank(self.take("rank")?).map_err(|error| fault::unreadable("rank", error))
    }

    /// The lane of a row that has its three columns.
    fn lane(&self) -> Result<Lane> {
        let (queue, tenant) = (self.take::<String>("queue")?, self.take::<String>("tenant")?);
        Ok(Lane { queue: queue.into(), tenant: tenant.into(), priority: self.priority()? })
    }

    /// JSON text as a value, if there is any.
    fn json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        of_json(column, self.take::<Option<String>>(column)?.as_deref())
    }
}

impl Row for SqliteRow {
    fn take<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(&'r self, column: &str) -> Result<T> {
        sqlx::Row::try_get(self, column).map_err(fault::error)
    }
}

/// A state by its code.
pub(crate) fn state(code: i16) -> Result<State> {
    State::try_from(code).map_err(|error| fault::unreadable("state", error))
}

/// Stored JSON text as a value.
pub(crate) fn of_json<T: DeserializeOwned>(what: &str, text: Option<&str>) -> Result<Option<T>> {
    text.map(serde_json::from_str).transpose().map_err(|error| fault::unreadable(what, error))
}

/// The same where a job can go on without it: one edited row must not stop the claims of a whole lane.
pub(crate) fn of_json_if_readable<T: DeserializeOwned>(
    what: &str,
    text: Option<&str>,
) -> Option<T> {
    of_json(what, text).unwrap_or_else(|error| {
        tracing::warn!(?error, "a stored value is passed over");
        None
    })
}

/// An id that came as hexadecimal digits; empty text is none.
pub(crate) fn id_of_hex(text: Option<&str>) -> Result<Option<Uuid>> {
    let digits = text.filter(|digits| !digits.is_empty());
    digits.map(Uuid::try_parse).transpose().map_err(|error| fault::unreadable("id", error))
}

/// A parameter that carries a set.
pub(crate) fn json(value: &impl Serialize) -> String {
    // Text, numbers and lists of them always have a JSON form; an empty set would do nothing.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".into())
}

/// Ids as a parameter: `["0123…", …]`.
pub(crate) fn ids(ids: impl IntoIterator<Item = Uuid>) -> String {
    json(&ids.into_iter().map(Uuid::simple).collect::<Vec<_>>())
}
