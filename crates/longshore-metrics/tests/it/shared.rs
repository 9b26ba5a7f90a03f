//! The whole suite of the storages, on decorated ones.

/// S3-24
mod model {
    use longshore_conformance::{Decorated, MemoryStore, conformance};

    conformance!(Some(Decorated::new(MemoryStore::new(), |store| {
        longshore_metrics::metered(store, ["default"], [longshore_conformance::KIND])
    })));
}
