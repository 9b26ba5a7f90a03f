//! `longshore doctor` and `longshore health`: is everything as the guarantees need it?

use longshore_store::{SchemaStatus, Severity, Store};

use crate::{exit::Exit, output::Output};

/// Prints every finding; fails if a guarantee does not hold.
pub(super) async fn doctor(store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
    let schema = store.schema_status().await?.finding();
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
        output.line(&format!("{}: {}", store.engine(), status.finding().advice))?;
    }
    Ok(Exit::Ok)
}

/// The status of a schema that this program can work on.
pub(super) async fn require_schema(store: &dyn Store) -> longshore_store::Result<SchemaStatus> {
    let status = store.schema_status().await?;
    status.usable()?;
    Ok(status)
}
