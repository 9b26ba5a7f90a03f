//! Sets as parameters: one JSON text for any number of rows, so that one prepared statement serves all.
//!
//! A row of a document is an array; statements read it with `JSON_TABLE`. (Ids alone, on the hot path, are
//! listed one by one: [`Listed`](crate::sql::Listed).)

use chrono::{SubsecRound, TimeDelta};
use longshore_core::Timestamp;
use uuid::Uuid;

/// A JSON array that is being written.
#[derive(Debug)]
pub(crate) struct Document(String);

impl Document {
    /// An empty array with room for so many bytes.
    pub(crate) fn with_room(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes + 2);
        text.push('[');
        Self(text)
    }

    /// The ids alone.
    pub(crate) fn of_ids(ids: impl IntoIterator<Item = Uuid>) -> String {
        let ids = ids.into_iter();
        let mut all = Self::with_room(ids.size_hint().0 * 35);
        ids.for_each(|id| all.id(id));
        all.finish()
    }

    /// Texts alone.
    pub(crate) fn of_texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
        let mut all = Self::with_room(64);
        texts.into_iter().for_each(|text| all.text(text));
        all.finish()
    }

    /// Opens an array within: a row, or a part of one.
    pub(crate) fn open(&mut self) {
        self.next();
        self.0.push('[');
    }

    /// Closes it.
    pub(crate) fn shut(&mut self) {
        self.0.push(']');
    }

    pub(crate) fn id(&mut self, id: Uuid) {
        self.next();
        self.0.push('"');
        let mut digits = [0; 32];
        self.0.push_str(id.simple().encode_lower(&mut digits));
        self.0.push('"');
    }

    pub(crate) fn number(&mut self, number: impl Into<i64>) {
        self.next();
        let number: i64 = number.into();
        self.0.push_str(&number.to_string());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.next();
        // A string always has a JSON form.
        self.0.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "null".into()));
    }

    /// As the server writes a time itself.
    pub(crate) fn time(&mut self, time: Timestamp) {
        self.next();
        self.0.push_str(&time.format("\"%Y-%m-%d %H:%M:%S%.6f\"").to_string());
    }

    pub(crate) fn null(&mut self) {
        self.next();
        self.0.push_str("null");
    }

    /// A value that may be missing.
    pub(crate) fn some<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push(']');
        self.0
    }

    fn next(&mut self) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
    }
}

/// A time as the columns hold it: whole microseconds, cut.
pub(crate) fn cut(time: Timestamp) -> Timestamp {
    time.trunc_subsecs(6)
}

/// So long after `now`, within what a column can hold.
pub(crate) fn after(now: Timestamp, delay: std::time::Duration) -> Timestamp {
    let later = TimeDelta::from_std(delay).ok().and_then(|delay| now.checked_add_signed(delay));
    cut(later.unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_arrays_of_what_they_hold() {
        let mut all = Document::with_room(0);
        all.open();
        all.id(Uuid::nil());
        all.number(-3);
        all.some(Some("a \"b\" [\\"), Document::text);
        all.some(None, Document::text);
        all.time(Timestamp::UNIX_EPOCH);
        all.open();
        all.shut();
        all.shut();
        all.open();
        all.shut();
        let text = all.finish();
        let expected = serde_json::json!([
            [
                "00000000000000000000000000000000",
                -3,
                "a \"b\" [\\",
                null,
                "1970-01-01 00:00:00.000000",
                []
            ],
            []
        ]);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
        assert_eq!(Document::of_ids([]), "[]");
    }
}
