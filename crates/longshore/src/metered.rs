//! Measuring what a client and its workers do.

use std::sync::Arc;

use crate::Client;

impl Client {
    /// Counts and times what goes through this client from now on, and through workers and pollers that are
    /// made of it: for the recorder of the crate `metrics` that is installed, before this is called. Labels
    /// exist for these queues and kinds; all others are `other`.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```no_run")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    /// # use longshore::{Client, Job, Result, Worker};
    /// # use serde::{Serialize, Deserialize};
    /// # #[derive(Serialize, Deserialize)] struct SendEmail { to: String }
    /// # impl Job for SendEmail { const KIND: &'static str = "send_email"; }
    /// # async fn send_email(_: SendEmail) -> Result { Ok(()) }
    /// # async fn example() -> Result {
    /// let client = Client::connect("sqlite://jobs.db").await?;
    /// let client = client.metered([SendEmail::QUEUE], [SendEmail::KIND]);
    /// client.enqueue(SendEmail { to: "ada@example.com".into() }).await?;
    /// Worker::new(client).handle(send_email).run().await
    /// # }
    /// ```
    ///
    /// A process that only works need not repeat its queues and kinds:
    /// `Worker::new(client).handle(send_email).decorate(longshore::metrics::metered)`.
    #[must_use]
    pub fn metered<Q, K>(self, queues: Q, kinds: K) -> Self
    where
        Q: IntoIterator<Item: Into<Arc<str>>>,
        K: IntoIterator<Item: Into<Arc<str>>>,
    {
        Self::new(longshore_metrics::metered(self.into(), queues, kinds))
    }
}
