//! The storage against real servers: the shared suite, and what is special here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "it/server.rs"]
mod server;

/// All tests on one server, in a module of its name.
macro_rules! on_server {
    ($name:ident, $server:literal) => {
        mod $name {
            mod shared {
                longshore_conformance::conformance!(crate::server::Fresh::on($server).await);
            }
        }
    };
}

on_server!(mariadb, "LONGSHORE_TEST_MARIADB");
on_server!(mysql, "LONGSHORE_TEST_MYSQL");
