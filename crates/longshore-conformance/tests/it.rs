//! The suite proven on the model itself.

mod memory {
    use longshore_conformance::{MemoryStore, conformance};

    conformance!(Some(MemoryStore::new()));
}
