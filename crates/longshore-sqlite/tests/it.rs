//! The storage against a real SQLite: the shared suite, and what is special here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "it/calls.rs"]
mod calls;
#[path = "it/file.rs"]
mod file;
#[path = "it/groups.rs"]
mod groups;
#[path = "it/labels.rs"]
mod labels;
#[path = "it/migrations.rs"]
mod migrations;
#[path = "it/opening.rs"]
mod opening;
#[path = "it/rescues.rs"]
mod rescues;
#[path = "it/sets.rs"]
mod sets;
#[path = "it/statements.rs"]
mod statements;
#[path = "it/transactions.rs"]
mod transactions;

mod in_a_file {
    use longshore_conformance::conformance;
    conformance!(Some(crate::file::File::new().await));
}

mod in_memory {
    use longshore_conformance::conformance;
    conformance!(Some(crate::file::Memory::new().await));
}

/// S3-24
mod measured {
    use longshore_conformance::{Decorated, KIND, conformance};

    conformance!(Some(Decorated::new(crate::file::File::new().await, |store| {
        longshore_metrics::metered(store, ["default"], [KIND])
    })));
}
