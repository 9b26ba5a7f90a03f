//! The suite proven on the model itself, and by faults that it must find.

mod faults;
mod listed;
mod planted;

mod memory {
    use longshore_conformance::{MemoryStore, conformance};

    conformance!(Some(MemoryStore::new()));
}

mod memory_that_stands_still {
    use longshore_conformance::{MemoryStore, cases};

    /// A decorator or a worker's test may stop the clock; nothing but polling cases may mind.
    #[tokio::test]
    async fn a_claim_works_while_the_clock_stands_still() {
        let store = MemoryStore::at("2026-11-22T12:00:00Z".parse().unwrap());
        cases::consume::a_claimed_job_has_every_field(&store).await;
    }
}
