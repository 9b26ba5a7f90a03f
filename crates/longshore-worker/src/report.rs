//! The finisher: one task that writes outcomes, as many at once as have come in meanwhile.

use std::{pin::pin, sync::Arc};

use longshore_core::{Log, Reason, State};
use longshore_store::{Error, ErrorKind, Finish, Finished as Written, Hint};
use tokio::{sync::mpsc, task::yield_now, time::sleep};
use tracing::{Instrument, debug_span};

use crate::{Event, Finished, awaiting::tell, lease::Lease, patience::Patience, runtime::Runtime};

/// Most outcomes in a transaction: beyond it nothing is gained.
const MOST: usize = 2000;
/// Bytes of results and logs after which a transaction is large enough: MariaDB takes 16 MiB at once, and in
/// JSON they may double.
const MOST_BYTES: usize = 4 << 20;
/// Failures in a row after which the fault is looked for in the reports themselves.
const SUSPICIOUS: u32 = 5;

/// Writes reports until the last chance has passed and no more can come.
pub(crate) async fn finish(runtime: Arc<Runtime>, mut reports: mpsc::UnboundedReceiver<Finish>) {
    let mut last_chance = pin!(runtime.give_up.raised());
    loop {
        let mut batch = Vec::with_capacity(reports.len().min(MOST));
        tokio::select! {
            biased;
            _ = reports.recv_many(&mut batch, MOST) => {}
            () = &mut last_chance => return,
        }
        // Runs that end together are often a moment apart; one turn lets them in, a timer would cost 1 ms.
        yield_now().await;
        while batch.len() < MOST
            && let Ok(finish) = reports.try_recv()
        {
            batch.push(finish);
        }
        write(&runtime, batch).await;
    }
}

/// Writes until it is done. Only a report that the storage refuses by itself is given up, so that one bad
/// report harms no other.
async fn write(runtime: &Runtime, batch: Vec<Finish>) {
    let mut parts = in_parts(batch);
    let mut patience = Patience::default();
    while let Some(mut part) = parts.pop() {
        let span = debug_span!("finish", jobs = part.len());
        match runtime.store.finish(&part).instrument(span).await {
            Ok(answers) => {
                patience.reset();
                settle(runtime, part, &answers);
            }
            Err(error) if runtime.give_up.is_raised() => {
                runtime.events.trouble("finish", &error);
                give_up(runtime, &part, &error);
            }
            Err(error) if is_refused(&error, patience.failures()) => {
                runtime.events.trouble("finish", &error);
                if part.len() == 1 {
                    give_up(runtime, &part, &error);
                } else {
                    let half = part.split_off(part.len() / 2);
                    parts.extend([half, part]);
                }
            }
            Err(error) => {
                runtime.events.trouble("finish", &error);
                parts.push(part);
                tokio::select! {
                    () = sleep(patience.pause()) => {}
                    () = runtime.give_up.raised() => {}
                }
            }
        }
    }
}

/// Parts whose texts a database takes in one statement, the first one last.
fn in_parts(mut batch: Vec<Finish>) -> Vec<Vec<Finish>> {
    let mut parts = Vec::new();
    let mut bytes = 0;
    for place in (0..batch.len()).rev() {
        let (result, log) = (&batch[place].result, &batch[place].log);
        let weight =
            result.as_ref().map_or(0, |it| it.as_str().len()) + log.as_ref().map_or(0, Log::bytes);
        bytes += weight;
        if bytes > MOST_BYTES && place + 1 < batch.len() {
            parts.push(batch.split_off(place + 1));
            bytes = weight;
        }
    }
    parts.push(batch);
    parts
}

/// Whether repeating the same call is hopeless.
fn is_refused(error: &Error, failures: u32) -> bool {
    match error.kind() {
        ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::NotFound => true,
        ErrorKind::Internal => failures >= SUSPICIOUS,
        // The database is away, read-only or being migrated: the outcome waits for it.
        _ => false,
    }
}

