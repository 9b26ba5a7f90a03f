//! A program that drives its own loop, on every engine: the cases, each in a queue of its own.

use std::{collections::HashSet, time::Duration};

use longshore::{
    Backoff, Client, Error, ErrorKind, JobId, NewJob, Polled, PolledJob, Poller, Reason,
    core::State, store::Renewed,
};

use crate::jobs::Double;

const HOUR: Duration = Duration::from_secs(3600);

/// A test of each of these for a client that is made like this.
#[cfg(feature = "sqlite")]
macro_rules! on_sqlite {
    ($($name:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let file = crate::sqlite_file::File::fresh();
            super::$name(&file.client().await).await;
        }
    )+};
}

#[cfg(feature = "sqlite")]
mod on_sqlite {
    on_sqlite! {
        a_poll_without_due_jobs_says_when_to_come_back
        a_poll_brings_what_was_asked_for_in_order
        many_pollers_get_different_jobs
        a_job_of_a_poller_that_died_is_due_again_after_its_lease
        a_late_end_changes_nothing
        a_polled_job_ends_as_a_handler_would_end_it
        a_lease_is_extended_and_tells_of_a_wish_to_cancel
        a_poller_that_was_put_together_wrongly_says_so
    }
}

/// All of them, on a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(crate) async fn all(client: &Client) {
    a_poll_without_due_jobs_says_when_to_come_back(client).await;
    a_poll_brings_what_was_asked_for_in_order(client).await;
    many_pollers_get_different_jobs(client).await;
    a_job_of_a_poller_that_died_is_due_again_after_its_lease(client).await;
    a_late_end_changes_nothing(client).await;
    a_polled_job_ends_as_a_handler_would_end_it(client).await;
    a_lease_is_extended_and_tells_of_a_wish_to_cancel(client).await;
    a_poller_that_was_put_together_wrongly_says_so(client).await;
}

fn poller(client: &Client, queue: &str) -> Poller {
    client.poller().job::<Double>().queue(queue)
}

async fn jobs(poller: &mut Poller, limit: u32) -> Vec<PolledJob> {
    match poller.poll(limit).await.unwrap() {
        Polled::Jobs(jobs) => jobs,
        other => panic!("{other:?}"),
    }
}

async fn one(poller: &mut Poller) -> PolledJob {
    jobs(poller, 1).await.remove(0)
}

async fn state(client: &Client, id: JobId) -> (State, Reason) {
    let row = client.find(id).await.unwrap().unwrap().row;
    (row.state, row.reason)
}

/// S2-8
async fn a_poll_without_due_jobs_says_when_to_come_back(client: &Client) {
    let mut poller = poller(client, "later");
    let polled = poller.poll(5).await.unwrap();
    assert!(matches!(polled, Polled::Empty), "{polled:?}");
    assert_eq!(polled.pause(), Duration::from_secs(1));

    let later = client.enqueue(Double(1)).queue("later").run_in(2 * HOUR).await.unwrap().id();
    let sooner =
        client.enqueue(Double(2)).queue("later").priority(1).run_in(HOUR).await.unwrap().id();
    let elsewhere = client.enqueue(Double(3)).queue("elsewhere").await.unwrap().id();
    for id in [sooner, later] {
        let due_at = client.find(id).await.unwrap().unwrap().row.due_at.unwrap();
        let polled = poller.poll(5).await.unwrap();
        assert!(matches!(polled, Polled::WaitUntil(at) if at == due_at), "{polled:?} {due_at}");
        assert_eq!(polled.pause(), Duration::from_secs(1), "somebody may store another one");
        client.cancel(id).await.unwrap();
    }
    assert!(matches!(poller.poll(5).await.unwrap(), Polled::Empty));
    client.store().pause("elsewhere").await.unwrap();
    let mut paused = self::poller(client, "elsewhere");
    assert!(matches!(paused.poll(5).await.unwrap(), Polled::Empty));
    client.store().resume("elsewhere").await.unwrap();
    assert_eq!(one(&mut paused).await.ctx().id(), elsewhere);
}

