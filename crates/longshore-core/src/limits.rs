//! The limits that are checked before any SQL.

use std::time::Duration;

use crate::{
    Backoff, Due, Invalid, JobUpdate, Label, Labels, NewJob, Scope, Timestamp, id::millis,
};

/// What a job may be. The defaults hold on every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a payload, a context, a result: 1 MiB; at most [`Limits::MOST_PAYLOAD_BYTES`].
    pub payload_bytes: usize,
    /// Most tries: 10,000.
    pub max_attempts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { payload_bytes: 1 << 20, max_attempts: 10_000 }
    }
}

/// The longest wait of a job, a hundred years: what is due so long after now lies within the years that
/// every engine stores.
pub const LONGEST_WAIT: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
/// 1970-01-01 and 2200-01-01, in seconds.
const YEARS: std::ops::Range<i64> = 0..7_258_118_400;
/// KSUID's first and last second, in milliseconds.
const ID_MILLIS: std::ops::RangeInclusive<i64> =
    ksuid::KSUID_EPOCH * 1000..=(ksuid::KSUID_EPOCH + u32::MAX as i64) * 1000 + 999;

impl Limits {
    /// The largest `payload_bytes` that all engines carry with their shipped settings.
    pub const MOST_PAYLOAD_BYTES: usize = 16 << 20;
    /// Bytes of a queue, kind, tenant, version.
    pub const NAME_BYTES: usize = 100;
    /// Bytes of a unique key, a correlation id, a label's name or text, a job's name.
    pub const KEY_BYTES: usize = 512;
    /// Labels of a job.
    pub const MOST_LABELS: usize = 32;

    /// Says whether a job may be stored.
    ///
    /// # Errors
    /// The first [`Invalid`] that it meets.
    pub fn check(&self, job: &NewJob) -> Result<(), Invalid> {
        if !ID_MILLIS.contains(&millis(job.id.0)) {
            return Err(Invalid::IdTime(job.id.to_string()));
        }
        check_name("queue", &job.queue)?;
        check_name("kind", &job.kind)?;
        check_name("tenant", &job.tenant)?;
        if let Some(version) = &job.version {
            check_name("version", version)?;
        }
        self.check_size("payload", job.payload.as_str())?;
        job.payload.check()?;
        if let Some(context) = &job.context {
            self.check_size("context", context.as_str())?;
            context.check()?;
        }
        check_keys(job)?;
        Self::check_labels(&job.labels)?;
        check_due(job.due)?;
        job.backoff.map_or(Ok(()), check_backoff)?;
        if job.max_attempts == 0 || job.max_attempts > self.max_attempts {
            return Err(Invalid::MaxAttempts { given: job.max_attempts, max: self.max_attempts });
        }
        match job.timeout {
            Some(timeout) if timeout < Duration::from_millis(1) || timeout > LONGEST_WAIT => {
                Err(Invalid::Timeout)
            }
            _ => Ok(()),
        }
    }

    /// Says whether a job may be changed so. The labels that it has then are checked when they are known:
    /// [`Limits::check_labels`].
    ///
    /// # Errors
    /// The first [`Invalid`] that it meets.
    pub fn check_update(&self, update: &JobUpdate) -> Result<(), Invalid> {
        if let Some(payload) = &update.payload {
            self.check_size("payload", payload.as_str())?;
            payload.check()?;
        }
        let set = |(name, label): (&String, &Option<Label>)| Some((name.clone(), label.clone()?));
        Self::check_labels(&update.labels.iter().filter_map(set).collect())
    }

    /// Says whether a job may have these labels.
    ///
    /// # Errors
    /// [`Invalid::Labels`] for too many, [`Invalid::Key`] and [`Invalid::Nul`] for a name or a text.
    pub fn check_labels(labels: &Labels) -> Result<(), Invalid> {
        let (given, max) = (labels.len(), Self::MOST_LABELS);
        if given > max {
            return Err(Invalid::Labels { given, max });
        }
        for (name, label) in labels {
            check_key("label", name)?;
            if let Label::Text(text) = label {
                check_key("label", text)?;
            }
        }
        Ok(())
    }

    /// Says whether a text is small enough; `what` names it in the error.
    ///
    /// # Errors
    /// [`Invalid::Size`].
    pub fn check_size(&self, what: &'static str, text: &str) -> Result<(), Invalid> {
        let max = self.payload_bytes.min(Self::MOST_PAYLOAD_BYTES);
        if text.len() > max { Err(Invalid::Size { what, bytes: text.len(), max }) } else { Ok(()) }
    }
}

fn check_name(what: &'static str, name: &str) -> Result<(), Invalid> {
    let max = Limits::NAME_BYTES;
    let good = !name.is_empty()
        && name.len() <= max
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if good {
        Ok(())
    } else {
        Err(Invalid::Name { what, name: name.chars().take(40).collect(), max })
    }
}

fn check_keys(job: &NewJob) -> Result<(), Invalid> {
    if let Some(unique) = &job.unique {
        check_key("unique key", &unique.key)?;
        if let Scope::For(window) = unique.scope {
            check_delay(window)?;
        }
    }
    if job.completes_siblings && job.correlation_id.is_none() {
        return Err(Invalid::NoCorrelation);
    }
    if let Some(correlation) = &job.correlation_id {
        check_key("correlation id", correlation)?;
    }
    if let Some(name) = &job.name {
        check_key("name", name)?;
    }
    Ok(())
}

fn check_key(what: &'static str, key: &str) -> Result<(), Invalid> {
    if key.contains('\0') {
        return Err(Invalid::Nul);
    }
    let (bytes, max) = (key.len(), Limits::KEY_BYTES);
    if bytes == 0 || bytes > max { Err(Invalid::Key { what, bytes, max }) } else { Ok(()) }
}

fn check_due(due: Due) -> Result<(), Invalid> {
    match due {
        Due::Now => Ok(()),
        Due::In(delay) => check_delay(delay),
        Due::At(at) => check_time(at),
    }
}

/// Whatever a policy answers must be a time that can be stored when its attempt fails.
fn check_backoff(backoff: Backoff) -> Result<(), Invalid> {
    match backoff {
        Backoff::Fixed { delay: wait } | Backoff::Every { interval: wait } => check_delay(wait),
        Backoff::Exponential { base, cap } => check_delay(base.max(cap)),
    }
}

fn check_delay(delay: Duration) -> Result<(), Invalid> {
    if delay > LONGEST_WAIT { Err(Invalid::Delay(delay.as_secs())) } else { Ok(()) }
}

fn check_time(at: Timestamp) -> Result<(), Invalid> {
    if YEARS.contains(&at.timestamp()) { Ok(()) } else { Err(Invalid::RunAt(at)) }
}
