//! `longshore worker`: run jobs with the handlers declared in `longshore.toml`.

use std::{collections::BTreeMap, sync::Arc};

use longshore::{Ctx, Error, Worker};
use longshore_core::{DEFAULT_QUEUE, LogCap, Payload};
use longshore_store::Store;

use crate::{
    config::{Config, Handler, Keep, Settings},
    database,
    exit::{self, Exit, Refused},
    monitoring::{Listening, Monitoring, Unasked},
    program::{self, Ending},
    progress,
    signals::{Signals, Stopped, mind},
};

/// Jobs of one queue that run at once where nobody says otherwise.
const AT_ONCE: u32 = 10;

/// What stands below the options in the help.
const HANDLERS: &str = "\
Handlers in longshore.toml:

  [worker]
  queues = { default = 10, mail = 4 }   # jobs of each that run at once
  lease = \"30s\"                         # so long after a crash a job is taken back
  shutdown_grace = \"25s\"                # so long a stop waits for running jobs
  log_lines = 200                       # the last lines of stderr that are kept of an attempt
  log_bytes = 16384                     # and so many bytes of them
  listen = \"127.0.0.1:9464\"             # where it answers /metrics, /healthz and /readyz; or \"none\"

  [retention]
  keep = \"28d\"                         # so long after its end a job goes; \"off\" keeps all

  [[handlers]]
  kind = \"thumbnail\"
  command = [\"python3\", \"thumb.py\"]     # no shell; the payload is on stdin, facts in LONGSHORE_*, TRACEPARENT
  timeout = \"60s\"                       # then SIGTERM, and SIGKILL 5 s later, to the process group
  queue = \"images\"                      # optional: work on this queue too
  retry_on = [75]                       # exit codes that mean: try again by the job's policy

Exit 0 completes the job, and stdout is its result, up to 1 MiB. Another exit code makes it a dead letter.";

/// Options of `worker`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HANDLERS)]
pub(crate) struct Work {
    /// Work on this queue, with so many jobs at once; instead of `[worker] queues`
    #[arg(long = "queue", short, value_name = "NAME=N", value_parser = queue)]
    queues: Vec<(String, u32)>,
    /// Stop as soon as nothing is due and nothing runs
    #[arg(long)]
    drain: bool,
    #[command(flatten)]
    listening: Listening,
}

/// Reads `mail=4`.
fn queue(text: &str) -> Result<(String, u32), String> {
    let wrong = || format!("`{text}` is no queue with its concurrency: write for instance mail=4");
    let (name, number) = text.rsplit_once('=').ok_or_else(wrong)?;
    let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
    if name.is_empty() { Err(wrong()) } else { Ok((name.to_owned(), number)) }
}

impl Work {
    pub(crate) async fn run(self, config: Config) -> anyhow::Result<Exit> {
        let unasked = if self.drain { Unasked::Keep } else { Unasked::Listen };
        let monitoring = Monitoring::start(&self.listening, &config, unasked).await?;
        let store = database::connect(&config).await?;
        let store = measured(store, &config, &self.queues, &monitoring);
        super::doctor::require_schema(&*store).await?;
        monitoring.ready(&store);
        let worker = declared(store.clone(), &config, self.queues)?;
        let ended = until_stopped(worker, self.drain, &monitoring).await;
        store.close().await;
        ended
    }
}

/// Runs a worker until it is asked to stop, or if `drain` is set until nothing is due.
pub(super) async fn until_stopped(
    worker: Worker,
    drain: bool,
    monitoring: &Monitoring,
) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let running = worker.start().await.map_err(exit::of_worker)?;
    let ran = drain.then(|| progress::count("working"));
    if let Some(ran) = &ran {
        progress::follow(&running, ran);
    }
    Ok(match mind(running, &mut signals, drain, monitoring).await? {
        Stopped::Drained | Stopped::Orderly => Exit::Ok,
        Stopped::AtOnce => Exit::Interrupted,
    })
}

/// Without a handler there is nothing to run, and nothing to begin.
pub(super) fn require_handlers(config: &Config) -> anyhow::Result<()> {
    if config.settings.handlers.is_empty() {
        return Err(Refused::invalid(
            "no handler is declared: add `[[handlers]]` with `kind` and `command` to longshore.toml",
        ));
    }
    Ok(())
}

/// The storage, measured with labels for the queues and kinds that [`declared`] registers.
pub(super) fn measured(
    store: Arc<dyn Store>,
    config: &Config,
    asked: &[(String, u32)],
    monitoring: &Monitoring,
) -> Arc<dyn Store> {
    let Settings { worker, handlers, .. } = &config.settings;
    let queues = queues(worker.queues.clone(), handlers, asked.to_vec());
    let kinds = handlers.iter().map(|handler| &*handler.kind);
    monitoring.measured(store, queues.keys().map(|queue| &**queue), kinds)
}

