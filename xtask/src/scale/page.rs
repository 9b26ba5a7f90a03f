//! The tables of the page, written from the record between marks; all else on the page is written by hand.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};

use super::model::{Call, Cost, Model, OPS};
use super::predict::{Check, Life, Prediction, Study};
use super::record::{Line, Record};
use crate::record::grouped;

/// The page.
pub(crate) const PAGE: &str = "docs/scale.md";
/// Sizes of batches that people think in.
const BATCHES: [u64; 4] = [1, 10, 100, 1000];
/// Logs, by the MB that they write in a second.
const LOGS: [f64; 5] = [125.0, 250.0, 500.0, 1000.0, 2000.0];
/// Runs, by their seconds.
const RUNS: [(&str, f64); 3] = [("1 ms", 0.001), ("10 ms", 0.01), ("1 s", 1.0)];
const RATES: [f64; 4] = [100.0, 1_000.0, 10_000.0, 100_000.0];
/// Slots of a worker, of which one core serves many as long as runs wait for others.
const SLOTS: f64 = 1000.0;

/// The page with the tables as the record has them.
pub(super) fn rewritten(page: &str, study: &Study) -> Result<String> {
    let Study { record, model, life, .. } = study;
    let parts = [
        ("machine", machine(&record.machine)),
        ("costs", costs(model)),
        ("batches", batches(record, model)),
        ("bulk", checked(&study.bulk)),
        ("drain", checked(&study.drain)),
        ("sizes", sizes(record)),
        ("bytes", bytes(record)),
        ("crowd", crowds(model)),
        ("servers", predicted(&study.servers, life)),
        ("logs", logs(life)),
        ("slots", slots(life)),
    ];
    let mut page = page.to_owned();
    for (name, text) in parts {
        let (begin, end) = (format!("<!-- scale: {name} -->\n"), "<!-- end -->");
        let from = page.find(&begin).map(|at| at + begin.len());
        let from = from.with_context(|| format!("{PAGE} lacks the line {}", begin.trim_end()))?;
        let to = page[from..].find(end).map(|at| at + from);
        let to = to.with_context(|| format!("{PAGE} lacks {end} after {}", begin.trim_end()))?;
        page.replace_range(from..to, &text);
    }
    Ok(page)
}

fn machine(it: &Line) -> String {
    let settings: Vec<_> =
        it.settings.iter().map(|(name, value)| format!("`{name} = {value}`")).collect();
    format!(
        "\nOf {}: {}; {} cores of an {}, for clients and server together; {} GiB of memory; Linux {}; an \
         `fdatasync` of 8 KiB takes {} µs, and {} MB a second are written when each MB is flushed. Settings: {}.\n",
        it.date,
        it.server,
        it.cores,
        it.cpu,
        it.memory_gib,
        it.kernel,
        grouped(it.fdatasync_us, 0),
        grouped(it.log_mb_s, 0),
        settings.join(", "),
    )
}

/// What was fitted.
fn costs(model: &Model) -> String {
    let mut text = String::from(
        "\n| | server, µs | client, µs | log, bytes | waits, µs |\n|---|---:|---:|---:|---:|\n",
    );
    let cell =
        |cost: Cost, digits| format!("{} + {}", grouped(cost.job, digits), grouped(cost.call, 0));
    for (op, call) in model.calls() {
        let _ = writeln!(
            text,
            "| {op} | {} | {} | {} | {} |",
            cell(call.server, 1),
            cell(call.client, 1),
            cell(call.log, 0),
            cell(call.wait, 1),
        );
    }
    let _ = writeln!(text, "| a worker, besides its calls | | {} | | |", grouped(model.run, 1));
    let starts = [("producer", &model.producer_starts), ("worker", &model.worker_starts)];
    for (who, Call { server, client, wait, .. }) in starts {
        let [server, client, wait] = [server, client, wait].map(|cost| grouped(cost.call, 0));
        let _ = writeln!(text, "| a {who}'s beginning | {server} | {client} | | {wait} |");
    }
    text
}

/// Measured and fitted, side by side.
fn batches(record: &Record, model: &Model) -> String {
    let mut text = String::from("\n| jobs in a call |");
    OPS.iter().for_each(|op| text += &format!(" {op} |"));
    text += " the whole life | log, bytes |\n|---:|---:|---:|---:|---:|---:|\n";
    for batch in BATCHES {
        let fitted = model.calls().map(|(_, call)| call.server.each(batch as f64));
        let measured = OPS.map(|op| record.median(op, batch, Line::connections_us));
        let log: f64 = OPS.iter().map(|op| record.median(op, batch, |it| it.log_bytes)).sum();
        let _ = write!(text, "| {} |", grouped(batch as f64, 0));
        for (measured, fitted) in measured.iter().zip(fitted) {
            let _ = write!(text, " {} ({}) |", digits(*measured), digits(fitted));
        }
        let (measured, fitted) = (measured.iter().sum(), fitted.iter().sum());
        let _ =
            writeln!(text, " {} ({}) | {} |", digits(measured), digits(fitted), grouped(log, 0));
    }
    text
}

