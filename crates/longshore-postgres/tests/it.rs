//! The storage against real servers: the shared suite, and what is special here.

#[path = "it/server.rs"]
mod server;

macro_rules! on_server {
    ($name:ident, $server:literal) => {
        mod $name {
            mod shared {
                longshore_conformance::conformance!(crate::server::Fresh::on($server).await);
            }
        }
    };
}

on_server!(postgres_15, "LONGSHORE_TEST_POSTGRES_15");
on_server!(postgres_18, "LONGSHORE_TEST_POSTGRES_18");
