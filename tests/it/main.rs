//! End to end: the real binary as a process, on real databases.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect has failed")]

mod clocks;
mod commands;
mod costs;
mod crashes;
mod demo;
mod inputs;
mod jobs;
mod measurements;
mod monitoring;
mod place;
mod process;
mod programs;
mod restarts;
mod rights;
mod said;
mod settings;
mod stops;
mod stuck;
#[cfg(feature = "otel")]
mod traces;
mod weeks;
mod wreck;

/// Makes one test for each engine of a function that takes a [`place::Place`].
macro_rules! on_every_engine {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[test]
            fn on_sqlite() {
                super::$name(&crate::place::Place::on_sqlite());
            }

            crate::on_every_server!(@of super::$name);
        }
    )+};
}
use on_every_engine;

/// The same without SQLite, where nobody else is.
macro_rules! on_every_server {
    (@of $test:path) => {
        #[test]
        fn on_postgres_15() {
            crate::place::Place::on_postgres("LONGSHORE_TEST_POSTGRES_15", $test);
        }

        #[test]
        fn on_postgres_18() {
            crate::place::Place::on_postgres("LONGSHORE_TEST_POSTGRES_18", $test);
        }

        #[test]
        fn on_mariadb() {
            crate::place::Place::on_mysql("LONGSHORE_TEST_MARIADB", $test);
        }

        #[test]
        fn on_mysql() {
            crate::place::Place::on_mysql("LONGSHORE_TEST_MYSQL", $test);
        }
    };
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            crate::on_every_server!(@of super::$name);
        }
    )+};
}
use on_every_server;