fn settle(runtime: &Runtime, reports: Vec<Finish>, answers: &[Written]) {
    let leases = runtime.leases.remove(reports.iter().map(|report| report.fence));
    let is_heard = runtime.events.is_heard();
    for ((report, lease), answer) in reports.into_iter().zip(&leases).zip(answers) {
        if *answer == Written::Recorded && report.step.due_in.is_some_and(|delay| delay.is_zero()) {
            runtime.hint(Hint::Lane(report.lane.clone()));
        }
        if *answer != Written::Recorded || report.step.standing.state.is_terminal() {
            tell(report.fence.job);
        }
        if is_heard {
            let elsewhere = lease.as_ref().is_some_and(|lease| lease.is_completed_elsewhere());
            runtime.events.post(event(report, *answer, elsewhere));
        }
    }
    make_room(runtime, &leases);
}

pub(crate) fn event(report: Finish, answer: Written, elsewhere: bool) -> Event {
    let (id, attempt) = (report.fence.job, report.fence.attempt);
    let step = report.step.heeding(answer == Written::Cancelled);
    let finished = Finished {
        id,
        kind: report.kind,
        queue: report.lane.queue,
        attempt,
        state: step.standing.state,
        reason: step.reason,
        due_in: step.due_in,
        error: report.error,
        ran: report.ran,
    };
    match answer {
        Written::Recorded | Written::Cancelled => Event::Finished(finished),
        // The transaction of the handler itself has completed it.
        Written::Stale if elsewhere => Event::Finished(Finished {
            state: State::Completed,
            reason: Reason::Ok,
            due_in: None,
            error: None,
            ..finished
        }),
        Written::Stale => Event::Stale { id, attempt },
    }
}

/// Lets leases run out whose outcome cannot be written.
fn give_up(runtime: &Runtime, reports: &[Finish], error: &Error) {
    let leases = runtime.leases.remove(reports.iter().map(|report| report.fence));
    for Finish { fence, .. } in reports {
        let (id, attempt) = (fence.job, fence.attempt);
        tracing::error!(%id, attempt, error = ?error, "an outcome could not be written; the job will be rescued");
        runtime.events.post(Event::Abandoned { id, attempt });
    }
    make_room(runtime, &leases);
}

/// After the events: whoever sees a worker drained has seen what it finished.
fn make_room(runtime: &Runtime, leases: &[Option<Arc<Lease>>]) {
    runtime.slots.tell(&runtime.lines);
    for lease in leases.iter().flatten() {
        runtime.lines[lease.line].finished();
    }
    runtime.room.notify_one();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use longshore_conformance::{Crew, MemoryStore, finish, job};
    use longshore_core::{LogBuffer, LogCap, LogLevel, Outcome, Payload, Timestamp};
    use longshore_store::Produce;

    use super::*;

    #[tokio::test]
    async fn many_large_texts_go_in_parts_and_in_order() {
        let store = Arc::new(MemoryStore::new());
        let jobs: Vec<_> = (0..10).map(|_| job()).collect();
        store.enqueue(&jobs).await.unwrap();
        let mut log = LogBuffer::new(LogCap::MOST);
        (0..300).for_each(|_| {
            log.add(Timestamp::UNIX_EPOCH, LogLevel::Info, "", &"x".repeat(4000));
        });
        let result = Payload::of(&"x".repeat(1 << 20)).unwrap();
        let claimed = Crew::of(store).take(10).await;
        let batch: Vec<Finish> = claimed
            .iter()
            .map(|claimed| Finish {
                result: Some(result.clone()),
                log: log.log(),
                ..finish(claimed, Outcome::Completed)
            })
            .collect();
        let fences: Vec<_> = batch.iter().map(|report| report.fence).collect();
        let parts = in_parts(batch);
        assert!(parts.len() > 3, "{} parts", parts.len());
        assert!(parts.iter().all(|part| (1..=2).contains(&part.len())));
        let again = parts.iter().rev().flatten().map(|report| report.fence);
        assert_eq!(again.collect::<Vec<_>>(), fences);
        let light: Vec<Finish> =
            claimed.iter().map(|claimed| finish(claimed, Outcome::Completed)).collect();
        assert_eq!(in_parts(light).len(), 1);
        assert_eq!(in_parts(Vec::new()).len(), 1, "as many calls as before");
    }
}
