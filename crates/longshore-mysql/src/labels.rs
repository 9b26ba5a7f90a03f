//! The rows by which jobs are found by their labels.

use longshore_core::{JobId, Labels};
use longshore_store::Result;
use sqlx::mysql::MySqlArguments;

use crate::{bind::add, sql::Sql, wire::Wire};

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 1000;
/// Statements of so few rows stay prepared on the server.
const FEW: usize = 16;

/// Adds them for these jobs; nothing is sent if none has labels.
pub(crate) async fn keep<'j>(
    wire: &mut Wire<'_>,
    sql: &Sql,
    jobs: impl IntoIterator<Item = (JobId, &'j Labels)>,
) -> Result<()> {
    let of = |(id, labels): (JobId, &'j Labels)| labels.iter().map(move |label| (id, label));
    let all: Vec<_> = jobs.into_iter().flat_map(of).collect();
    for part in all.chunks(ROWS_AT_ONCE) {
        let mut values = MySqlArguments::default();
        for (id, (name, label)) in part {
            add(&mut values, id.0)?;
            add(&mut values, name.as_str())?;
            add(&mut values, label.index_text())?;
        }
        wire.change_once(&sql.label.rows(part.len()), values, part.len() <= FEW).await?;
    }
    Ok(())
}

/// As the job itself keeps them.
pub(crate) fn written(labels: &Labels) -> Option<String> {
    if labels.is_empty() { None } else { serde_json::to_string(labels).ok() }
}
