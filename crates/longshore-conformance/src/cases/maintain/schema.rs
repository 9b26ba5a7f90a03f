//! Migrating, checking up and closing.

use longshore_core::JobId;
use longshore_store::SchemaStatus;

use crate::{Disposable, job, witness::*};

/// S1-47: a database that is as it should be is left alone.
pub async fn a_second_migration_applies_nothing(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let id = enqueue(&*store, &job()).await;
    let SchemaStatus::Current { version } = store.schema_status().await.unwrap() else {
        panic!("a fresh database is current")
    };
    for store in [&store, &other] {
        let migrated = store.migrate().await.unwrap();
        assert_eq!((migrated.applied.len(), migrated.version), (0, version));
    }
    assert_eq!(detail(&*store, id).await.row.id, id);
}

/// S2-30: weeks that are there are not made again, whoever asks.
pub async fn weeks_are_prepared_once(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    store.prepare_weeks(8).await.unwrap();
    assert_eq!(store.prepare_weeks(8).await.unwrap(), Vec::<String>::new());
    assert_eq!(other.prepare_weeks(3).await.unwrap(), Vec::<String>::new());
}

pub async fn a_check_up_says_what_it_looked_at(db: &dyn Disposable) {
    let store = db.store();
    let findings = store.check_up().await.unwrap();
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|it| !it.subject.is_empty() && !it.advice.is_empty()));
    assert_eq!(store.engine(), db.another().await.engine());
    assert!(!store.engine().is_empty());
}

/// The log of a server grows by what is stored in it; some engines tell nobody.
pub async fn vitals_tell_the_same_things_at_every_look(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    let before = store.vitals().await.unwrap();
    enqueue(&*store, &job()).await;
    for after in [store.vitals().await.unwrap(), other.vitals().await.unwrap()] {
        assert_eq!(before.log_bytes.is_some(), after.log_bytes.is_some());
        assert!(before.log_bytes.is_none() || after.log_bytes > before.log_bytes, "{after:?}");
        assert_eq!(before.dead_rows.is_some(), after.dead_rows.is_some());
    }
}

/// S2-37: close really closes, and closes nobody else's connections.
pub async fn a_closed_store_fails_and_others_go_on(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    other.close().await;
    assert!(other.enqueue(&[job()]).await.is_err());
    assert!(other.jobs(&[JobId::new()]).await.is_err());
    assert!(other.rescue(1, 3, None).await.is_err());
    other.close().await;
    enqueue(&*store, &job()).await;
}
