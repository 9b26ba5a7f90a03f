//! `longshore migrate`: bring the tables to this version, or say what that would do.

use longshore_store::{SchemaStatus, Severity};

use super::doctor;
use crate::{config::Config, database, exit::Exit, output::Output};

/// Options of `migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Migrate {
    /// List the steps that would be applied, and apply none
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
        store.close().await;
        let finding = doctor::of_schema(&status);
        if output.json {
            output.object(&status)?;
        } else {
            output.line(&finding.advice)?;
            if let SchemaStatus::Pending { steps, .. } = &status {
                steps.iter().try_for_each(|step| output.line(&format!("to apply: {step}")))?;
            }
        }
        let missing = self.status.is_some() && finding.severity == Severity::Bad;
        Ok(if missing { Exit::Database } else { Exit::Ok })
    }
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