/// By jobs and workers: measured, predicted, and how far that is off.
fn checked(all: &[Check]) -> String {
    let workers: BTreeSet<u64> = all.iter().map(|it| it.measured.workers).collect();
    let jobs: BTreeSet<u64> = all.iter().map(|it| it.measured.jobs).collect();
    let mut text = String::from("\n| jobs |");
    let mut rule = String::from("|---:|");
    for workers in &workers {
        let _ = write!(text, " {workers} |");
        rule += "---:|";
    }
    let _ = writeln!(text, "\n{rule}");
    for jobs in jobs {
        let _ = write!(text, "| {} |", grouped(jobs as f64, 0));
        for workers in &workers {
            let of = |it: &&Check| it.measured.jobs == jobs && it.measured.workers == *workers;
            let cell = all.iter().find(of).map_or_else(String::new, |it| {
                let (rate, predicted) = (it.measured.rate, it.predicted.rate);
                let error = it.error() * 100.0;
                format!("{} → {} ({error:+.0} %)", grouped(rate, 0), grouped(predicted, 0))
            });
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    let off = all.iter().map(|it| it.error().abs()).sum::<f64>() / all.len().max(1) as f64;
    let _ = writeln!(text, "\nOff by {:.0} % in the mean.", off * 100.0);
    text
}

/// What grows with the tables, and what does not.
fn sizes(record: &Record) -> String {
    let mut text = String::from(
        "\n| | jobs | workers | connections, µs | log, µs | pages, µs | vacuum, µs | clients, µs | log, bytes | \
         sent, bytes | jobs a commit | a flush, µs |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    // Each enqueue is one commit, each run two.
    for (phase, calls) in [("bulk", 1.0), ("drain", 2.0)] {
        for line in record.of(phase) {
            let us = |role: &str| digits(line.server_us.get(role).copied().unwrap_or_default());
            let _ = writeln!(
                text,
                "| {phase} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                grouped(line.jobs as f64, 0),
                line.workers,
                us("connections"),
                us("log"),
                us("pages"),
                us("vacuum"),
                digits(line.client_us),
                grouped(line.log_bytes, 0),
                grouped(line.sent_bytes, 0),
                grouped(calls * line.jobs as f64 / line.commits.max(1.0), 0),
                grouped(line.flush_us, 0),
            );
        }
    }
    text
}

/// On disk when the largest drain was over.
fn bytes(record: &Record) -> String {
    let Some(line) = record.largest("drain") else { return String::new() };
    let mut text = format!(
        "\nOf {} jobs, when all had run; bytes a job.\n\n| | table | indexes | stays |\n|---|---:|---:|---|\n",
        grouped(line.jobs as f64, 0)
    );
    let stays = [
        ("jobs", "until its week is dropped"),
        ("attempts", "until its week is dropped"),
        ("queue", "room for the next jobs, once vacuumed"),
        ("leases", "room for the next jobs, once vacuumed"),
    ];
    for (table, stays) in stays {
        let [heap, indexes] = line.bytes.get(table).copied().unwrap_or_default();
        let (heap, indexes) = (grouped(heap, 0), grouped(indexes, 0));
        let _ = writeln!(text, "| `{table}` | {heap} | {indexes} | {stays} |");
    }
    text
}

/// How much dearer calls are among others.
fn crowds(model: &Model) -> String {
    let processes = model.enqueue.crowd.factors().iter().map(|(processes, _)| *processes);
    let mut text = String::from("\n| processes |");
    let mut rule = String::from("|---|");
    for processes in processes {
        let _ = write!(text, " {} |", grouped(processes, 0));
        rule += "---:|";
    }
    let _ = writeln!(text, "\n{rule}");
    for (op, call) in model.calls() {
        let _ = write!(text, "| {op} |");
        call.crowd.factors().iter().for_each(|(_, factor)| text += &format!(" {factor:.2} |"));
        text.push('\n');
    }
    text
}

fn predicted(servers: &[Prediction], life: &Life) -> String {
    let mut text = String::from("\n| |");
    servers.iter().for_each(|it| text += &format!(" {} cores |", it.cores));
    text += "\n|---|";
    text += &"---:|".repeat(servers.len());
    text.push('\n');
    let mut row = |name: &str, cell: &dyn Fn(&Prediction) -> String| {
        let cells: Vec<_> = servers.iter().map(cell).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    };
    let range = |of: &dyn Fn(f64) -> f64, digits: usize, it: &Prediction| {
        format!("{} – {}", grouped(of(it.least), digits), grouped(of(it.most), digits))
    };
    row("jobs a second", &|it| {
        let [least, most] = [it.least, it.most].map(|rate| grouped(round(rate), 0));
        format!("**{least} – {most}**")
    });
    row("workers, and as many producers", &|it| {
        format!("{} – {}", it.least_workers, it.most_workers)
    });
    row("jobs a day, in billions", &|it| {
        let [least, most] = it.a_day();
        format!("{} – {}", grouped(least / 1e9, 1), grouped(most / 1e9, 1))
    });
    row("log, MB a second", &|it| range(&|rate| rate * life.log_bytes / 1e6, 0, it));
    row("log, TB a day", &|it| range(&|rate| life.log_tb_a_day(rate), 1, it));
    row("network, MB a second", &|it| range(&|rate| rate * life.sent_bytes / 1e6, 0, it));
    row("cores of the clients", &|it| range(&|rate| rate * life.client_us / 1e6, 1, it));
    row("of the server's, for vacuum", &|it| range(&|rate| rate * life.vacuum_us / 1e6, 1, it));
    row("kept for four weeks, TB", &|it| range(&|rate| life.kept_tb(rate), 0, it));
    text
}

fn logs(life: &Life) -> String {
    let mut text = String::from("\n| the log writes, MB a second | jobs a second |\n|---:|---:|\n");
    for speed in LOGS {
        let rate = grouped(round(life.rate_of_log(speed)), 0);
        let _ = writeln!(text, "| {} | {rate} |", grouped(speed, 0));
    }
    text
}

/// Little's law: in flight is what comes in a second, times what it takes.
fn slots(life: &Life) -> String {
    let mut text = String::from("\n| jobs a second |");
    RUNS.iter().for_each(|(name, _)| text += &format!(" slots (workers), runs of {name} |"));
    text += " cores of the clients, without the runs' own |\n|---:|";
    text += &"---:|".repeat(RUNS.len() + 1);
    text.push('\n');
    for rate in RATES {
        let _ = write!(text, "| {} |", grouped(rate, 0));
        for (_, seconds) in RUNS {
            let slots = (rate * seconds).ceil().max(1.0);
            let (workers, slots) = (grouped((slots / SLOTS).ceil(), 0), grouped(slots, 0));
            let _ = write!(text, " {slots} ({workers}) |");
        }
        let _ = writeln!(text, " {} |", grouped(rate * life.client_us / 1e6, 2));
    }
    text
}

/// A prediction has two digits at most that mean anything.
fn round(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1.0).log10().floor() - 1.0);
    (value / power).round() * power
}

fn digits(value: f64) -> String {
    grouped(value, usize::from(value < 100.0))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::record::tests::made_up;
    use super::*;

    pub(crate) fn empty() -> String {
        let names = [
            "machine", "costs", "crowd", "batches", "bulk", "drain", "sizes", "bytes", "servers",
            "logs", "slots",
        ];
        names.map(|name| format!("<!-- scale: {name} -->\nold\n<!-- end -->\n")).concat()
    }

    #[test]
    fn the_page_tells_what_the_record_has() {
        let study = Study::of(Record::parse(&made_up()).unwrap()).unwrap();
        let page = rewritten(&empty(), &study).unwrap();
        for told in [
            "Of 2026-01-02: PostgreSQL 15; 2 cores of an Slow",
            "| claim | 10.0 + 200 | 2.0 + 50 | 500 + 100 |",
            "| a worker, besides its calls | | 3.0 | | |",
            "| 100 | 12.0 (12.0) | 12.0 (12.0) | 12.0 (12.0) | 36.0 (36.0) | 1,503 |",
            "| 10,000 | 40,000 → ",
            "| drain | 100,000 | 2 | 22.0 | 0.5 | 1.0 | 0.5 | 6.0 | 700 | 400 | 1,000 | 150 |",
            "| `jobs` | 300 | 60 | until its week is dropped |",
            "| processes | 1 | 3 |",
            "| claim | 1.00 | 1.20 |",
            "| 500 | 360,000 |",
            "| 1,000 | 1 (1) | 10 (1) | 1,000 (1) | 0.01 |",
            "| 100,000 | 100 (1) | 1,000 (1) | 100,000 (100) | 1.20 |",
        ] {
            assert!(page.contains(told), "{told} is not in\n{page}");
        }
        assert!(!page.contains("old\n"));
        assert_eq!(rewritten(&page, &study).unwrap(), page, "once more changes nothing");
    }

    #[test]
    fn a_page_without_the_marks_is_refused() {
        let study = Study::of(Record::parse(&made_up()).unwrap()).unwrap();
        let refused = rewritten(&empty().replace("logs", "lags"), &study).unwrap_err();
        assert!(refused.to_string().contains("<!-- scale: logs -->"), "{refused}");
    }
}
