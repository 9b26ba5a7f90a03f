//! What attempts said is kept with them.

use longshore_core::{JobId, Log, LogBuffer, LogCap, LogLevel, NewJob, Outcome, Timestamp};
use longshore_store::{AttemptLog, Finish, Finished, LogsOf, Store};

use crate::{Crew, Disposable, failed_for_now, finish, job, witness::*};

/// The log of an attempt that said so.
pub(crate) fn log(messages: &[&str]) -> Log {
    let mut buffer = LogBuffer::new(LogCap { lines: 3, bytes: 4096 });
    let levels =
        [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    for (message, level) in messages.iter().zip(levels.into_iter().cycle()) {
        buffer.add(at(messages.len()), level, "quay::crane", message);
    }
    buffer.log().unwrap()
}

fn at(micros: usize) -> Timestamp {
    Timestamp::from_timestamp_micros(1_790_000_000_123_456 + micros as i64).unwrap()
}

pub(crate) async fn logs(store: &dyn Store, job: JobId) -> Vec<AttemptLog> {
    store.logs(&LogsOf::newest(job, 10)).await.unwrap()
}

pub(crate) fn spoken(logs: &[AttemptLog]) -> Vec<(u32, &Log)> {
    logs.iter().map(|it| (it.attempt, &it.log)).collect()
}

/// Takes the due job and closes its attempt with an outcome and a log.
pub(crate) async fn run(store: &dyn Store, crew: &Crew, outcome: Outcome, log: Option<Log>) {
    let claimed = crew.take_one().await;
    let finish = Finish { log, ..finish(&claimed, outcome) };
    assert_eq!(store.finish(&[finish]).await.unwrap(), [Finished::Recorded]);
}

/// Each attempt keeps its own log, whatever it came to, and those that said nothing have none.
pub async fn what_an_attempt_said_comes_back_exactly(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = job();
    store.enqueue(std::slice::from_ref(&job)).await.unwrap();
    let odd =
        log(&["tab\tquote\" back\\slash", "line\nfeed \u{1b}[31mred", "\u{1F6A2} ß \0 '; --"]);
    let (snoozed, released) = (log(&["not now"]), log(&["the tide is out"]));
    let last = log(&["one", "two", "three", "four", "done"]);
    assert_eq!(last.left_out(), 2);
    run(&*store, &crew, failed_for_now(), Some(odd.clone())).await;
    run(&*store, &crew, failed_for_now(), None).await;
    run(&*store, &crew, Outcome::Snoozed(std::time::Duration::ZERO), Some(snoozed.clone())).await;
    run(&*store, &crew, Outcome::Released, Some(released.clone())).await;
    assert_eq!(logs(&*store, job.id).await.len(), 3, "while the job waits");
    run(&*store, &crew, Outcome::Completed, Some(last.clone())).await;
    let all = logs(&*store, job.id).await;
    assert_eq!(spoken(&all), [(5, &last), (4, &released), (3, &snoozed), (1, &odd)]);
    let completed = detail(&*store, job.id).await;
    assert_eq!(all[0].at, completed.row.changed_at);
    assert_eq!(Some(all[0].started_at), completed.row.started_at);
    assert_eq!(completed.result.unwrap().as_str(), r#"{"crates":3}"#);
}

/// A discarded and a cancelled job tell what they said, too; a stale report adds nothing.
pub async fn a_log_stays_with_its_own_attempt(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let jobs = [job(), NewJob { max_attempts: 1, ..job() }, job(), job()];
    store.enqueue(&jobs).await.unwrap();
    let claimed = crew.take(10).await;
    let outcomes = [Outcome::Completed, failed_for_now(), Outcome::Cancelled, Outcome::Completed];
    let said = [Some(log(&["a"])), Some(log(&["b"])), Some(log(&["c"])), None];
    let reports: Vec<_> = claimed
        .iter()
        .map(|claimed| {
            let which = jobs.iter().position(|job| job.id == claimed.id).unwrap();
            Finish { log: said[which].clone(), ..finish(claimed, outcomes[which].clone()) }
        })
        .collect();
    assert_eq!(store.finish(&reports).await.unwrap(), [Finished::Recorded; 4]);
    let late = Finish { log: Some(log(&["late"])), ..reports[0].clone() };
    assert_eq!(store.finish(&[late]).await.unwrap(), [Finished::Stale]);
    for (job, said) in jobs.iter().zip(&said) {
        let found = logs(&*store, job.id).await;
        let expected: Vec<_> = said.iter().map(|log| (1, log)).collect();
        assert_eq!(spoken(&found), expected);
    }
    assert_eq!(logs(&*store, JobId::new()).await, []);
}

/// A reader who wants few gets the newest, and goes on from there; whoever died left no log.
pub async fn logs_are_read_attempt_by_attempt(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let job = job();
    store.enqueue(std::slice::from_ref(&job)).await.unwrap();
    for attempt in 1..=5 {
        run(&*store, &crew, failed_for_now(), Some(log(&[&format!("try {attempt}")]))).await;
    }
    let newest = store.logs(&LogsOf::newest(job.id, 2)).await.unwrap();
    assert_eq!(newest.iter().map(|it| it.attempt).collect::<Vec<_>>(), [5, 4]);
    let next = LogsOf { before: Some(4), ..LogsOf::newest(job.id, 2) };
    let next = store.logs(&next).await.unwrap();
    assert_eq!(next.iter().map(|it| it.attempt).collect::<Vec<_>>(), [3, 2]);
    let first = LogsOf { before: Some(2), ..LogsOf::newest(job.id, 0) };
    assert_eq!(store.logs(&first).await.unwrap()[0].log.lines()[0].message, "try 1");
    let none = LogsOf { before: Some(1), ..LogsOf::newest(job.id, u32::MAX) };
    assert_eq!(store.logs(&none).await.unwrap(), []);
}
