//! Bars on stderr for work that takes long, where stderr is a terminal; logs stay above them.

use std::{
    io::{self, Write},
    sync::LazyLock,
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressFinish, ProgressStyle};
use longshore::worker::{Event, Running};

/// All bars: whoever else writes to stderr pushes them aside.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// A bar of work whose end is known.
pub(crate) fn bar(what: &'static str, total: usize) -> ProgressBar {
    let template = "{prefix:>10} [{bar:40}] {pos}/{len}  {per_sec}  {eta}";
    let bar = show(what, template);
    bar.set_length(total as u64);
    bar
}

/// A count of work whose end is not known.
pub(crate) fn count(what: &'static str) -> ProgressBar {
    show(what, "{prefix:>10} {spinner} {pos}  {per_sec}  {elapsed}")
}

fn show(what: &'static str, template: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = BARS.add(ProgressBar::new(0)).with_finish(ProgressFinish::AndClear);
    let bar = bar.with_style(style.progress_chars("=> ")).with_prefix(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Lets a bar follow the finished runs of a worker, as long as the worker lives. Costs nothing where
/// nobody can see it.
pub(crate) fn follow(running: &Running, bar: &ProgressBar) {
    if bar.is_hidden() {
        return;
    }
    let (mut events, bar) = (running.events(), bar.clone());
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            match event {
                Event::Finished(_) => bar.inc(1),
                // A start and an end for each job.
                Event::Missed(events) => bar.inc(events / 2),
                _ => {}
            }
        }
    });
}

/// Stderr, written above the bars.
#[derive(Debug)]
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| io::stderr().lock().write_all(text))?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}
