//! Pausing queues.

use crate::{Disposable, job, witness::*};

/// Every process learns of a pause; the answer says whether anything changed.
pub async fn a_queue_is_paused_and_goes_on(db: &dyn Disposable) {
    let (store, other) = (db.store(), db.another().await);
    enqueue(&*store, &job()).await;
    let queues = ["default".into()];
    assert!(!store.resume("default").await.unwrap(), "it was not paused");
    assert!(store.pause("default").await.unwrap());
    let since = store.queues().await.unwrap()[0].paused_since;
    assert!(since.is_some());
    assert!(!other.pause("default").await.unwrap(), "it is paused already");
    assert_eq!(store.queues().await.unwrap()[0].paused_since, since);
    assert_eq!(other.lanes(&queues).await.unwrap().paused, queues);
    assert!(other.resume("default").await.unwrap());
    assert!(!store.resume("default").await.unwrap());
    assert!(store.lanes(&queues).await.unwrap().paused.is_empty());
    assert_eq!(store.queues().await.unwrap()[0].paused_since, None);
}

/// A queue can be paused before its first job; names are exact.
pub async fn a_queue_without_jobs_can_be_paused(db: &dyn Disposable) {
    let store = db.store();
    assert!(store.pause("Mail").await.unwrap());
    assert!(store.pause("mail").await.unwrap());
    enqueue(&*store, &longshore_core::NewJob { queue: "mail".into(), ..job() }).await;
    let known = store.lanes(&["mail".into(), "default".into()]).await.unwrap();
    assert_eq!((known.lanes.len(), known.paused), (1, vec!["mail".into()]));
}