/// S2-5, S2-6, S2-7
async fn a_poll_brings_what_was_asked_for_in_order(client: &Client) {
    let of = |tenant: &str, kind: &str| NewJob {
        queue: "order".into(),
        tenant: tenant.into(),
        ..NewJob::of_kind(kind)
    };
    let wanted = [of("ours", "double"), of("ours", "double"), of("ours", "double")];
    let others = [of("theirs", "double"), of("ours", "halve")];
    client.enqueue_many(&[&wanted[..], &others].concat()).await.unwrap();
    let mut poller = poller(client, "order").tenant("ours");
    let polled = jobs(&mut poller, 2).await;
    let ids: Vec<_> = polled.iter().map(|job| job.ctx().id()).collect();
    assert_eq!(ids, [wanted[0].id, wanted[1].id], "the earliest, equal ones by id");
    for job in &polled {
        assert_eq!((job.ctx().attempt(), job.ctx().tenant()), (1, "ours"));
        assert_eq!(state(client, job.ctx().id()).await, (State::Running, Reason::Claimed));
    }
    assert_eq!(one(&mut poller).await.ctx().id(), wanted[2].id);
    assert!(matches!(poller.poll(9).await.unwrap(), Polled::Empty));
}

/// S2-9: no two get one job, and nobody is told that there is none while there is.
async fn many_pollers_get_different_jobs(client: &Client) {
    for _ in 0..3 {
        let enqueued = (0..16).map(|number| NewJob {
            queue: "shared".into(),
            payload: longshore::Payload::of(&number).unwrap(),
            ..NewJob::of_kind("double")
        });
        client.enqueue_many(&enqueued.collect::<Vec<_>>()).await.unwrap();
        let polls: Vec<_> = (0..16)
            .map(|_| {
                let mut poller = poller(client, "shared");
                tokio::spawn(async move {
                    loop {
                        match poller.poll(1).await.unwrap() {
                            Polled::Jobs(mut jobs) => return jobs.remove(0),
                            // Others are just taking some: at most as often as there are others.
                            Polled::WaitUntil(_) => tokio::task::yield_now().await,
                            Polled::Empty => panic!("a job is due for everybody"),
                        }
                    }
                })
            })
            .collect();
        let mut ids = HashSet::new();
        for poll in polls {
            let job = poll.await.unwrap();
            assert!(ids.insert(job.ctx().id()), "a job was handed out twice");
            job.complete(()).await.unwrap();
        }
    }
}

