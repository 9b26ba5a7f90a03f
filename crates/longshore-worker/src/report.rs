//! The finisher: one task that writes outcomes, as many at once as have come in meanwhile.

use std::{pin::pin, sync::Arc};

use longshore_core::{Reason, State};
use longshore_store::{Error, ErrorKind, Finish, Finished as Written, Hint};
use tokio::{sync::mpsc, task::yield_now, time::sleep};

use crate::{Event, Finished, awaiting::tell, lease::Lease, patience::Patience, runtime::Runtime};

/// Most outcomes in a transaction: beyond it nothing is gained.
const MOST: usize = 2000;
/// Failures in a row after which the fault is looked for in the reports themselves.
const SUSPICIOUS: u32 = 5;

/// Writes reports until the last chance has passed and no more can come.
pub(crate) async fn finish(runtime: Arc<Runtime>, mut reports: mpsc::UnboundedReceiver<Finish>) {
    let mut last_chance = pin!(runtime.give_up.raised());
    loop {
        let mut batch = Vec::new();
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
    let mut parts = vec![batch];
    let mut patience = Patience::default();
    while let Some(mut part) = parts.pop() {
        match runtime.store.finish(&part).await {
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
