//! The rows by which jobs are found by their labels.

use longshore_core::{JobId, Labels};
use longshore_store::Result;
use uuid::Uuid;

use crate::{bind::bind, sql::Sql, wire::Wire};

/// Adds them for these jobs; nothing is sent if none has labels.
pub(crate) async fn keep<'j>(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: impl IntoIterator<Item = (JobId, &'j Labels)>,
) -> Result<()> {
    let (mut ids, mut names, mut values): (Vec<Uuid>, Vec<&str>, Vec<String>) = Default::default();
    for (id, labels) in jobs {
        for (name, label) in labels {
            ids.push(id.0);
            names.push(name);
            values.push(label.index_text());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    wire.rows(&sql.label, bind![ids, names, values]?).await.map(|_| ())
}

/// As the job itself keeps them.
pub(crate) fn written(labels: &Labels) -> Option<String> {
    if labels.is_empty() { None } else { serde_json::to_string(labels).ok() }
}
