//! A client and a worker that are measured, and what Prometheus would read: `cargo run -p longshore --features
//! metrics --example metrics`.

use longshore::{Client, Job, Result, Worker};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct SendEmail {
    to: String,
}

impl Job for SendEmail {
    const KIND: &'static str = "send_email";
}

async fn send_email(job: SendEmail) -> Result {
    println!("mail to {}", job.to);
    Ok(())
}

#[tokio::main]
async fn main() -> Result {
    let measures = PrometheusBuilder::new().install_recorder()?;
    let client = Client::connect("sqlite::memory:").await?;
    let client = client.metered([SendEmail::QUEUE], [SendEmail::KIND]);
    client.enqueue(SendEmail { to: "ada@example.com".into() }).await?;
    Worker::new(client).handle(send_email).drain().await?;
    println!("{}", measures.render());
    Ok(())
}
