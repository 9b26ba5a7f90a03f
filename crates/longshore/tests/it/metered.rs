//! A client that is measured: also what happens inside transactions of the program's own is counted.

use std::time::Duration;

use longshore::{
    Backoff, Client, CompleteIn, Ctx, Job, Result, State, Transactional, Worker,
    sqlx::{Database, Pool},
};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::jobs::Deposit;

/// The first attempt of each job is rolled back.
async fn deposit<D>(_: Deposit, ctx: Ctx, State(pool): State<Pool<D>>) -> Result
where
    D: Database,
    D::Connection: Transactional,
{
    let mut tx = pool.begin().await?;
    ctx.complete_in(&mut *tx, &()).await?;
    if ctx.attempt() == 1 {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(())
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn what_is_done_inside_transactions_is_counted() {
    let file = crate::sqlite_file::File::fresh();
    transactions_are_counted(file.client().await, file.pool().await).await;
}

/// On any engine, of which this is a client and the program's own pool.
pub(crate) async fn transactions_are_counted<D>(client: Client, pool: Pool<D>)
where
    D: Database,
    D::Connection: Transactional,
{
    let recorder = PrometheusBuilder::new().build_recorder();
    let _here = metrics::set_default_local_recorder(&recorder);
    let client = client.metered([Deposit::QUEUE], [Deposit::KIND]);

    let mut tx = pool.begin().await.unwrap();
    let at_once = Backoff::Fixed { delay: Duration::ZERO };
    let asked = client.enqueue(Deposit { cents: 5 }).queue(Deposit::QUEUE).backoff(at_once);
    let id = asked.tx(&mut *tx).await.unwrap().id();
    let again = client.enqueue(Deposit { cents: 5 }).queue(Deposit::QUEUE).id(id);
    assert!(again.tx(&mut *tx).await.unwrap().is_duplicate());
    tx.commit().await.unwrap();
    let worker = Worker::with_state(client, pool).handle(deposit).queue(Deposit::QUEUE, 1);
    worker.drain().await.unwrap();

    let text = recorder.handle().render();
    let series = |name: &str, more: &str| {
        let (queue, kind) = (Deposit::QUEUE, Deposit::KIND);
        format!("longshore_{name}{{queue=\"{queue}\",kind=\"{kind}\"{more}}}")
    };
    let counts = |series: String, number: u32| {
        let line = format!("{series} {number}");
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    };
    counts(series("jobs_enqueued_total", ""), 1);
    counts(series("jobs_duplicate_total", ""), 1);
    counts(series("attempts_total", ",outcome=\"retryable\""), 1);
    counts(series("attempts_total", ",outcome=\"completed\""), 1);
    counts(series("jobs_finished_total", ",outcome=\"completed\""), 1);
    counts(series("job_run_seconds_count", ""), 2);
    counts("longshore_stale_finishes_total".into(), 0);
}
