//! The three answers.

use std::sync::{Arc, atomic::Ordering};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};

use super::Watched;
use crate::redact;

/// The version of Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn of(watched: Arc<Watched>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(readiness))
        .with_state(watched)
}

async fn metrics(State(watched): State<Arc<Watched>>) -> impl IntoResponse {
    let text = watched.scrape.text(watched.store.get()).await;
    ([(CONTENT_TYPE, TEXT_FORMAT)], text)
}

async fn readiness(State(watched): State<Arc<Watched>>) -> (StatusCode, String) {
    match watched.why_not_ready().await {
        None => (StatusCode::OK, "ready\n".into()),
        Some(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", redact::passwords(&reason)))
        }
    }
}

impl Watched {
    /// The reason for which this process takes no jobs now.
    async fn why_not_ready(&self) -> Option<String> {
        if self.is_leaving.load(Ordering::Relaxed) {
            return Some("the worker is stopping: it claims no more jobs".into());
        }
        let Some(store) = self.store.get().cloned() else {
            return Some("the process is starting: it connects to its database".into());
        };
        let look = || async move { store.schema_status().await?.usable() };
        self.readiness.ask(look).await.err()
    }
}
