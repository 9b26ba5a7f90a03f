//! The jobs of one or several calls as the parameters of the enqueue statements.

use std::collections::HashMap;

use longshore_core::JobId;

use crate::new_rows::NewRows;

/// What one round of the statements is given.
#[derive(Default)]
pub(crate) struct Document {
    /// `[[form, id, payload, name, labels, correlation, key, scope, window, line], ...]`, cut after the
    /// payload where the rest is null.
    pub(crate) rows: String,
    /// `[[tenant, queue, kind, ...], ...]`.
    pub(crate) forms: String,
    /// The ids in `rows`.
    pub(crate) ids: Vec<JobId>,
    /// For every job: its place in `rows`, and whether an earlier job has the same id.
    pub(crate) places: Vec<(usize, bool)>,
}

/// Bytes after which a new document is begun: SQLite refuses texts of a gigabyte.
pub(crate) const DOCUMENT_BYTES: usize = 16 << 20;

/// Joins the jobs of several calls: into one document, unless they are very large.
pub(crate) fn join(calls: &[&NewRows]) -> Vec<Document> {
    let mut documents = Vec::new();
    let mut draft = Draft::default();
    for call in calls {
        let mut begin = 0;
        for row in &call.rows {
            let tail = String::from_utf8_lossy(&call.tails[begin..row.end]);
            draft.add(row.id, &call.forms[row.form], &tail);
            begin = row.end;
            if draft.document.rows.len() > DOCUMENT_BYTES {
                documents.push(std::mem::take(&mut draft).finish());
            }
        }
    }
    if !draft.document.places.is_empty() {
        documents.push(draft.finish());
    }
    documents
}

#[derive(Default)]
struct Draft<'a> {
    document: Document,
    seen: HashMap<JobId, usize>,
    forms: Vec<&'a str>,
    numbers: HashMap<&'a str, usize>,
    /// The form of the row before and its number: mostly the next one's too.
    latest: Option<(&'a str, usize)>,
}

impl<'a> Draft<'a> {
    fn add(&mut self, id: JobId, form: &'a str, tail: &str) {
        let next = self.document.ids.len();
        let place = *self.seen.entry(id).or_insert(next);
        self.document.places.push((place, place < next));
        if place == next {
            let number = self.number(form);
            let rows = &mut self.document.rows;
            rows.push_str(if rows.is_empty() { "[[" } else { ",[" });
            rows.push_str(&number.to_string());
            rows.push(',');
            rows.push_str(tail);
            rows.push(']');
            self.document.ids.push(id);
        }
    }

    fn number(&mut self, form: &'a str) -> usize {
        if let Some((latest, number)) = self.latest
            && std::ptr::eq(latest, form)
        {
            return number;
        }
        let forms = &mut self.forms;
        let number = *self.numbers.entry(form).or_insert_with(|| {
            forms.push(form);
            forms.len() - 1
        });
        self.latest = Some((form, number));
        number
    }

    fn finish(mut self) -> Document {
        self.document.rows.push(']');
        self.document.forms = format!("[{}]", self.forms.join(","));
        self.document
    }
}
