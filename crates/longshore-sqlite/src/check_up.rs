//! Settings on which the guarantees depend.

use async_trait::async_trait;
use longshore_store::{ErrorKind, Finding, Result, Severity};
use sqlx::SqliteConnection;

use crate::{fault, row, writer::Write};

/// Looks at the connection that writes.
pub(crate) struct OfWriter;

#[async_trait]
impl Write for OfWriter {
    type Answer = Vec<Finding>;

    async fn apply(&self, connection: &mut SqliteConnection) -> Result<Vec<Finding>> {
        let file =
            pragma(connection, "SELECT file FROM pragma_database_list WHERE name = 'main'").await?;
        let synchronous = pragma(connection, "PRAGMA synchronous").await?;
        let journal = pragma(connection, "PRAGMA journal_mode").await?;
        let writable =
            pragma(connection, "PRAGMA query_only").await? == "0" && can_write(connection).await?;
        Ok(vec![
            of_file(&file, writable),
            of_synchronous(&synchronous, file.is_empty()),
            of_journal(&journal, file.is_empty()),
        ])
    }
}

fn of_file(file: &str, writable: bool) -> Finding {
    match file {
        "" => {
            finding("database", Severity::Warning, "in memory: jobs are gone when the program ends")
        }
        file if writable => finding("database", Severity::Good, format!("`{file}` can be written")),
        file => {
            let advice = format!(
                "`{file}` cannot be written: open it without `mode=ro`, and check permissions"
            );
            finding("database", Severity::Bad, advice)
        }
    }
}

fn of_synchronous(level: &str, in_memory: bool) -> Finding {
    match level {
        // FULL, EXTRA
        "2" | "3" => finding("synchronous", Severity::Good, "every commit reaches the disk"),
        _ if in_memory => finding("synchronous", Severity::Good, "of no matter in memory"),
        _ => {
            let advice = "a loss of power may take the last commits away: use `synchronous=full`";
            finding("synchronous", Severity::Warning, advice)
        }
    }
}

fn of_journal(mode: &str, in_memory: bool) -> Finding {
    match mode {
        "wal" => finding(
            "journal",
            Severity::Good,
            "write-ahead log: readers and the writer do not wait",
        ),
        _ if in_memory => finding("journal", Severity::Good, "of no matter in memory"),
        mode => {
            let advice = format!(
                "`{mode}`: readers and the writer wait for each other; use a disk that can do WAL"
            );
            finding("journal", Severity::Warning, advice)
        }
    }
}

fn finding(subject: &str, severity: Severity, advice: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), severity, advice: advice.into() }
}

/// The answer to a question for one value, as text.
async fn pragma(connection: &mut SqliteConnection, question: &'static str) -> Result<String> {
    let answer = sqlx::query(question).fetch_one(connection).await.map_err(fault::error)?;
    match row::at::<String>(&answer, 0) {
        Ok(text) => Ok(text),
        Err(_) => Ok(row::at::<i64>(&answer, 0)?.to_string()),
    }
}

/// Tries a write that changes nothing.
async fn can_write(connection: &mut SqliteConnection) -> Result<bool> {
    let trying =
        sqlx::query("DELETE FROM longshore_migrations WHERE false").execute(connection).await;
    // Without a schema the answer is that the table is missing: the check-up says that elsewhere.
    Ok(trying.map_err(fault::error).err().is_none_or(|error| error.kind() != ErrorKind::Denied))
}
