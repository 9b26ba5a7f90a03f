//! Weeks are dropped without losing a job.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use longshore_core::{
    Due, JobFilter, JobId, NewJob, Outcome, Page, Reason, Retention, Scope, State, Timestamp,
    TransitionFilter, Week,
};
use longshore_store::{
    Cancelled, Enqueued, Finished, JobDetail, Released, Renewed, Retried, Rotated, Store, WeekPlan,
};

use crate::{Crew, Disposable, cases::produce::keyed, failed_for_an_hour, job, witness::*};

pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);

/// The shortest retention.
pub(super) fn a_day() -> Retention {
    Retention::keeping(DAY).unwrap()
}

pub(super) fn now() -> Timestamp {
    chrono::Utc::now()
}

/// When everything that is over now is over for long.
pub(super) fn later() -> Timestamp {
    now() + 70 * DAY
}

/// Rotates the weeks of these jobs, whoever uses the tables, as the only one who does.
pub(super) async fn rotate(
    store: &dyn Store,
    ids: &[JobId],
    retention: &Retention,
    now: Timestamp,
) {
    let weeks: BTreeSet<Week> = ids.iter().map(|id| Week::of(id.time().unwrap())).collect();
    for week in weeks {
        rotate_week(store, week, retention, now).await;
    }
}

