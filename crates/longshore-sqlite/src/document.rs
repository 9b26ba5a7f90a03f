//! The jobs of one or several calls as the parameters of the enqueue statements.

use std::collections::HashMap;

use longshore_core::JobId;

use crate::new_rows::NewRows;

/// What one round of the statements is given.
#[derive(Default)]
pub(crate) struct Document {
    /// `[[form, id, payload, name, labels, correlation, key, scope, window, line], ...]`, cut after the
    /// payload where the rest is null; `["form id payload" without the spaces, ...]` where it always is.
    pub(crate) rows: String,
    /// Whether it has the second form.
    pub(crate) plain: bool,
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
    // More forms than six digits number never come to one document.
    let plain = calls.iter().all(|call| call.plain);
    let mut documents = Vec::new();
    let mut draft = Draft::new(plain);
    for call in calls {
        let mut begin = 0;
        for row in &call.rows {
            let payload = &call.texts[begin..row.payload_end];
            let rest = &call.texts[row.payload_end..row.end];
            draft.add(row.id, &call.forms[row.form], payload, rest);
            begin = row.end;
            if draft.rows.len() > DOCUMENT_BYTES {
                documents.push(std::mem::replace(&mut draft, Draft::new(plain)).finish());
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
    rows: Vec<u8>,
    seen: HashMap<JobId, usize>,
    forms: Vec<&'a str>,
    numbers: HashMap<&'a str, usize>,
    /// The form of the row before and its number: mostly the next one's too.
    latest: Option<(&'a str, usize)>,
}

impl<'a> Draft<'a> {
    fn new(plain: bool) -> Self {
        Self { document: Document { plain, ..Document::default() }, ..Self::default() }
    }

    fn add(&mut self, id: JobId, form: &'a str, payload: &[u8], rest: &[u8]) {
        let next = self.document.ids.len();
        let place = *self.seen.entry(id).or_insert(next);
        self.document.places.push((place, place < next));
        if place < next {
            return;
        }
        self.document.ids.push(id);
        let number = self.number(form);
        let (id, rows) = (id.0.simple(), &mut self.rows);
        rows.push(if rows.is_empty() { b'[' } else { b',' });
        if self.document.plain {
            // The payload's own opening quote stands at the front.
            rows.extend_from_slice(format!("\"{number:06}{id}").as_bytes());
            rows.extend_from_slice(&payload[1..]);
        } else {
            rows.extend_from_slice(format!("[{number},\"{id}\",").as_bytes());
            rows.extend_from_slice(payload);
            rows.extend_from_slice(rest);
            rows.push(b']');
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
        self.rows.push(b']');
        self.document.rows = String::from_utf8_lossy(&self.rows).into_owned();
        self.document.forms = format!("[{}]", self.forms.join(","));
        self.document
    }
}
