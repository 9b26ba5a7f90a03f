//! Measures on a private, durable PostgreSQL, by an example of the facade that drives it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Arguments;
use crate::day;
use crate::house;
use crate::servers::{ENGINES, Fleet, Purpose};

/// Pieces that a log is written in, one page and many.
const PAGE: usize = 8 << 10;
const MANY: usize = 1 << 20;
/// Times that each is written and flushed.
const PAGES: usize = 400;
const PIECES: usize = 128;
/// Jobs that go through before anything is recorded. A new server makes the files of its log while it works, and later
/// uses them again: one worker took 13.1 µs of it for each of the first million, and 11.1 to 11.5 of later ones.
const BEFORE: &str = "1000000";

/// Adds what it measures to the record, line by line.
pub(super) fn run(arguments: &Arguments, record: &Path) -> Result<()> {
    anyhow::ensure!(
        cfg!(target_os = "linux"),
        "processor time is read from /proc: measure on Linux, or write the page anew with `--page`"
    );
    let built = house::cargo([
        "build",
        "--release",
        "--locked",
        "--package=longshore",
        "--no-default-features",
        "--features=postgres",
        "--example=scale",
    ]);
    anyhow::ensure!({ built }.status()?.success(), "the release build failed");
    let driver = Driver {
        program: house::build_folder().join("release/examples/scale"),
        fleet: Fleet::guarded()?,
    };
    let launched = driver.fleet.launch(&ENGINES[0], Purpose::Benchmarks)?;
    let url = &launched.url;
    let mut record = OpenOptions::new().append(true).create(true).open(record)?;
    let mut add = |line: &str| -> Result<()> {
        println!("{line}");
        writeln!(record, "{line}").context("the record cannot be written")
    };
    add(&driver.environment(url)?)?;
    driver.each_line(&[url, "point", "2", BEFORE], &mut |_| Ok(()))?;
    if arguments.reps > 0 {
        let times = arguments.reps.to_string();
        for what in ["batches", "beside", "fetches", "starts"] {
            driver.each_line(&[url, what, &times], &mut add)?;
        }
    }
    let points =
        arguments.jobs.iter().flat_map(|jobs| arguments.workers.iter().map(|it| (*it, *jobs)));
    let last = (arguments.most > 0).then_some((2, arguments.most));
    for (workers, jobs) in points.chain(last) {
        let words = [url, "point", &workers.to_string(), &jobs.to_string()];
        driver.each_line(&words, &mut add)?;
    }
    Ok(())
}

struct Driver {
    program: std::path::PathBuf,
    fleet: Fleet,
}

impl Driver {
    /// Lines as they come: what was measured is safe whatever happens next.
    fn each_line(&self, words: &[&str], add: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
        let mut command = Command::new(&self.program);
        let mut process =
            command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let lines = process.stdout.take().context("a process without output")?;
        for line in BufReader::new(lines).lines() {
            add(&line?)?;
        }
        let status = process.wait()?;
        anyhow::ensure!(status.success(), "the measurement `{}` failed", words[1..].join(" "));
        Ok(())
    }

    /// The machine, its disk and the server.
    fn environment(&self, url: &str) -> Result<String> {
        let said = house::output_of(Command::new(&self.program).args([url, "settings"]))?;
        let server: Value = serde_json::from_str(&said)?;
        let (flush_us, log_mb_s) = disk(self.fleet.folder())?;
        let of_kernel = |file: &str, name: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_once(':').map_or("", |(_, value)| value.trim()).to_owned()
        };
        let memory = of_kernel("/proc/meminfo", "MemTotal");
        let memory: f64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let line = json!({
            "metric": "environment",
            "date": day::date(SystemTime::now())?,
            "cpu": of_kernel("/proc/cpuinfo", "model name"),
            "cores": std::thread::available_parallelism()?.get(),
            "memory_gib": (memory / 1024.0 / 1024.0).round(),
            "kernel": kernel.trim(),
            "fdatasync_us": flush_us.round(),
            "log_mb_s": log_mb_s.round(),
            "server": server["server"],
            "settings": server["settings"],
        });
        Ok(line.to_string())
    }
}

/// How long a page takes to be on disk, in µs, and how many MB a second are when many are written at once.
fn disk(folder: &Path) -> Result<(f64, f64)> {
    let path = folder.join("log-like");
    let file = File::create(&path)?;
    let many = vec![1u8; MANY];
    for place in 0..PIECES {
        file.write_all_at(&many, (place * MANY) as u64)?;
    }
    file.sync_all()?;
    let timed = |size: usize, times: usize| -> Result<Vec<f64>> {
        let write = |place: usize| -> Result<f64> {
            let begun = Instant::now();
            file.write_all_at(&many[..size], (place * size) as u64)?;
            file.sync_data()?;
            Ok(begun.elapsed().as_secs_f64())
        };
        let mut times = (0..times).map(write).collect::<Result<Vec<_>>>()?;
        times.sort_by(f64::total_cmp);
        Ok(times)
    };
    let (page, piece) = (timed(PAGE, PAGES)?, timed(MANY, PIECES)?);
    fs::remove_file(&path)?;
    let all: f64 = piece.iter().sum();
    Ok((page[PAGES / 2] * 1e6, (PIECES * MANY) as f64 / 1e6 / all))
}
