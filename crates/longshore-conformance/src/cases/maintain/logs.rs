//! Retention and what attempts said.

use longshore_core::{NewJob, Outcome};

use super::weeks::{a_day, later, rotate};
use crate::{
    Crew, Disposable,
    cases::inspect::{log, logs, run, spoken},
    failed_for_now, job,
};

/// Logs are part of the ledger: a job that survives its week keeps them, and one that goes takes them along.
pub async fn logs_go_and_stay_with_their_job(db: &dyn Disposable) {
    let store = db.store();
    let crew = Crew::of(store.clone());
    let (over, lives) = (job(), NewJob { max_attempts: 1, ..job() });
    for (job, outcome) in [(&over, Outcome::Completed), (&lives, failed_for_now())] {
        store.enqueue(std::slice::from_ref(job)).await.unwrap();
        run(&*store, &crew, outcome, Some(log(&["aye"]))).await;
    }
    rotate(&*store, &[over.id, lives.id], &a_day(), later()).await;
    assert_eq!(logs(&*store, over.id).await, []);
    assert_eq!(spoken(&logs(&*store, lives.id).await), [(1, &log(&["aye"]))]);
}