async fn rotate_week(
    store: &dyn Store,
    week: Week,
    retention: &Retention,
    now: Timestamp,
) -> Rotated {
    for _ in 0..100 {
        let rotated = store.rotate_week(week, retention, Some(now)).await.unwrap();
        if rotated != Rotated::Busy {
            return rotated;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the tables of {week} are never free")
}

async fn look(store: &dyn Store, ids: &[JobId]) -> Vec<Option<JobDetail>> {
    store.jobs(ids).await.unwrap()
}

async fn transitions(store: &dyn Store) -> usize {
    let listing = store.list_transitions(&TransitionFilter::default(), &Page::first(1000)).await;
    listing.unwrap().items.len()
}

/// S2-31, S2-34, G8, I9: waiting, scheduled years ahead, running, retrying, held and dead jobs survive, also
/// those with ids far ahead and in the past; and are found by every way that leads to them.
pub async fn a_rotation_takes_what_is_over_and_nothing_else(db: &dyn Disposable) {
    let store = db.store();
    let all = one_in_every_state(db).await;
    let years = 5 * 365 * DAY;
    let elsewhere = [
        NewJob { due: Due::In(years), ..job() },
        NewJob { id: id_made_at(now() + years), ..job() },
        NewJob { id: id_made_at(now() - years), ..job() },
    ];
    for job in &elsewhere {
        enqueue(&*store, job).await;
    }
    let (over, live): (Vec<_>, Vec<_>) =
        all.iter().partition(|(state, _)| matches!(state, State::Completed | State::Cancelled));
    let over: Vec<JobId> = over.iter().map(|(_, id)| *id).collect();
    let live: Vec<JobId> =
        live.iter().map(|(_, id)| *id).chain(elsewhere.iter().map(|job| job.id)).collect();
    let before = look(&*store, &live).await;
    let mut histories = Vec::new();
    for id in &live {
        histories.push(history(&*store, *id).await);
    }

    rotate(&*store, &[&over[..], &live[..]].concat(), &a_day(), later()).await;
    store.sweep(&a_day(), 1000, Some(later())).await.unwrap();

    assert_eq!(look(&*store, &live).await, before);
    assert!(look(&*store, &over).await.iter().all(Option::is_none));
    for (id, before) in live.iter().zip(histories) {
        assert_eq!(history(&*store, *id).await, before);
        for transition in before {
            assert_eq!(store.transition(transition.id).await.unwrap(), Some(transition));
        }
        assert!(store.circumstances(*id).await.unwrap().is_some());
    }
    for (state, id) in all {
        assert!(history(&*store, id).await.is_empty() == over.contains(&id));
        let filter = JobFilter {
            states_in: vec![state],
            queues_in: vec![state.as_str().into()],
            ..JobFilter::default()
        };
        let listed = all_jobs(&*store, &filter).await;
        assert_eq!(listed.len(), usize::from(!over.contains(&id)), "{state}");
    }
    let settled = store.settled(&over).await.unwrap();
    assert!(settled.iter().all(Option::is_none));
    assert_eq!(
        store.list_dead(&JobFilter::default(), &Page::default()).await.unwrap().items.len(),
        1
    );
}

/// S2-31, G8: to the microsecond.
pub async fn what_ended_after_the_cut_off_survives(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    // Made last week, over now: the week may go, the job may not.
    let last_week = || NewJob { id: id_made_at(now() - 7 * DAY), ..job() };
    let completed = crew.live_through(&last_week(), Outcome::Completed).await;
    let cancelled = crew.live_through(&last_week(), Outcome::Cancelled).await;
    let letter = crew.live_through(&last_week(), Outcome::Discarded(Reason::Declined)).await;
    store.delete_dead(&[letter]).await.unwrap();
    let ids = [completed, cancelled, letter];
    let before = look(&*store, &ids).await;
    let retention = Retention::default();

    let week_is_over = Week::of(completed.time().unwrap()).next().start();
    rotate(&*store, &ids, &retention, week_is_over + retention.keep()).await;
    let first_end = before[0].as_ref().unwrap().row.changed_at;
    rotate(&*store, &ids, &retention, first_end + retention.keep()).await;
    let sweep = async |now| store.sweep(&retention, 1000, Some(now)).await.unwrap();
    assert_eq!(sweep(first_end + retention.keep()).await, 0);
    assert_eq!(look(&*store, &ids).await, before);

    let first_only = first_end + retention.keep() + Duration::from_micros(1);
    assert_eq!(sweep(first_only).await, 1);
    assert_eq!(look(&*store, &ids).await[1..], before[1..]);
    assert_eq!(look(&*store, &ids).await[0], None);
    assert_eq!(sweep(later()).await, 2, "a deleted letter goes with time");
    assert_eq!(
        (look(&*store, &ids).await, transitions(&*store).await),
        (vec![None, None, None], 0)
    );
}

/// S2-22: it was over when its sibling completed, and not when it was made.
pub async fn a_closed_sibling_is_kept_as_long_as_others(db: &dyn Disposable) {
    let store = db.store();
    let correlation_id = Some(String::from("order-7"));
    let old = id_made_at(now() - 7 * DAY);
    let closed = NewJob { id: old, correlation_id, due: Due::In(DAY), ..job() };
    enqueue(&*store, &closed).await;
    let closer = NewJob { completes_siblings: true, due: Due::Now, id: JobId::new(), ..closed };
    Crew::of(store.clone()).live_through(&closer, Outcome::Completed).await;
    let (retention, end) = (Retention::default(), detail(&*store, old).await.row.changed_at);
    for (now, stays) in [(end + retention.keep(), true), (later(), false)] {
        rotate(&*store, &[old], &retention, now).await;
        store.sweep(&retention, 1000, Some(now)).await.unwrap();
        assert_eq!(look(&*store, &[old]).await[0].is_some(), stays);
    }
}

/// G2, G4, G8: what was carried goes on as if nothing had happened, and goes when it is over.
pub async fn carried_jobs_live_on(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let running = enqueue(&*store, &job()).await;
    let claimed = crew.take_one().await;
    let retrying = crew.live_through(&job(), failed_for_an_hour()).await;
    let letter = crew.live_through(&job(), Outcome::Discarded(Reason::Declined)).await;
    let held = enqueue(&*store, &NewJob { held: true, ..job() }).await;
    let unwanted = enqueue(&*store, &NewJob { due: Due::In(DAY), ..job() }).await;
    let waiting = enqueue(&*store, &job()).await;
    let ids = [running, retrying, letter, held, unwanted, waiting];
    rotate(&*store, &ids, &a_day(), later()).await;

    assert_eq!(crew.renew(&claimed, None).await, Renewed::Held);
    assert_eq!(crew.report(&claimed, Outcome::Completed).await, Finished::Recorded);
    assert_eq!(crew.report(&claimed, Outcome::Completed).await, Finished::Stale);
    assert_eq!(store.retry(&[letter, retrying]).await.unwrap(), [Retried::Done; 2]);
    assert_eq!(store.release(&[held]).await.unwrap(), [Released::Done]);
    assert_eq!(store.cancel(&[unwanted]).await.unwrap(), [Cancelled::Done]);
    let again = NewJob { id: waiting, ..job() };
    assert_eq!(store.enqueue(&[again]).await.unwrap(), [Enqueued::Duplicate(waiting)]);
    let taken = crew.take(10).await;
    assert_eq!(
        taken.iter().map(|it| it.id).collect::<BTreeSet<_>>(),
        BTreeSet::from([retrying, letter, held, waiting])
    );
    for claimed in &taken {
        assert_eq!(crew.report(claimed, Outcome::Completed).await, Finished::Recorded);
    }
    for id in ids {
        let ends = if id == unwanted { State::Cancelled } else { State::Completed };
        assert_eq!(state(&*store, id).await, ends);
    }

    rotate(&*store, &ids, &a_day(), later()).await;
    store.sweep(&a_day(), 1000, Some(later())).await.unwrap();
    assert!(look(&*store, &ids).await.iter().all(Option::is_none));
    assert_eq!(transitions(&*store).await, 0);
    assert!(crew.take_at(10, later()).await.is_empty());
}

/// G7: a key that was taken for ever stays taken when its job is long gone.
pub async fn a_key_for_ever_outlives_its_week(db: &dyn Disposable) {
    let store = db.store();
    let forever = NewJob { ..keyed("a", Scope::Forever) };
    let gone = Crew::of(store.clone()).live_through(&forever, Outcome::Completed).await;
    let live = enqueue(&*store, &keyed("b", Scope::UntilTerminal)).await;
    rotate(&*store, &[gone, live], &a_day(), later()).await;
    let again = [keyed("a", Scope::Forever), keyed("b", Scope::UntilTerminal)];
    let answers = store.enqueue(&again).await.unwrap();
    assert_eq!(answers, [Enqueued::Duplicate(gone), Enqueued::Duplicate(live)]);
    assert_eq!(store.holder("default", "a").await.unwrap(), None);
    assert_eq!(store.holder("default", "b").await.unwrap(), Some(live));
}

/// S2-31: a week that would have to be copied as a whole is kept as it is.
pub async fn too_many_survivors_keep_their_week(db: &dyn Disposable) {
    let store = db.store();
    let over = Crew::of(store.clone()).live_through(&job(), Outcome::Completed).await;
    let jobs: Vec<_> = (0..3).map(|_| job()).collect();
    store.enqueue(&jobs).await.unwrap();
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let before = look(&*store, &ids).await;
    let mut few = a_day();
    few.most_survivors = 1;
    let week = Week::of(over.time().unwrap());
    match rotate_week(&*store, week, &few, later()).await {
        kept @ Rotated::Kept { survivors, most: 1 } => {
            assert!(survivors > 1);
            assert!(kept.to_string().contains("no more than 1 are carried"), "{kept}");
            assert_eq!(state(&*store, over).await, State::Completed);
        }
        // Where nothing is copied there is no reason to keep it.
        Rotated::Dropped { survivors, .. } => assert!(survivors >= 2),
        other => panic!("{other:?}"),
    }
    assert_eq!(look(&*store, &ids).await, before);
}

/// S2-30, S2-31
pub async fn a_rotation_done_twice_is_done_once(db: &dyn Disposable) {
    let store = db.store();
    let over = Crew::of(store.clone()).live_through(&job(), Outcome::Completed).await;
    let live = enqueue(&*store, &job()).await;
    let before = look(&*store, &[live]).await;
    let week = Week::of(over.time().unwrap());
    assert_eq!(
        store.rotate_week(week, &a_day(), None).await.unwrap(),
        Rotated::TooYoung { until: a_day().due(week) }
    );
    assert_eq!(
        rotate_week(&*store, week, &a_day(), later()).await,
        Rotated::Dropped { survivors: 1, rows: 1 }
    );
    let again = rotate_week(&*store, week, &a_day(), later()).await;
    assert!(
        matches!(again, Rotated::Absent | Rotated::Dropped { survivors: 1, rows: 0 }),
        "{again:?}"
    );
    let long_ago = Week::of(now() - 1000 * DAY);
    assert_eq!(rotate_week(&*store, long_ago, &a_day(), later()).await, Rotated::Absent);
    assert_eq!(store.sweep(&a_day(), 1000, Some(later())).await.unwrap(), 0);
    store.prepare_weeks(5).await.unwrap();
    assert_eq!(look(&*store, &[live, over]).await, [before, vec![None]].concat());
}

/// S3-39: whoever comes second leaves the week to the first, however often it tries meanwhile.
pub async fn racing_rotations_take_a_week_once(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let mut over = Vec::new();
    for _ in 0..5 {
        over.push(crew.live_through(&job(), Outcome::Completed).await);
    }
    let live = enqueue(&*store, &job()).await;
    let week = Week::of(live.time().unwrap());
    let (second, third) = (db.another().await, db.another().await);
    let (retention, now) = (a_day(), Some(later()));
    let race = async |store: Arc<dyn Store>| loop {
        let rotated = store.rotate_week(week, &retention, now).await.unwrap();
        if rotated != Rotated::Busy {
            return rotated;
        }
    };
    let (one, two, three) = tokio::join!(race(store.clone()), race(second), race(third));
    let rows = [one, two, three].into_iter().map(|rotated| match rotated {
        Rotated::Dropped { rows, survivors } => {
            assert!(survivors >= 1);
            rows
        }
        Rotated::Absent => 0,
        other => panic!("{other:?}"),
    });
    assert_eq!(rows.sum::<u64>(), 5);
    assert_eq!(state(&*store, live).await, State::Available);
    assert!(look(&*store, &over).await.iter().all(Option::is_none));
}

/// S2-33: what a rotation would do can be read before.
pub async fn weeks_tell_what_they_hold_and_what_is_next(db: &dyn Disposable) {
    let store = db.store();
    let live = enqueue(&*store, &job()).await;
    let week = Week::of(live.time().unwrap());
    let retention = Retention::default();
    let find = async |now| {
        let rows = store.weeks(&retention, now).await.unwrap();
        let weeks: Vec<_> = rows.iter().filter_map(|row| row.week).collect();
        assert!(weeks.is_sorted_by(|a, b| a < b));
        rows.into_iter().find(|row| row.week == Some(week)).expect("the week of the job")
    };
    let young = find(None).await;
    assert_eq!(
        (young.name, young.next),
        (week.to_string(), WeekPlan::Keep { until: retention.due(week) })
    );
    assert_eq!((young.from, young.to), (Some(week.start()), Some(week.next().start())));
    let old = find(Some(later())).await;
    assert!(matches!(old.next, WeekPlan::Drop | WeekPlan::Sweep), "{:?}", old.next);
    assert_eq!(old.survivors, Some(1));
    assert!(!store.rotation(week).is_empty());
    assert_eq!(state(&*store, live).await, State::Available, "looking changes nothing");
}

/// S2-32: jobs are brought, run and found while the week before is dropped again and again.
pub async fn work_goes_on_while_weeks_are_dropped(db: &dyn Disposable) {
    const JOBS: usize = 200;
    let (store, other) = (db.store(), db.another().await);
    let old = |held| NewJob { id: id_made_at(now() - 7 * DAY), held, ..job() };
    let sentinels = [old(true), old(true)].map(|job| (job.id, job));
    for (_, job) in &sentinels {
        enqueue(&*store, job).await;
    }
    let ids = sentinels.map(|(id, _)| id);
    let week = Week::of(ids[0].time().unwrap());
    let before = look(&*store, &ids).await;
    let brought = async {
        let mut brought = BTreeSet::new();
        for place in 0..JOBS {
            // Now and then one with an id of the week that is dropped.
            let job = if place % 50 == 0 { old(false) } else { job() };
            brought.insert(enqueue(&*store, &job).await);
        }
        brought
    };
    let finished = async {
        let crew = Crew::of(other.clone());
        let mut finished = BTreeSet::new();
        while finished.len() < JOBS {
            for claimed in crew.take(7).await {
                assert_eq!(crew.report(&claimed, Outcome::Completed).await, Finished::Recorded);
                assert!(finished.insert(claimed.id), "a job is finished once");
            }
            tokio::task::yield_now().await;
        }
        finished
    };
    let work = async { tokio::join!(brought, finished) };
    let maintenance = async {
        loop {
            other.rotate_week(week, &a_day(), Some(later())).await.unwrap();
            other.prepare_weeks(1).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let looking = async {
        loop {
            assert_eq!(look(&*other, &ids).await, before, "a look-up missed");
            tokio::task::yield_now().await;
        }
    };
    let (brought, finished): (BTreeSet<JobId>, BTreeSet<JobId>) = tokio::select! {
        both = work => both,
        () = maintenance => unreachable!("work is done before"),
        () = looking => unreachable!("it looks for ever"),
    };
    assert_eq!(brought, finished);
    rotate(&*store, &[&ids[..], &Vec::from_iter(brought)[..]].concat(), &a_day(), later()).await;
    store.sweep(&a_day(), 1000, Some(later())).await.unwrap();
    assert_eq!(all_jobs(&*store, &JobFilter::default()).await.len(), ids.len());
    assert_eq!(look(&*store, &ids).await, before);
}
