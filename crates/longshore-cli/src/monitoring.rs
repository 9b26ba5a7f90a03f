//! What a working process shows of itself over HTTP: `/metrics` for Prometheus, `/healthz` and `/readyz`
//! for whoever keeps it alive.
//!
//! Nothing here slows the worker down or falls with the database: every question to the storage is bounded
//! in time and asked once for all visitors, and visitors are few and may not dawdle.

mod depths;
mod door;
mod exposition;
mod listen;
mod probe;
mod recorder;
mod routes;
mod scrape;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use longshore_metrics::metered;
use longshore_store::Store;
use tokio::net::TcpListener;

pub(crate) use self::listen::{Address, Listening, Unasked};
use self::{door::Door, probe::Probe, scrape::Scrape};
use crate::config::Config;

/// An answer serves so long for whoever asks the same: who asks without end costs little.
const FRESH: Duration = Duration::from_millis(250);

/// The listener of this process, if it has one. It lives as long as the process.
#[derive(Default)]
pub(crate) struct Monitoring(Option<Arc<Watched>>);

/// What visitors may ask about.
struct Watched {
    /// There as soon as it is connected and migrated.
    store: OnceLock<Arc<dyn Store>>,
    /// The worker claims no more.
    is_leaving: AtomicBool,
    scrape: Scrape,
    readiness: Probe<()>,
}

impl Monitoring {
    /// Listens where the command line, the environment or the settings say, and from here on counts what
    /// happens. If nobody says, and the usual address is taken, the process goes on without.
    pub(crate) async fn start(
        listening: &Listening,
        config: &Config,
        unasked: Unasked,
    ) -> anyhow::Result<Self> {
        let (address, is_asked) = listening.choose(&config.settings.worker, unasked)?;
        let Address::At(address) = address else { return Ok(Self::default()) };
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) if is_asked => {
                return Err(error).with_context(|| taken(address, "give another with --listen"));
            }
            Err(error) => {
                let advice = "this process shows no metrics and no health; --listen names another \
                              address, and --listen none says that this is meant";
                tracing::warn!(%error, "{}", taken(address, advice));
                return Ok(Self::default());
            }
        };
        Self::serve(listener)
    }

    fn serve(listener: TcpListener) -> anyhow::Result<Self> {
        let address = listener.local_addr().context("the listener has no address")?;
        let watched = Arc::new(Watched {
            store: OnceLock::new(),
            is_leaving: AtomicBool::new(false),
            scrape: Scrape::of(recorder::install()?),
            readiness: Probe::fresh_for(FRESH),
        });
        let serving = axum::serve(Door::of(listener), routes::of(watched.clone()));
        tokio::spawn(async move {
            let end: io::Result<()> = serving.await;
            tracing::error!(?end, "nobody answers at the address of metrics and health any more");
        });
        tracing::info!("metrics and health at http://{address}: /metrics, /healthz, /readyz");
        Ok(Self(Some(watched)))
    }

    /// The storage, measured with labels for these queues and kinds if there is a listener to show them.
    pub(crate) fn measured<'a>(
        &self,
        store: Arc<dyn Store>,
        queues: impl IntoIterator<Item = &'a str>,
        kinds: impl IntoIterator<Item = &'a str>,
    ) -> Arc<dyn Store> {
        if self.0.is_none() {
            return store;
        }
        recorder::begin_at_zero(store.engine());
        metered(store, queues, kinds)
    }

    /// The process has this storage, with its tables, from now on.
    pub(crate) fn ready(&self, store: &Arc<dyn Store>) {
        if let Some(watched) = &self.0 {
            // A process has one storage: a second one would be the same.
            let _ = watched.store.set(store.clone());
        }
    }

    /// The worker claims no more.
    pub(crate) fn leaving(&self) {
        if let Some(watched) = &self.0 {
            watched.is_leaving.store(true, Ordering::Relaxed);
        }
    }
}

fn taken(address: SocketAddr, advice: &str) -> String {
    format!("cannot listen at {address} for metrics and health: {advice}")
}