/// S2-10: the crash counts once; the other tries are left.
async fn a_job_of_a_poller_that_died_is_due_again_after_its_lease(client: &Client) {
    let backoff = Backoff::Fixed { delay: Duration::ZERO };
    let enqueue = client.enqueue(Double(4)).queue("crash").max_attempts(3).backoff(backoff);
    let id = enqueue.await.unwrap().id();
    let mut doomed = poller(client, "crash").lease(Duration::from_millis(200));
    drop((one(&mut doomed).await, doomed));

    let mut survivor = poller(client, "crash").lease(Duration::from_millis(300));
    let again = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            if let Polled::Jobs(mut jobs) = survivor.poll(1).await.unwrap() {
                return jobs.remove(0);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let again = again.await.expect("it comes back");
    assert_eq!((again.ctx().id(), again.ctx().attempt()), (id, 2));
    assert!(!again.ctx().is_last_attempt(), "a third try is left");
}

/// S2-20
async fn a_late_end_changes_nothing(client: &Client) {
    let id = client.enqueue(Double(5)).queue("late").await.unwrap().id();
    let job = one(&mut poller(client, "late")).await;
    let soon = after_due(&job, Duration::from_secs(60));
    client.store().rescue(100, 3, Some(soon)).await.unwrap();
    assert_eq!(job.extend(HOUR).await.unwrap(), Renewed::Lost);
    assert!(job.ctx().is_lease_lost());
    let before = state(client, id).await;
    for answer in [Ok(10), Err(Error::discard("never"))] {
        let error = job.finish(answer).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    }
    assert_eq!(job.release().await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(state(client, id).await, before);
}

/// So long after the job was due.
fn after_due(job: &PolledJob, time: Duration) -> longshore::Timestamp {
    job.ctx().due_at() + time
}

/// S2-13, S2-14, S2-15, S2-16, S2-21, S2-25, S2-26
async fn a_polled_job_ends_as_a_handler_would_end_it(client: &Client) {
    let backoff = Backoff::Fixed { delay: 3 * HOUR };
    let mut poller = poller(client, "ends");
    let mut polled = async |tries: u32| {
        let enqueue = client.enqueue(Double(6)).queue("ends").max_attempts(tries).backoff(backoff);
        let id = enqueue.await.unwrap().id();
        let job = one(&mut poller).await;
        assert_eq!(job.ctx().id(), id);
        job
    };
    let job = polled(2).await;
    let Double(number) = job.ctx().decode().unwrap();
    let end = job.complete(2 * number).await.unwrap();
    assert_eq!((end.id, end.state, end.due_in), (job.ctx().id(), State::Completed, None));
    let answer = client.wait(end.id, Duration::ZERO).await.unwrap();
    assert_eq!(answer.result::<u64>().unwrap(), 12);
    assert_eq!(job.complete(()).await.unwrap_err().kind(), ErrorKind::Conflict, "only once");

    let decline = || Error::decline("not ours");
    for (tries, error, expected, due_in) in [
        (2, "stuck".into(), (State::Retryable, Reason::RetryScheduled), Some(3 * HOUR)),
        (2, Error::retry_in(HOUR, "stuck"), (State::Retryable, Reason::RetryScheduled), Some(HOUR)),
        (1, Error::retry_in(HOUR, "stuck"), (State::Discarded, Reason::Exhausted), None),
        (9, decline(), (State::Discarded, Reason::Declined), None),
        (2, Error::snooze(HOUR), (State::Scheduled, Reason::Snoozed), Some(HOUR)),
        (2, Error::cancel("called off"), (State::Cancelled, Reason::Cancelled), None),
    ] {
        let job = polled(tries).await;
        let end = job.fail(error).await.unwrap();
        assert_eq!(((end.state, end.reason), end.due_in), (expected, due_in));
        let row = client.find(end.id).await.unwrap().unwrap().row;
        assert_eq!((row.state, row.reason), expected);
        assert_eq!(row.due_at.is_some(), due_in.is_some());
    }
    let job = polled(1).await;
    assert_eq!(job.release().await.unwrap().reason, Reason::Shutdown);
    let again = one(&mut poller).await;
    assert_eq!((again.ctx().id(), again.ctx().attempt()), (job.ctx().id(), 2));
}

async fn a_lease_is_extended_and_tells_of_a_wish_to_cancel(client: &Client) {
    let id = client.enqueue(Double(7)).queue("long").await.unwrap().id();
    let job = one(&mut poller(client, "long")).await;
    job.ctx().progress(1, 2, "half");
    assert_eq!(job.extend(2 * HOUR).await.unwrap(), Renewed::Held);
    let running = client.find(id).await.unwrap().unwrap();
    assert_eq!(running.progress.unwrap().note, "half");
    assert!(running.lease_until.unwrap() > after_due(&job, HOUR), "it holds for two hours");

    client.cancel(id).await.unwrap();
    assert_eq!(job.extend(HOUR).await.unwrap(), Renewed::CancelRequested);
    assert!(job.ctx().is_cancelled());
    assert_eq!(job.fail("told to end").await.unwrap().state, State::Cancelled);
    assert_eq!(state(client, id).await, (State::Cancelled, Reason::Cancelled));
}

async fn a_poller_that_was_put_together_wrongly_says_so(client: &Client) {
    for (mut poller, word) in [
        (client.poller(), "kind"),
        (client.poller().kind("double").queue("a").queue("a"), "twice"),
        (client.poller().kind("double").lease(Duration::ZERO), "lease"),
    ] {
        let error = poller.poll(1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(word), "{error}");
    }
}
