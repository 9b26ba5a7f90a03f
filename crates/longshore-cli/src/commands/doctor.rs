//! `longshore doctor` and `longshore health`: is everything as the guarantees need it?

use longshore_store::{Error, ErrorKind, Finding, SchemaStatus, Severity, Store};

use crate::{exit::Exit, output::Output};

/// Prints every finding; fails if a guarantee does not hold.
pub(super) async fn doctor(store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
    let schema = of_schema(&store.schema_status().await?);
    let mut findings = store.check_up().await?;
    findings.retain(|finding| finding.subject != schema.subject);
    findings.insert(0, schema);
    output.rows(&findings, ["", "SUBJECT", "FINDING"], |finding| {
        let sign = match finding.severity {
            Severity::Good => "ok",
            Severity::Warning => "warning",
            Severity::Bad => "BAD",
        };
        [sign.into(), finding.subject.clone(), finding.advice.clone()]
    })?;
    let worst = findings.iter().map(|finding| finding.severity).max();
    Ok(if worst == Some(Severity::Bad) { Exit::Failed } else { Exit::Ok })
}

/// One line: the engine and its schema.
pub(super) async fn health(store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
    let status = require_schema(store).await?;
    if output.json {
        output.object(&status)?;
    } else {
        output.line(&format!("{}: {}", store.engine(), of_schema(&status).advice))?;
    }
    Ok(Exit::Ok)
}

/// The status of a schema that this program can work on.
pub(super) async fn require_schema(store: &dyn Store) -> longshore_store::Result<SchemaStatus> {
    let status = store.schema_status().await?;
    let finding = of_schema(&status);
    if finding.severity == Severity::Bad {
        return Err(Error::new(ErrorKind::Schema, finding.advice));
    }
    Ok(status)
}

/// What the state of the schema means.
pub(super) fn of_schema(status: &SchemaStatus) -> Finding {
    let (severity, advice) = match status {
        SchemaStatus::Current { version } => {
            (Severity::Good, format!("schema version {version} is current"))
        }
        SchemaStatus::Newer { version } => (
            Severity::Warning,
            format!(
                "schema version {version} is one newer than this program, which works: update it soon"
            ),
        ),
        SchemaStatus::Pending { version: 0, .. } => (
            Severity::Bad,
            "the database has no tables of Longshore: run `longshore migrate`".into(),
        ),
        SchemaStatus::Pending { version, steps } => (
            Severity::Bad,
            format!(
                "schema version {version} lacks {} steps: run `longshore migrate`",
                steps.len()
            ),
        ),
        SchemaStatus::Unknown { version, problem } => (
            Severity::Bad,
            format!(
                "schema version {version} is unknown to this program ({problem}): update it; nothing is written"
            ),
        ),
    };
    Finding { subject: "schema".into(), severity, advice }
}
