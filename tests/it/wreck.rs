//! A server of a test's own, which may crash.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A server that `xtask wreck` keeps; it is removed when this is dropped, or when the test is killed.
pub(crate) struct Wreck {
    chore: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Wreck {
    /// A server of the same engine as the one that a variable names. `None`, with a word about it, if
    /// there is none, or nobody to keep it.
    pub(crate) fn beside(variable: &str) -> Option<Self> {
        let (Some(xtask), Some(_)) = (env::var_os("LONGSHORE_TEST_XTASK"), env::var_os(variable))
        else {
            // As for any other test: see `place.rs`.
            assert!(
                env::var_os("LONGSHORE_TEST_REQUIRE").is_none()
                    || variable == "LONGSHORE_TEST_MYSQL",
                "nobody keeps a server that may crash: run the tests with `cargo xtask test`",
            );
            eprintln!(
                "SKIPPED: {variable} or LONGSHORE_TEST_XTASK is not set; `cargo xtask test` does"
            );
            return None;
        };
        let engine =
            variable.trim_start_matches("LONGSHORE_TEST_").replace('_', "-").to_lowercase();
        let mut chore = Command::new(xtask)
            .args(["wreck", &engine])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = chore.stdin.take();
        let answers = BufReader::new(chore.stdout.take().unwrap());
        let mut wreck = Self { chore, orders, answers, url: String::new() };
        wreck.url = wreck.answer();
        Some(wreck)
    }

    /// It ends at once and writes nothing more; connections are refused.
    pub(crate) fn crash(&mut self) {
        self.order("crash");
    }

    /// PostgreSQL starts again and answers everybody that it lets nobody in yet.
    pub(crate) fn recover(&mut self) {
        self.order("recover");
    }

    /// It has recovered, and lets everybody in.
    pub(crate) fn open(&mut self) {
        self.order("open");
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders.as_ref().unwrap(), "{order}").unwrap();
        assert_eq!(self.answer(), "done", "{order}");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Wreck {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.chore.wait();
    }
}