/// A worker with every handler of the settings.
pub(super) fn declared(
    store: Arc<dyn Store>,
    config: &Config,
    asked: Vec<(String, u32)>,
) -> anyhow::Result<Worker> {
    require_handlers(config)?;
    let settings = &config.settings;
    let most_bytes = store.limits().payload_bytes;
    let mut worker = Worker::new(store);
    for (queue, at_once) in queues(settings.worker.queues.clone(), &settings.handlers, asked) {
        worker = worker.queue(queue, at_once);
    }
    if let Some(lease) = settings.worker.lease {
        worker = worker.lease(lease);
    }
    if let Some(grace) = settings.worker.shutdown_grace {
        worker = worker.shutdown_grace(grace);
    }
    if let Some(crashes) = settings.worker.max_crashes {
        worker = worker.max_crashes(crashes);
    }
    let usual = LogCap::default();
    worker = worker.log_cap(LogCap {
        lines: settings.worker.log_lines.unwrap_or(usual.lines),
        bytes: settings.worker.log_bytes.unwrap_or(usual.bytes),
    });
    worker = match settings.retention.keep {
        Keep::Off => worker.retention_off(),
        Keep::For(retention) => worker.retention(retention.keep()),
    };
    for handler in &settings.handlers {
        let handler = Arc::new(handler.clone());
        let kind = handler.kind.clone();
        worker = worker.handle_raw(kind, move |payload, ctx| {
            attempt(handler.clone(), payload, ctx, most_bytes)
        });
    }
    Ok(worker)
}

/// Those of the command line, else those of the settings and those that handlers name. A handler without
/// a queue works on the default one where the settings name none.
fn queues(
    mut settings: BTreeMap<String, u32>,
    handlers: &[Handler],
    asked: Vec<(String, u32)>,
) -> BTreeMap<String, u32> {
    if !asked.is_empty() {
        return asked.into_iter().collect();
    }
    if settings.is_empty() && handlers.iter().any(|handler| handler.queue.is_none()) {
        settings.insert(DEFAULT_QUEUE.into(), AT_ONCE);
    }
    for queue in handlers.iter().filter_map(|handler| handler.queue.as_ref()) {
        settings.entry(queue.clone()).or_insert(AT_ONCE);
    }
    settings
}

/// One run of a declared program.
async fn attempt(
    handler: Arc<Handler>,
    payload: Payload,
    ctx: Ctx,
    most_bytes: usize,
) -> Result<Option<Payload>, Error> {
    // What the program does belongs to its run, if that is traced, else to whoever enqueued it.
    #[cfg(feature = "otel")]
    let trace = longshore::otel::current_trace().or_else(|| ctx.trace());
    #[cfg(not(feature = "otel"))]
    let trace = ctx.trace();
    let mut facts = vec![
        ("LONGSHORE_JOB_ID", ctx.id().to_string()),
        ("LONGSHORE_KIND", ctx.kind().to_owned()),
        ("LONGSHORE_QUEUE", ctx.queue().to_owned()),
        ("LONGSHORE_TENANT", ctx.tenant().to_owned()),
        ("LONGSHORE_PRIORITY", ctx.priority().to_string()),
        ("LONGSHORE_ATTEMPT", ctx.attempt().to_string()),
        ("LONGSHORE_MAX_ATTEMPTS", ctx.max_attempts().to_string()),
        ("LONGSHORE_CREATED_AT", ctx.created_at().to_rfc3339()),
    ];
    if let Some(trace) = trace {
        facts.push(("TRACEPARENT", trace.to_string()));
        facts.extend(trace.state().map(|state| ("TRACESTATE", state.to_owned())));
    }
    match program::run(&handler, &facts, payload.as_str(), most_bytes, ctx.cancelled()).await {
        Ending::Done(result) => Ok(result),
        Ending::Retry(message) => Err(message.into()),
        Ending::Failed(message) => Err(Error::discard(message)),
        Ending::Unusable(invalid) => Err(Error::unusable_result(invalid)),
        Ending::TimedOut(limit) => Err(Error::timed_out(limit)),
        Ending::Stopped => Err("the program was stopped before it was done".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_a_name_with_a_number() {
        assert_eq!(queue("mail=4"), Ok(("mail".into(), 4)));
        for wrong in ["mail", "mail=0", "=4", "mail=many"] {
            assert!(queue(wrong).is_err(), "{wrong}");
        }
    }
}
