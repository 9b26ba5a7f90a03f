//! Processor time that processes have spent, and bytes that they have sent each other, as Linux tells.

use std::{collections::BTreeMap, fs, path::Path};

/// Of the processes that have ended the kernel tells hundredths of a second.
const TICK: f64 = 10_000.0;

/// Microseconds by what they were spent for.
pub(crate) type Spent = BTreeMap<&'static str, f64>;

/// Of all threads of a process that live.
pub(crate) fn of_process(pid: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    threads.filter_map(|thread| on_processor(&thread.path())).sum()
}

/// Of the children of a PostgreSQL server's first process, but for one.
pub(crate) fn of_server(first: u32, except: u32) -> Spent {
    let mut spent: Spent = ROLES.iter().map(|(role, _)| (*role, 0.0)).collect();
    spent.insert(OTHERS, 0.0);
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = process.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if parent(pid) == Some(first) && pid != except {
            *spent.entry(role(pid)).or_default() +=
                on_processor(&process.path()).unwrap_or_default();
        }
    }
    // While something is measured its connections stay: what ends is what vacuumed.
    *spent.entry("vacuum").or_default() += ended(first).unwrap_or_default();
    spent
}

/// The process that started this one.
pub(crate) fn parent(pid: u32) -> Option<u32> {
    field(pid, 3)?.parse().ok()
}

/// Bytes that this machine has sent to itself.
pub(crate) fn sent_to_itself() -> f64 {
    let told = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let line = told.lines().find_map(|line| line.trim().strip_prefix("lo:"));
    let bytes = line.and_then(|line| line.split_whitespace().next());
    bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or_default()
}

/// Beginnings of what a process of PostgreSQL calls itself.
const ROLES: [(&str, &[&str]); 3] = [
    ("log", &["walwriter"]),
    ("pages", &["checkpointer", "background writer", "io worker"]),
    ("vacuum", &["autovacuum"]),
];
const OTHERS: &str = "connections";

fn role(pid: u32) -> &'static str {
    let called = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let called = called.trim_start_matches("postgres: ");
    let found = ROLES.iter().find(|(_, names)| names.iter().any(|name| called.starts_with(name)));
    found.map_or(OTHERS, |(role, _)| role)
}

/// Microseconds of a thread, or of a process with one thread.
fn on_processor(folder: &Path) -> Option<f64> {
    let told = fs::read_to_string(folder.join("schedstat")).ok()?;
    Some(told.split_whitespace().next()?.parse::<f64>().ok()? / 1000.0)
}

/// Of the children that have ended.
fn ended(pid: u32) -> Option<f64> {
    let ticks = |number| field(pid, number)?.parse::<f64>().ok();
    Some((ticks(15)? + ticks(16)?) * TICK)
}

/// A field of a process's `stat`, from 0; the name before them may hold blanks.
fn field(pid: u32, number: usize) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(number - 2).map(str::to_owned)
}
