//! A look at the settings on which the guarantees depend.

use std::sync::Arc;

use longshore_core::Timestamp;
use longshore_store::{ErrorKind, Finding, Result, Severity};
use sqlx::postgres::PgRow;

use crate::{
    bind::bind,
    check_weeks,
    options::Pooler,
    row::get,
    store::{Inner, PostgresStore},
    unit::Unit,
};

/// A transaction that is open for so long keeps dead rows from being removed.
const LONG_TRANSACTION_SECONDS: f64 = 3600.0;

pub(crate) async fn findings(store: &PostgresStore) -> Result<Vec<Finding>> {
    let before = Timestamp::from(std::time::SystemTime::now());
    let rows = match store.question(|sql| &sql.settings, bind![]?).await {
        Err(error) if error.kind() == ErrorKind::Internal => {
            return Ok(vec![bad("connection", error.to_string())]);
        }
        rows => rows?,
    };
    let mut findings = Vec::new();
    if let Some(row) = rows.first() {
        findings.extend(durability(row)?);
        findings.push(writable(row)?);
        findings.push(version(row)?);
        findings.push(encoding(row)?);
        findings.push(clock(before, get(row, "now")?));
        findings.push(long_transactions(row)?);
    }
    findings.push(pooler(store).await);
    let status = store.status().await?;
    findings.push(status.finding());
    if status.usable().is_ok() {
        findings.extend(check_weeks::findings(store).await?);
    }
    Ok(findings)
}

fn durability(row: &PgRow) -> Result<Vec<Finding>> {
    let what_is_lost = [
        ("fsync", "off", "a crash of the machine can destroy the database: set fsync = on"),
        ("full_page_writes", "off", "a power loss can leave torn pages: set full_page_writes = on"),
        (
            "synchronous_commit",
            "off",
            "a crash can lose jobs that were acknowledged: set synchronous_commit = on, at least for this user",
        ),
    ];
    what_is_lost
        .into_iter()
        .map(|(setting, off, advice)| {
            let value: String = get(row, setting)?;
            Ok(if value == off {
                bad(setting, advice)
            } else {
                good(setting, format!("{setting} is {value}"))
            })
        })
        .collect()
}

fn writable(row: &PgRow) -> Result<Finding> {
    let in_recovery: bool = get(row, "in_recovery")?;
    let read_only: String = get(row, "read_only")?;
    Ok(if in_recovery {
        bad("writes", "this server is a standby: connect to the primary")
    } else if read_only == "on" {
        bad("writes", "default_transaction_read_only is on: turn it off for this user or database")
    } else {
        good("writes", "the server takes writes")
    })
}

fn version(row: &PgRow) -> Result<Finding> {
    let number: i32 = get(row, "version")?;
    let major = number / 10_000;
    Ok(if major < 15 {
        bad("version", format!("PostgreSQL {major} is too old: Longshore needs 15 or newer"))
    } else {
        good("version", format!("PostgreSQL {major}"))
    })
}

fn encoding(row: &PgRow) -> Result<Finding> {
    let encoding: String = get(row, "encoding")?;
    Ok(if encoding == "UTF8" {
        good("encoding", "the database stores UTF-8")
    } else {
        bad(
            "encoding",
            format!(
                "the database stores {encoding}: payloads need a database made with ENCODING 'UTF8'"
            ),
        )
    })
}

/// Clocks decide nothing, but people compare log lines.
fn clock(ours: Timestamp, theirs: Timestamp) -> Finding {
    let apart = (theirs - ours).num_milliseconds().unsigned_abs();
    if apart > 5000 {
        warning(
            "clock",
            format!(
                "this machine and the database are {} s apart: times in logs mislead",
                apart / 1000
            ),
        )
    } else {
        good("clock", "this machine and the database agree")
    }
}

fn long_transactions(row: &PgRow) -> Result<Finding> {
    let age: i64 = get(row, "oldest_xmin_age")?;
    let seconds: f64 = get(row, "oldest_transaction_seconds")?;
    Ok(if seconds > LONG_TRANSACTION_SECONDS {
        let advice = format!(
            "a transaction is open for {seconds:.0} s ({age} transactions ago): dead rows of the queue cannot \
             be removed meanwhile; find it in pg_stat_activity and end it"
        );
        warning("open transactions", advice)
    } else {
        good("open transactions", "none is open for long")
    })
}

/// Only a pooler knows this command.
async fn pooler(store: &PostgresStore) -> Finding {
    let configured = store.inner.options.pooler;
    if configured == Pooler::Transaction {
        return good(
            "pooler",
            "statements are sent as a transaction pooler needs it; wake-ups between processes are off",
        );
    }
    match store.repeat(two_prepared).await {
        Ok(()) => good("pooler", "prepared statements work"),
        Err(error) => bad(
            "pooler",
            format!(
                "prepared statements do not work here, a transaction pooler may stand between: use `pooler=transaction` ({error})"
            ),
        ),
    }
}

/// Prepares in one transaction and uses it in the next, as all calls do.
async fn two_prepared(inner: Arc<Inner>) -> Result<()> {
    let mut unit = Unit::reading(&inner.work, inner.manner).await?;
    let mut answer = Ok(());
    for _ in 0..3 {
        answer = unit.wire().rows(&inner.sql.settings, bind![]?).await.map(|_| ());
        if answer.is_err() {
            break;
        }
    }
    unit.close(answer).await
}

fn good(subject: &str, advice: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), severity: Severity::Good, advice: advice.into() }
}

fn warning(subject: &str, advice: impl Into<String>) -> Finding {
    Finding { severity: Severity::Warning, ..good(subject, advice) }
}

fn bad(subject: &str, advice: impl Into<String>) -> Finding {
    Finding { severity: Severity::Bad, ..good(subject, advice) }
}
