//! `longshore enqueue`: add a job, and wait for its end if asked to.

use std::{io::Read, path::Path, time::Duration};

use longshore_core::{
    Due, Invalid, JobId, Label, NewJob, Payload, Priority, Scope, Timestamp, TraceContext, Unique,
};
use longshore_store::{Enqueued, Settled, Store};
use serde::Serialize;

use crate::{
    exit::{Exit, Refused},
    labels,
    output::Output,
    span, wait,
};

/// Options of `enqueue`.
#[derive(Debug, clap::Args)]
pub(crate) struct Enqueue {
    /// The job's type; decides which handler runs it
    kind: String,
    /// Its data: JSON, @FILE, or - for stdin
    #[arg(default_value = "{}", allow_hyphen_values = true)]
    payload: String,
    /// The line it stands in [default: default]
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
    /// 1 to 10; 10 is highest [default: 5]
    #[arg(long, value_name = "N")]
    priority: Option<Priority>,
    /// Due after this time
    #[arg(long = "in", value_name = "TIME", value_parser = span::duration, conflicts_with = "at")]
    run_in: Option<Duration>,
    /// Due at this moment
    #[arg(long, value_name = "WHEN", value_parser = span::moment)]
    at: Option<Timestamp>,
    /// Only one live job of this key
    #[arg(long, value_name = "KEY")]
    unique: Option<String>,
    /// What it waits for together with other jobs, for instance an order
    #[arg(long, value_name = "ID")]
    correlation: Option<String>,
    /// Its completion also completes jobs of its tenant and correlation id that wait
    #[arg(long, requires = "correlation")]
    completes_siblings: bool,
    /// Something to find it by; an integer unless quoted ('size="3"')
    #[arg(long, value_name = "NAME=VALUE", value_parser = labels::label)]
    label: Vec<(String, Label)>,
    /// Its owner [default: default]
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Total tries [default: 20]
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
    /// The trace that it belongs to, as W3C traceparent
    #[arg(long, value_name = "TRACE")]
    traceparent: Option<TraceContext>,
    /// What vendors add to the trace, as W3C tracestate
    #[arg(long, value_name = "LIST", requires = "traceparent")]
    tracestate: Option<String>,
    /// Its id, so that the call can be repeated safely
    #[arg(long)]
    id: Option<JobId>,
    /// Wait for its end, at most so long if a time is given, and print its result
    #[arg(long, value_name = "TIME", value_parser = span::duration, num_args = 0..=1, require_equals = true)]
    wait: Option<Option<Duration>>,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Answer {
    id: JobId,
    duplicate: bool,
}

impl Enqueue {
    pub(crate) async fn run(self, store: &dyn Store, output: Output) -> anyhow::Result<Exit> {
        let wait = self.wait;
        let job = self.job(store.limits().payload_bytes)?;
        let Some(&enqueued) = store.enqueue(&[job]).await?.first() else {
            anyhow::bail!("the database gave no answer");
        };
        let Some(patience) = wait else {
            say(enqueued, output)?;
            return Ok(Exit::Ok);
        };
        eprintln!("waiting for job {}", enqueued.id());
        match wait::for_end(store, enqueued.id(), patience).await? {
            Some(settled) => show_end(&settled, output),
            None => anyhow::bail!(
                "job {id} is not over yet: `longshore jobs show {id}` tells more",
                id = enqueued.id(),
            ),
        }
    }

    fn job(self, most_bytes: usize) -> anyhow::Result<NewJob> {
        let mut job = NewJob {
            payload: Payload::parse(text(&self.payload, most_bytes)?)?,
            ..NewJob::of_kind(self.kind)
        };
        if let Some(id) = self.id {
            job.id = id;
        }
        if let Some(queue) = self.queue {
            job.queue = queue.into();
        }
        if let Some(tenant) = self.tenant {
            job.tenant = tenant.into();
        }
        job.labels = labels::each_once(&self.label)?;
        job.priority = self.priority.unwrap_or_default();
        job.due = match (self.run_in, self.at) {
            (Some(delay), _) => Due::In(delay),
            (None, Some(at)) => Due::At(at),
            (None, None) => Due::Now,
        };
        job.unique = self.unique.map(|key| Unique { key, scope: Scope::UntilTerminal });
        job.correlation_id = self.correlation;
        job.completes_siblings = self.completes_siblings;
        job.max_attempts = self.max_attempts.unwrap_or(job.max_attempts);
        if let Some(mut trace) = self.traceparent {
            if let Some(state) = &self.tracestate {
                trace = trace.with_state(state).map_err(Invalid::from)?;
            }
            job.context = Some(trace.add_to(None)?);
        }
        Ok(job)
    }
}

/// The text of a payload; a file or stdin is not read much beyond what may be stored.
pub(super) fn text(payload: &str, most_bytes: usize) -> anyhow::Result<String> {
    let most = u64::try_from(most_bytes).unwrap_or(u64::MAX).saturating_mul(64);
    let mut text = String::new();
    let read = match (payload, payload.strip_prefix('@')) {
        ("-", _) => std::io::stdin().lock().take(most).read_to_string(&mut text),
        (_, Some(path)) => std::fs::File::open(Path::new(path))
            .and_then(|file| file.take(most).read_to_string(&mut text)),
        _ => return Ok(payload.to_owned()),
    };
    read.map_err(|error| {
        Refused::invalid(format!("cannot read the payload from `{payload}`: {error}"))
    })?;
    Ok(text)
}

fn say(enqueued: Enqueued, output: Output) -> anyhow::Result<()> {
    if output.json {
        output.object(&Answer { id: enqueued.id(), duplicate: enqueued.is_duplicate() })?;
    } else {
        if enqueued.is_duplicate() {
            eprintln!("it exists already:");
        }
        output.line(&enqueued.id().to_string())?;
    }
    Ok(())
}

/// The result alone goes to stdout, so that a script can use it.
fn show_end(settled: &Settled, output: Output) -> anyhow::Result<Exit> {
    if output.json {
        output.object(settled)?;
    } else {
        if let Some(result) = &settled.result {
            output.line(result.as_str())?;
        }
        match &settled.error {
            Some(error) if settled.state.is_terminal() => eprintln!("{}: {error}", settled.state),
            _ => eprintln!("{}", settled.state),
        }
    }
    Ok(wait::verdict(settled.state))
}
