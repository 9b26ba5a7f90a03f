//! `longshore migrate`: bring the tables to this version, or say what that would do.

use std::time::SystemTime;

use longshore_core::Timestamp;
use longshore_store::SchemaStatus;
use serde::Serialize;

use crate::{config::Config, database, exit::Exit, output::Output};

/// Options of `migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Migrate {
    /// Print the statements that would be run, as a script, and run none
    #[arg(long)]
    dry_run: bool,

    #[command(subcommand)]
    status: Option<Status>,
}

/// `migrate status`
#[derive(Debug, clap::Subcommand)]
enum Status {
    /// Say how the tables relate to this version; exit 5 if steps are missing
    Status,
}

impl Migrate {
    pub(crate) async fn run(self, config: &Config, output: Output) -> anyhow::Result<Exit> {
        if self.status.is_none() && !self.dry_run {
            return migrate(config, output).await;
        }
        let store = database::connect(config).await?;
        let status = store.schema_status().await?;
        let statements = match &status {
            SchemaStatus::Pending { version, .. } if self.dry_run => {
                store.migration(*version, Timestamp::from(SystemTime::now()))
            }
            _ => Vec::new(),
        };
        store.close().await;
        let pending = match &status {
            SchemaStatus::Pending { steps, .. } => &steps[..],
            _ => &[],
        };
        let advice = status.finding().advice;
        if output.json && self.dry_run {
            output.object(&Planned { status: &status, statements })?;
        } else if output.json {
            output.object(&status)?;
        } else {
            let remark = if self.dry_run { "-- " } else { "" };
            output.line(&format!("{remark}{advice}"))?;
            pending
                .iter()
                .try_for_each(|step| output.line(&format!("{remark}to apply: {step}")))?;
            statements.iter().try_for_each(|statement| output.line(statement))?;
        }
        let missing = self.status.is_some() && status.usable().is_err();
        Ok(if missing { Exit::Database } else { Exit::Ok })
    }
}

/// A status with what would be run.
#[derive(Serialize)]
struct Planned<'a> {
    #[serde(flatten)]
    status: &'a SchemaStatus,
    statements: Vec<String>,
}

async fn migrate(config: &Config, output: Output) -> anyhow::Result<Exit> {
    let store = database::create(config).await?;
    let migrated = store.migrate().await?;
    store.close().await;
    if output.json {
        output.object(&migrated)?;
    } else {
        migrated.applied.iter().try_for_each(|step| output.line(&format!("applied: {step}")))?;
        output.line(&format!("schema version {} is current", migrated.version))?;
    }
    Ok(Exit::Ok)
}
