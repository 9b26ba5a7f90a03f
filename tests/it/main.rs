//! End to end: the real binary as a process, on real databases.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect has failed")]

mod commands;
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
mod settings;
mod stops;
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

            #[test]
            fn on_postgres_15() {
                crate::place::Place::on_postgres("LONGSHORE_TEST_POSTGRES_15", super::$name);
            }

            #[test]
            fn on_postgres_18() {
                crate::place::Place::on_postgres("LONGSHORE_TEST_POSTGRES_18", super::$name);
            }

            #[test]
            fn on_mariadb() {
                crate::place::Place::on_mysql("LONGSHORE_TEST_MARIADB", super::$name);
            }

            #[test]
            fn on_mysql() {
                crate::place::Place::on_mysql("LONGSHORE_TEST_MYSQL", super::$name);
            }
        }
    )+};
}
use on_every_engine;
