//! When the next job is due, for whoever found nothing to claim.

use std::{sync::Arc, time::Duration};

use longshore_core::{Due, Lane, NewJob, Priority};

use crate::{Crew, Disposable, KIND, default_lane, failed_for_an_hour, job, lane, witness::*};

fn due_in(hours: u64) -> Due {
    Due::In(Duration::from_secs(hours * 3600))
}

/// S2-8
pub async fn the_next_due_time_is_that_of_the_named_lanes_and_kinds(db: &dyn Disposable) {
    let store = db.store();
    let (ours, theirs): (Arc<str>, Arc<str>) = (KIND.into(), "load".into());
    let next = async |lanes: &[Lane], kind: &Arc<str>| {
        store.next_due(lanes, std::slice::from_ref(kind)).await.unwrap()
    };
    let urgent = lane("default", "default", Priority::HIGHEST);
    let lanes = [default_lane(), urgent];
    assert_eq!(next(&lanes, &ours).await, None);

    let late = NewJob { due: due_in(5), ..job() };
    let soon = NewJob { due: due_in(4), priority: Priority::HIGHEST, ..job() };
    let jobs = [
        late.clone(),
        soon.clone(),
        NewJob { due: due_in(3), kind: theirs.clone(), ..job() },
        NewJob { due: due_in(2), tenant: "other".into(), ..job() },
        NewJob { due: due_in(1), queue: "other".into(), ..job() },
        NewJob { held: true, ..job() },
    ];
    store.enqueue(&jobs).await.unwrap();
    for (lanes, kind, first) in [
        (&lanes[..], &ours, Some(&soon)),
        (&lanes[..1], &ours, Some(&late)),
        (&lanes[..], &theirs, Some(&jobs[2])),
        (&lanes[1..], &theirs, None),
        (&[], &ours, None),
    ] {
        let due_at = match first {
            Some(job) => detail(&*store, job.id).await.row.due_at,
            None => None,
        };
        assert_eq!(next(lanes, kind).await, due_at);
    }
    assert_eq!(store.next_due(&lanes, &[]).await.unwrap(), None);
}

/// What is due already tells its own time; what runs does not wait, until it does again.
pub async fn the_next_due_time_may_be_past(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let next = async || store.next_due(&[default_lane()], &[KIND.into()]).await.unwrap();
    let id = enqueue(&*store, &job()).await;
    assert_eq!(next().await, detail(&*store, id).await.row.due_at);
    let claimed = crew.take_one().await;
    assert_eq!(next().await, None);
    crew.report(&claimed, failed_for_an_hour()).await;
    assert_eq!(next().await, detail(&*store, id).await.row.due_at);
    assert!(next().await > Some(claimed.claimed_at));
}
