//! A program of its own: asks for all airports, works, and reads the answer from the results.
//!
//! `cargo run --release -p airports` makes `airports.db`. Run it again: it goes on where it stopped.

use std::{io::Write, time::Instant};

use airports::{enqueue_all, loneliest, register};
use longshore::{Client, Result, Worker};

#[tokio::main]
async fn main() -> Result {
    let client = Client::connect("sqlite://airports.db").await?;

    let started = Instant::now();
    let demand = enqueue_all(&client, |done, total| {
        eprint!("\rasking: {done} of {total} airports");
        let _ = std::io::stderr().flush();
    })
    .await?;
    eprintln!(
        "\r{} jobs, {} of them new, in {:.1?}",
        demand.ids.len(),
        demand.created,
        started.elapsed()
    );

    let started = Instant::now();
    register(Worker::new(client.clone()), 64).drain().await?;
    eprintln!("the queue was empty after {:.1?}", started.elapsed());

    println!("Nobody is lonelier than");
    for (place, lonely) in loneliest(&client, &demand.ids, 5).await?.iter().enumerate() {
        let (airport, nearest) = (lonely.airport, &lonely.nearest);
        println!(
            "{}. {} ({}): {} km {} to {} ({})",
            place + 1,
            airport.name,
            airport.icao,
            nearest.km,
            nearest.direction,
            nearest.name,
            nearest.nearest,
        );
    }
    println!("Look at what happened: longshore --database-url sqlite://airports.db jobs list");
    Ok(())
}
