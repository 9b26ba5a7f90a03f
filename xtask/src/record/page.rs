//! The tables of the page, written from the record between two marks; all else on the page is written by hand.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{
    Comparison, DATABASES, DURABILITY, FIGURES, Figure, Line, OURS, Record, SYSTEM, Spread,
};

/// The page.
pub(crate) const PAGE: &str = "docs/benchmarks.md";
/// In the order of the tables.
const PHASES: [&str; 4] = ["bulk", "drain", "single", "latency"];
/// What the environment has besides settings.
const FACTS: [&str; 7] =
    ["cpu", "cores", "memory_gib", "kernel", "filesystem", "fdatasync_us", "server"];

/// The page with the tables as the record has them.
pub(crate) fn rewritten(page: &str, record: &Record) -> Result<String> {
    let mut page = page.to_owned();
    for database in DATABASES {
        let (begin, end) = (format!("<!-- measured: {database} -->\n"), "<!-- end -->");
        let from = page.find(&begin).map(|at| at + begin.len());
        let from = from.with_context(|| format!("{PAGE} lacks the line {}", begin.trim_end()))?;
        let to = page[from..].find(end).map(|at| at + from);
        let to = to.with_context(|| format!("{PAGE} lacks {end} after {}", begin.trim_end()))?;
        page.replace_range(from..to, &chapter(record, database));
    }
    Ok(page)
}

fn chapter(record: &Record, database: &str) -> String {
    let mut text = String::new();
    if let Some(line) = record.environment(database) {
        text += &environment(line, record.date(database));
    }
    let systems = record.systems(database);
    text += &measured(record, database);
    text += &table(record, database, &systems);
    text += &ratios(&record.compare_itself(database), database);
    text += &remarks(record, database, &systems);
    text
}

fn environment(line: &Line, date: &str) -> String {
    let fact = |name: &str| line.rest.get(name).map(plain);
    let mut facts: Vec<String> = fact("server").into_iter().collect();
    facts.extend(fact("cores").map(|cores| {
        let cpu = fact("cpu").map_or_else(String::new, |cpu| format!(" of an {cpu}"));
        format!("{cores} cores{cpu}, for client and server together")
    }));
    facts.extend(fact("memory_gib").map(|memory| format!("{memory} GiB of memory")));
    facts.extend(fact("kernel").map(|kernel| format!("Linux {kernel}")));
    facts.extend(fact("filesystem"));
    facts.extend(fact("fdatasync_us").map(|time| format!("an `fdatasync` takes {time} µs")));
    let settings = line.rest.iter().filter(|(name, _)| !FACTS.contains(&name.as_str()));
    let settings: Vec<_> =
        settings.map(|(name, value)| format!("`{name} = {}`", plain(value))).collect();
    format!("\nOf {date}: {}. Settings: {}.\n", facts.join("; "), settings.join(", "))
}

fn measured(record: &Record, database: &str) -> String {
    let repetitions: BTreeSet<u64> = record.of(database).filter_map(|line| line.rep).collect();
    let jobs = |phase: &str| {
        let ours = record.of(database).find(|line| line.peer == OURS && line.metric == phase);
        ours.and_then(|line| line.jobs).map_or_else(String::new, |jobs| grouped(jobs as f64, 0))
    };
    let how = match repetitions.len() {
        0 | 1 => "One repetition, which is little".to_owned(),
        count => format!("Medians of {count} interleaved repetitions, with the least and the most"),
    };
    format!(
        "{how}; {} jobs in bulk and drain, {} in single, {} in latency.\n\n",
        jobs("bulk"),
        jobs("single"),
        jobs("latency")
    )
}

