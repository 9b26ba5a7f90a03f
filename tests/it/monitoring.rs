//! What a working process shows over HTTP: its metrics, and whether it is alive and ready.

mod endpoints;
mod files;
mod outages;
mod promql;
mod promtool;
mod scrape;
mod settings;
mod visitors;
