//! Command handlers: one run of a program that `longshore.toml` declares for a kind.
//!
//! The payload is what the program reads from stdin; it never decides what is started, and no shell
//! comes between. The whole process group ends with the attempt.

mod group;
mod streams;

use std::{process::Stdio, time::Duration};

use longshore_core::{Invalid, Limits, Payload};
use tokio::process::Command;

use self::group::Group;
use crate::config::Handler;

/// How long a program may take to end after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a run came to.
#[derive(Debug, PartialEq)]
pub(crate) enum Ending {
    /// Exit 0; what it wrote to stdout is the result.
    Done(Option<Payload>),
    /// It failed for a passing reason: by the job's policy it is tried again.
    Retry(String),
    /// It failed for good.
    Failed(String),
    /// It ended well, but what it wrote to stdout cannot be kept.
    Unusable(Invalid),
    /// It ran longer than it may.
    TimedOut(Duration),
    /// Somebody called it off, or the lease was lost.
    Stopped,
}

/// Runs the program once. When this future is dropped, the process group is killed.
pub(crate) async fn run(
    handler: &Handler,
    facts: &[(&'static str, String)],
    payload: &str,
    most_bytes: usize,
    stop: impl Future<Output = ()>,
) -> Ending {
    let [program, arguments @ ..] = &*handler.command else {
        return Ending::Failed("its handler names no program".into());
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(facts.iter().map(|(name, fact)| (name, fact)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ending::Retry(format!("cannot start `{program}`: {error}")),
    };
    let group = Group::of(&child);
    let streams = streams::attach(&mut child, payload, most_bytes);

    let ended = tokio::select! {
        status = child.wait() => Ok(status),
        () = lasting(handler.timeout) => Err(Ending::TimedOut(handler.timeout.unwrap_or_default())),
        () = stop => Err(Ending::Stopped),
    };
    if ended.is_err() {
        group.terminate();
        // A program that does not mind SIGTERM is killed with its group below.
        let _ = tokio::time::timeout(PATIENCE, child.wait()).await;
    }
    // Also after an orderly end: nothing that it left behind may outlive the attempt.
    group.kill();
    let _ = child.wait().await;
    let said = streams.collect().await;
    match ended {
        Ok(Ok(status)) => verdict(handler, status, &said, most_bytes),
        Ok(Err(error)) => Ending::Retry(format!("lost sight of `{program}`: {error}")),
        Err(ending) => ending,
    }
}

/// Ends when the time is up; never without a limit.
async fn lasting(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}

fn verdict(
    handler: &Handler,
    status: std::process::ExitStatus,
    said: &streams::Said,
    most_bytes: usize,
) -> Ending {
    if status.success() {
        return result(said, most_bytes).map_or_else(Ending::Unusable, Ending::Done);
    }
    let message = match said.last_words.trim() {
        "" => format!("`{}` ended with {status}", handler.command[0]),
        words => format!("`{}` ended with {status}: {words}", handler.command[0]),
    };
    match status.code() {
        Some(code) if !handler.retry_on.contains(&code) => Ending::Failed(message),
        // A program that a signal ended did not decide that itself.
        _ => Ending::Retry(message),
    }
}

/// What was written to stdout: as the JSON that it is, or else as a JSON string. Too much of it is refused
/// as what any other handler returns would be: half of it might be taken for all.
fn result(said: &streams::Said, most_bytes: usize) -> Result<Option<Payload>, Invalid> {
    let limits = Limits { payload_bytes: most_bytes, ..Limits::default() };
    let max = most_bytes.min(Limits::MOST_PAYLOAD_BYTES);
    if said.cut_off > 0 {
        let bytes = said.stdout.len() + said.cut_off;
        return Err(Invalid::Size { what: "result", bytes, max });
    }
    let text = String::from_utf8_lossy(&said.stdout);
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let json = match Payload::parse(text) {
        Ok(json) => json,
        Err(_) => Payload::of(&text.replace('\0', "\u{FFFD}"))?,
    };
    limits.check_size("result", json.as_str())?;
    Ok(Some(json))
}

#[cfg(test)]
mod tests;
