//! Jobs and completions inside the program's own transactions, on SQLite.

use longshore::{
    CompleteIn, Ctx, Result, State, Worker, core,
    sqlx::{self, SqlitePool},
};

use crate::{jobs::Deposit, sqlite_file::File};

async fn accounts(file: &File) -> SqlitePool {
    let pool = file.pool().await;
    sqlx::query("CREATE TABLE accounts (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL)")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO accounts VALUES (1, 0)").execute(&pool).await.unwrap();
    pool
}

async fn balance(pool: &SqlitePool) -> i64 {
    sqlx::query_scalar("SELECT cents FROM accounts WHERE id = 1").fetch_one(pool).await.unwrap()
}

async fn add(tx: &mut sqlx::SqliteConnection, cents: i64) -> Result {
    sqlx::query("UPDATE accounts SET cents = cents + ? WHERE id = 1")
        .bind(cents)
        .execute(tx)
        .await?;
    Ok(())
}

/// S2-4
#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_transaction_exists_after_the_commit() {
    let file = File::fresh();
    let client = file.client().await;
    let pool = accounts(&file).await;
    let mut tx = pool.begin().await.unwrap();
    add(&mut tx, 1).await.unwrap();
    let id = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap().id();
    assert!(client.find(id).await.unwrap().is_none(), "nobody else sees it before the commit");
    tx.commit().await.unwrap();
    client.wake("bank").await.unwrap();
    assert_eq!(client.find(id).await.unwrap().unwrap().row.state, core::State::Available);
    assert_eq!(balance(&pool).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_transaction_that_is_rolled_back_never_was() {
    let file = File::fresh();
    let client = file.client().await;
    let pool = accounts(&file).await;
    let mut tx = pool.begin().await.unwrap();
    let id = client.enqueue(Deposit { cents: 5 }).unique("once").tx(&mut tx).await.unwrap().id();
    tx.rollback().await.unwrap();
    assert!(client.find(id).await.unwrap().is_none());
    assert!(!client.enqueue(Deposit { cents: 5 }).unique("once").await.unwrap().is_duplicate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_commits_together_with_what_the_handler_wrote() {
    async fn deposit(job: Deposit, ctx: Ctx, State(pool): State<SqlitePool>) -> Result {
        let mut tx = pool.begin().await?;
        add(&mut tx, job.cents).await?;
        ctx.complete_in(&mut tx, &"paid").await?;
        tx.commit().await?;
        Ok(())
    }
    let file = File::fresh();
    let client = file.client().await;
    let pool = accounts(&file).await;
    let id = client.enqueue(Deposit { cents: 5 }).await.unwrap().id();
    let worker = Worker::with_state(client.clone(), pool.clone()).handle(deposit).queue("bank", 1);
    worker.drain().await.unwrap();

    let job = client.find(id).await.unwrap().unwrap();
    assert_eq!((job.row.state, job.row.attempt), (core::State::Completed, 1));
    assert_eq!(job.result.unwrap().decode::<String>().unwrap(), "paid");
    assert_eq!(balance(&pool).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_that_is_rolled_back_is_a_failed_attempt_and_leaves_nothing() {
    async fn deposit(job: Deposit, ctx: Ctx, State(pool): State<SqlitePool>) -> Result {
        let mut tx = pool.begin().await?;
        add(&mut tx, job.cents).await?;
        ctx.complete_in(&mut tx, &()).await?;
        if ctx.attempt() == 1 {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
        Ok(())
    }
    let file = File::fresh();
    let client = file.client().await;
    let pool = accounts(&file).await;
    let at_once = longshore::Backoff::Fixed { delay: std::time::Duration::ZERO };
    let id = client.enqueue(Deposit { cents: 5 }).backoff(at_once).await.unwrap().id();
    let worker = Worker::with_state(client.clone(), pool.clone()).handle(deposit).queue("bank", 1);
    worker.drain().await.unwrap();

    let job = client.find(id).await.unwrap().unwrap();
    assert_eq!((job.row.state, job.row.attempt), (core::State::Completed, 2));
    assert_eq!(balance(&pool).await, 5, "the first attempt's deposit was rolled back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_shares_the_pool_of_its_program() {
    let file = File::fresh();
    let pool = {
        let _made = file.client().await;
        file.pool().await
    };
    let client = longshore::Client::from_sqlite_pool(&pool, Default::default(), Default::default())
        .await
        .unwrap();
    let mut tx = pool.begin().await.unwrap();
    let mut held = pool.acquire().await.unwrap();
    let id = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap().id();
    tx.commit().await.unwrap();
    assert!(client.find(id).await.unwrap().is_some());
    let again = client.enqueue(Deposit { cents: 5 }).id(id).tx(&mut *held).await;
    assert_eq!(again.unwrap(), longshore::Enqueued::Duplicate(id));
    assert_eq!(client.explain(longshore::JobId::new()).await.unwrap(), None);
}

/// What the guide on transactions says of those that read before they write.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_reads_first_is_safe_if_it_begins_as_a_writer() {
    let file = File::fresh();
    let client = file.client().await;
    let pool = accounts(&file).await;
    let read = async |tx: &mut sqlx::SqliteConnection| {
        let cents = sqlx::query_scalar::<_, i64>("SELECT cents FROM accounts WHERE id = 1");
        cents.fetch_one(tx).await.unwrap()
    };
    let mut tx = pool.begin().await.unwrap();
    read(&mut tx).await;
    let _ = client.enqueue(Deposit { cents: 5 }).await.unwrap();
    let error = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap_err();
    assert_eq!(error.kind(), longshore::ErrorKind::Busy, "{error:?}");
    tx.rollback().await.unwrap();

    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    read(&mut tx).await;
    let other = tokio::spawn({
        let client = client.clone();
        async move { client.enqueue(Deposit { cents: 5 }).await }
    });
    let id = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap().id();
    tx.commit().await.unwrap();
    assert!(client.find(id).await.unwrap().is_some());
    assert!(other.await.unwrap().is_ok(), "it waited");
}

/// S2-22
#[tokio::test(flavor = "multi_thread")]
async fn siblings_are_closed_with_the_transaction_that_completes_one() {
    let file = File::fresh();
    let client = file.client().await;
    let pool = accounts(&file).await;
    let hour = std::time::Duration::from_secs(3600);
    let later = client.enqueue(Deposit { cents: 1 }).run_in(hour).correlation("order-7");
    let waiting = later.await.unwrap().id();
    let closer = client.enqueue(Deposit { cents: 2 }).correlation("order-7").completes_siblings();
    closer.await.unwrap();
    let mut poller = client.poller().job::<Deposit>();
    let longshore::Polled::Jobs(jobs) = poller.poll(1).await.unwrap() else { panic!("one is due") };
    let state = async || client.find(waiting).await.unwrap().unwrap().row.state;

    let mut tx = pool.begin().await.unwrap();
    jobs[0].ctx().complete_in(&mut tx, &()).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(state().await, core::State::Scheduled);
    let mut tx = pool.begin().await.unwrap();
    jobs[0].ctx().complete_in(&mut tx, &()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state().await, core::State::Completed);
}
