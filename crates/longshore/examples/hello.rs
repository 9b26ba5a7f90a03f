//! The smallest whole program: one job, one handler, one worker.

use longshore::{Client, Job, Result, Worker};
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
    let client = Client::connect("sqlite://jobs.db").await?;
    client.enqueue(SendEmail { to: "ada@example.com".into() }).await?;
    let worker = Worker::new(client).handle(send_email).queue("default", 10);
    worker.run_until(tokio::signal::ctrl_c()).await
}
