//! The payload type of one kind of job.

use longshore_core::{DEFAULT_QUEUE, Invalid, NewJob, Payload};
use serde::{Serialize, de::DeserializeOwned};

/// A payload type: it names its kind once, for those who enqueue and for those who handle.
///
/// ```
/// use longshore_worker::Job;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct SendEmail {
///     to: String,
/// }
///
/// impl Job for SendEmail {
///     const KIND: &'static str = "send_email";
///     const QUEUE: &'static str = "mail"; // `default` unless said otherwise
/// }
///
/// let job = SendEmail { to: "ada@example.com".into() }.to_new_job()?;
/// assert_eq!((&*job.kind, &*job.queue), ("send_email", "mail"));
/// # Ok::<(), longshore_core::Invalid>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the payload of a job",
    note = "implement it: `impl Job for {Self} {{ const KIND: &'static str = \"its_name\"; }}`"
)]
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of the kind, as it stands in the database. It outlives renames of the type.
    const KIND: &'static str;

    /// The queue that such jobs stand in unless the enqueue names another.
    const QUEUE: &'static str = DEFAULT_QUEUE;

    /// The job to be stored, with everything but kind, queue and payload as it is by default.
    ///
    /// # Errors
    /// [`Invalid`] when JSON cannot hold the payload.
    fn to_new_job(&self) -> Result<NewJob, Invalid> {
        let payload = Payload::of(self)?;
        Ok(NewJob { payload, queue: Self::QUEUE.into(), ..NewJob::of_kind(Self::KIND) })
    }
}
