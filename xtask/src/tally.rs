//! Counts what tests said while it passes on every line of their output, and keeps what the failed ones said.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

use crate::test::TESTED_ON;

/// How many lines of a failed test are repeated.
const REPEATED: usize = 60;

/// How many tests passed and failed, and where they ran.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// The line that says on which databases.
    pub(crate) tested_on: Option<String>,
    /// What failed tests said, with their names, to be read at the end of a long output.
    pub(crate) failures: Vec<String>,
    /// Whether the lines that come are those of a failed test.
    is_failure: bool,
}

impl Tally {
    /// Runs a command, shows its standard output as it comes, and counts the tests in it.
    pub(crate) fn of(command: &mut Command) -> Result<(Self, ExitStatus)> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let mut tally = Self::default();
        let output = child.stdout.take().context("the command has no output")?;
        for line in BufReader::new(output).split(b'\n') {
            let line = line?;
            tally.add(&String::from_utf8_lossy(&line));
            let mut shown = std::io::stdout().lock();
            shown.write_all(&line)?;
            shown.write_all(b"\n")?;
        }
        Ok((tally, child.wait()?))
    }

    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; ...`, or keeps the one that
    /// names the databases.
    fn add(&mut self, line: &str) {
        if line.starts_with(TESTED_ON) {
            self.tested_on = Some(line.to_owned());
        }
        self.keep_failure(line);
        let Some((_, counts)) = line.split_once("test result: ") else { return };
        let count = |what: &str| {
            let before = counts.split_once(what).map_or("", |(before, _)| before);
            before.split_whitespace().last().and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        self.passed += count(" passed");
        self.failed += count(" failed");
    }

    /// A failed test's output has its name above it, and below the last one stands the list of all of them.
    fn keep_failure(&mut self, line: &str) {
        let begins = line.starts_with("---- ") && line.ends_with(" stdout ----");
        if begins {
            self.failures.push(String::new());
        }
        self.is_failure = begins || self.is_failure && line != "failures:";
        if let Some(said) = self.failures.last_mut().filter(|_| self.is_failure)
            && said.lines().count() < REPEATED
        {
            said.push_str(line);
            said.push('\n');
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_test_programs_are_added_up() {
        let mut tally = Tally::default();
        tally.add("running 3 tests");
        tally.add("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        tally
            .add("test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.add("tested on SQLite, PostgreSQL 17 in the place of PostgreSQL 15");
        assert_eq!((tally.passed, tally.failed), (13, 2));
        assert!(tally.tested_on.as_ref().is_some_and(|line| line.ends_with("PostgreSQL 15")));
        assert_eq!(tally.to_string(), "13 passed, 2 failed");
    }

    #[test]
    fn what_failed_tests_said_is_kept_and_nothing_else() {
        let mut tally = Tally::default();
        let output =
            "test a ... FAILED\nfailures:\n\n---- a stdout ----\nleft: 1\n\n---- b stdout ----\n";
        let more = "right: 2\n\n".repeat(REPEATED) + "failures:\n    a\n    b\n\ntest c ... ok\n";
        (output.to_owned() + &more).lines().for_each(|line| tally.add(line));
        let [a, b] = &tally.failures[..] else { panic!("{:?}", tally.failures) };
        assert_eq!(a, "---- a stdout ----\nleft: 1\n\n");
        assert!(b.starts_with("---- b stdout ----\nright: 2\n\nright"));
        assert_eq!(b.lines().count(), REPEATED);
    }
}
