//! A look at the settings on which the guarantees depend.

use std::collections::HashMap;

use longshore_core::Timestamp;
use longshore_store::{Finding, Operate, Result, Severity};

use crate::{
    bind::bind, check_transactions, check_weeks, row::get, server::Server, store::MysqlStore,
};

/// The largest job must fit into one message to the server, with all its quotes escaped.
const OVERHEAD_BYTES: u64 = 1 << 20;

pub(crate) async fn findings(store: &MysqlStore) -> Result<Vec<Finding>> {
    let before = Timestamp::from(std::time::SystemTime::now());
    let theirs = store.now().await?;
    let mut found = HashMap::new();
    for row in store.question(|sql| &sql.settings, bind![]?).await? {
        found.insert(get::<String>(&row, "Variable_name")?, get::<String>(&row, "Value")?);
    }
    let settings = Settings(found);
    let server = Server::of(settings.value("version"));
    let mut findings = vec![good("version", server.name())];
    findings.push(isolation(&settings));
    findings.extend(durability(&settings));
    findings.push(writable(&settings));
    findings.push(packet(&settings, store.limits().payload_bytes));
    findings.push(cluster(&settings));
    findings.push(clock(before, theirs));
    findings.push(check_transactions::finding(store, &server).await);
    let status = store.status().await?;
    findings.push(status.finding());
    if status.usable().is_ok() {
        findings.push(engines(store).await?);
        findings.extend(check_weeks::findings(store).await?);
    }
    Ok(findings)
}

/// What the server says of itself.
struct Settings(HashMap<String, String>);

impl Settings {
    fn value(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn is_on(&self, name: &str) -> bool {
        matches!(self.value(name), "ON" | "1")
    }
}

/// A session of ours was checked when it began; this says so.
fn isolation(settings: &Settings) -> Finding {
    let zone = settings.value("time_zone");
    good(
        "sessions",
        format!("READ COMMITTED, commit when told to, time zone {zone}, strict, utf8mb4"),
    )
}

fn durability(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match settings.value("innodb_flush_log_at_trx_commit") {
        name @ ("1" | "3") => good(
            "innodb_flush_log_at_trx_commit",
            format!("innodb_flush_log_at_trx_commit is {name}"),
        ),
        value => bad(
            "innodb_flush_log_at_trx_commit",
            format!("it is {value}: a crash can lose jobs that were acknowledged: set it to 1"),
        ),
    });
    findings.push(match settings.value("innodb_doublewrite") {
        "OFF" | "0" => bad("innodb_doublewrite", "a power loss can leave torn pages: switch it on"),
        value => good("innodb_doublewrite", format!("innodb_doublewrite is {value}")),
    });
    if settings.is_on("log_bin") {
        findings.push(match settings.value("sync_binlog") {
            "1" => good("sync_binlog", "the binary log reaches the disk with each commit"),
            value => warning(
                "sync_binlog",
                format!("it is {value}: after a crash replicas can miss jobs: set it to 1"),
            ),
        });
        if settings.value("binlog_format") == "STATEMENT" {
            let advice = "READ COMMITTED cannot be written as statements: set binlog_format = ROW";
            findings.push(bad("binlog_format", advice));
        }
    }
    findings
}

fn writable(settings: &Settings) -> Finding {
    if settings.is_on("read_only") || settings.is_on("super_read_only") {
        bad("writes", "this server is read-only: connect to the primary server")
    } else {
        good("writes", "the server takes writes")
    }
}

fn packet(settings: &Settings, payload_bytes: usize) -> Finding {
    let most: u64 = settings.value("max_allowed_packet").parse().unwrap_or_default();
    let largest = u64::try_from(payload_bytes).unwrap_or(u64::MAX).saturating_mul(4);
    let needed = largest.saturating_add(OVERHEAD_BYTES).max(16 << 20);
    if most < needed {
        let advice = format!(
            "it is {most} bytes, and a call of large jobs can need {needed}: set max_allowed_packet = 64M"
        );
        warning("max_allowed_packet", advice)
    } else {
        good("max_allowed_packet", format!("it is {most} bytes"))
    }
}

/// Row locks of one node of a Galera cluster are unknown to the others until the commit.
fn cluster(settings: &Settings) -> Finding {
    if settings.is_on("wsrep_on") {
        let advice = "this is a node of a Galera cluster: two nodes may claim the same rows, and the later \
                      commit is repeated; let the workers of one queue use one node, and migrate on one node only";
        warning("cluster", advice)
    } else {
        good("cluster", "row locks hold for all clients")
    }
}

async fn engines(store: &MysqlStore) -> Result<Finding> {
    let home = &store.inner.home;
    // An underscore stands for any character unless it is escaped.
    let ours = home.prefix.replace('_', "\\_") + "%";
    let rows = store.question(|sql| &sql.engines, bind![&home.database, ours]?).await?;
    let names = rows.iter().map(|row| get(row, "name")).collect::<Result<Vec<String>>>()?;
    Ok(match names.as_slice() {
        [] => good("storage engine", "all tables are stored by InnoDB"),
        names => bad(
            "storage engine",
            format!(
                "{} must be stored by InnoDB: ALTER TABLE .. ENGINE = InnoDB",
                names.join(", ")
            ),
        ),
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

fn good(subject: &str, advice: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), severity: Severity::Good, advice: advice.into() }
}

fn warning(subject: &str, advice: impl Into<String>) -> Finding {
    Finding { severity: Severity::Warning, ..good(subject, advice) }
}

fn bad(subject: &str, advice: impl Into<String>) -> Finding {
    Finding { severity: Severity::Bad, ..good(subject, advice) }
}