fn table(record: &Record, database: &str, systems: &[&str]) -> String {
    let mut text = String::from("| |");
    let mut rule = String::from("|---|");
    for figure in &FIGURES {
        let _ = write!(text, " {} |", name(figure, database));
        rule += "---:|";
    }
    let _ = writeln!(text, "\n{rule}");
    let value = |figure, system| record.spread(figure, database, system);
    let compared = record.compared(database);
    for system in systems {
        let shown_name = if *system == OURS { "**longshore**" } else { system };
        let _ = write!(text, "| {shown_name} |");
        for figure in &FIGURES {
            let medians = compared.iter().filter_map(|it| Some(value(figure, it)?.median));
            let best = if figure.is_rate {
                medians.max_by(f64::total_cmp)
            } else {
                medians.min_by(f64::total_cmp)
            };
            let cell = match value(figure, system) {
                Some(spread) => {
                    let is_best = compared.contains(system) && best == Some(spread.median);
                    cell(figure, spread, is_best)
                }
                None => "-".to_owned(),
            };
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    text
}

fn cell(figure: &Figure, spread: Spread, is_best: bool) -> String {
    let Spread { least, median, most } = spread;
    let median = shown(figure, median);
    let bold = if is_best { format!("**{median}**") } else { median.clone() };
    let (least, most) = (shown(figure, least), shown(figure, most));
    if least == most { bold } else { format!("{bold} ({least} – {most})") }
}

fn ratios(compared: &[Comparison], database: &str) -> String {
    let mut text = String::from("\n| against the best of the others | ratio | |\n|---|---:|---|\n");
    for it in compared {
        let ratio = format!("{:.2} ×", it.ratio());
        let ratio = if it.loses() { format!("**{ratio}: we lose**") } else { ratio };
        let _ = writeln!(text, "| {} | {ratio} | {} |", name(it.figure, database), it.peer);
    }
    text
}

impl Comparison {
    /// As it is shown: a difference that nobody sees is none.
    pub(super) fn loses(&self) -> bool {
        self.ratio() < 0.995
    }
}

fn remarks(record: &Record, database: &str, systems: &[&str]) -> String {
    let mut text = String::new();
    let repetitions = record.of(database).filter_map(|line| line.rep).max();
    let bulk = |system: &str| {
        let line = record.of(database).find(|line| line.peer == system && line.metric == "bulk");
        line.and_then(|line| line.jobs)
    };
    for system in systems {
        if let Some(level) = record.less_durable(database, system) {
            let _ = writeln!(
                text,
                "- {system} has `{DURABILITY} = {level}`: a power loss may take commits. It is shown, and not compared."
            );
        }
        if let Some(jobs) = bulk(system).filter(|jobs| Some(*jobs) != bulk(OURS)) {
            let jobs = grouped(jobs as f64, 0);
            let _ = writeln!(text, "- {system} got {jobs} jobs in bulk and drain.");
        }
        for phase in PHASES {
            let of_phase = |line: &&Line| line.peer == *system && line.metric == phase;
            let (failed, done): (Vec<_>, Vec<_>) =
                record.of(database).filter(of_phase).partition(|line| line.error.is_some());
            let done = done.len() as u64;
            if done > 0 && Some(done) < repetitions {
                let _ = writeln!(text, "- {system}: {phase} is of {done} repetitions.");
            }
            for error in failed.iter().filter_map(|line| line.error.as_deref()) {
                let _ = writeln!(text, "- {system} failed in {phase}: {}", words_of(error));
            }
        }
        let what = record
            .of(database)
            .find(|line| line.metric == SYSTEM && line.peer == *system)
            .and_then(|line| line.what.as_deref());
        if let Some(what) = what {
            let _ = writeln!(text, "- {system}: {what}.");
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// The first line of somebody else's words, as text that cannot be taken for marks.
fn words_of(error: &str) -> String {
    let line: String = error.lines().next().unwrap_or_default().chars().take(160).collect();
    format!("`{}`", line.replace('`', "'"))
}

/// What the figure is called there.
fn name(figure: &Figure, database: &str) -> String {
    let log = match database {
        "postgres" => "WAL bytes",
        "mysql" => "redo bytes",
        _ => "bytes written",
    };
    match figure.name.strip_prefix("log bytes") {
        Some(rest) => format!("{log}{rest}"),
        None => figure.name.to_owned(),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A figure as people read it: `38,212`, `2.5`.
pub(crate) fn shown(figure: &Figure, value: f64) -> String {
    grouped(value, figure.digits)
}

/// With so many digits after the point.
pub(crate) fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let groups = whole.as_bytes().rchunks(3).rev().filter_map(|it| std::str::from_utf8(it).ok());
    groups.collect::<Vec<_>>().join(",") + rest
}

#[cfg(test)]
mod tests {
    use super::super::tests::RUN;
    use super::*;

    const EMPTY: &str = "Before.\n<!-- measured: postgres -->\n<!-- end -->\n<!-- measured: mysql -->\n\
                         <!-- end -->\n<!-- measured: sqlite -->\nold\n<!-- end -->\nAfter.\n";

    #[test]
    fn the_page_tells_what_the_record_has_and_where_we_lose() {
        let record = Record::parse(RUN).unwrap();
        let page = rewritten(EMPTY, &record).unwrap();
        for told in [
            "Of 2026-01-02: SQLite; 2 cores of an Slow",
            "Settings: `synchronous = FULL`.",
            "Medians of 2 interleaved repetitions",
            "| **longshore** | **50** | **20** | - | - | - | 114 |",
            "| a | 20 (10 – 30) | 10 | - | 3.0 | - | **57** (47 – 67) |",
            "| bulk enqueue/s | 2.50 × | a |",
            "| bytes written a job | **0.50 ×: we lose** | a |",
            "- a: crate a 1.0.",
            "- b got 50 jobs in bulk and drain.",
            "- b: latency is of 1 repetitions.\n- b failed in latency: `222 of 400 jobs ran`",
        ] {
            assert!(page.contains(told), "{told} is not in\n{page}");
        }
        assert!(page.starts_with("Before.\n") && page.ends_with("<!-- end -->\nAfter.\n"));
        assert!(!page.contains("old\n"));
        assert_eq!(rewritten(&page, &record).unwrap(), page, "once more changes nothing");
    }

    #[test]
    fn a_page_without_the_marks_is_refused() {
        let record = Record::parse(RUN).unwrap();
        let refused = rewritten(&EMPTY.replace("mysql", "oracle"), &record).unwrap_err();
        assert!(refused.to_string().contains("<!-- measured: mysql -->"), "{refused}");
    }

    #[test]
    fn figures_are_shown_as_people_read_them() {
        assert_eq!(shown(&FIGURES[0], 1_234_567.4), "1,234,567");
        assert_eq!(shown(&FIGURES[0], 910.7), "911");
        assert_eq!(shown(&FIGURES[3], 2.518), "2.5");
    }
}
