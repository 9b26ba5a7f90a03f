//! The same on PostgreSQL: transactions of the program's own, one schema for each test.

use std::{sync::Arc, time::Duration};

use longshore::{
    Client, CompleteIn, Ctx, ErrorKind, JobId, Limits, Options, Polled, Result, State, Worker,
    core,
    postgres::{PostgresOptions, PostgresStore},
    sqlx::{self, AssertSqlSafe, PgPool},
};

use tokio::sync::Semaphore;

use crate::jobs::{Deposit, Double, double};

/// A test of each of these on every server.
macro_rules! on_both {
    ($($name:ident)+) => { on_both! { "multi_thread": $($name)+ } };
    ($flavor:tt: $($name:ident)+) => {$(
        mod $name {
            #[tokio::test(flavor = $flavor)]
            async fn on_postgres_15() {
                super::on("LONGSHORE_TEST_POSTGRES_15", super::$name).await;
            }

            #[tokio::test(flavor = $flavor)]
            async fn on_postgres_18() {
                super::on("LONGSHORE_TEST_POSTGRES_18", super::$name).await;
            }
        }
    )+};
}

on_both! {
    jobs_run_and_results_come_back
    a_job_lives_and_dies_with_the_transaction_that_stores_it
    a_completion_that_is_rolled_back_is_tried_again_and_one_that_commits_is_kept
    a_completion_that_is_not_committed_yet_holds_up_no_other_lease
    a_client_shares_the_pool_of_its_program_and_has_options_of_its_own
    a_loop_of_the_programs_own_gets_jobs_and_ends_them
    siblings_are_closed_with_the_transaction_that_completes_one
}

// A recorder of a test's own hears one thread.
#[cfg(feature = "metrics")]
on_both! { "current_thread": what_is_done_inside_transactions_is_counted }

#[cfg(feature = "sqlite")]
on_both! { a_transaction_of_another_engine_is_refused }

/// A schema with an account in it.
struct Schema {
    pool: PgPool,
    options: PostgresOptions,
}

/// Runs a test on the server that a variable names, if there is one; the schema of a failed test stays.
async fn on(variable: &str, test: impl AsyncFnOnce(&Schema)) {
    let Ok(url) = std::env::var(variable) else {
        let required = std::env::var("LONGSHORE_TEST_REQUIRE").is_ok_and(|value| value == "1");
        assert!(!required, "{variable} names no server: run `cargo xtask test`, which brings one");
        eprintln!("SKIPPED: {variable} names no server; `cargo xtask test` brings one");
        return;
    };
    let schema = Schema::fresh(&url).await;
    test(&schema).await;
    schema.vanish().await;
}

impl Schema {
    async fn fresh(url: &str) -> Self {
        let schema = format!("facade_{}", JobId::new().0.simple());
        let pool = PgPool::connect(url).await.unwrap();
        for statement in [
            format!("CREATE SCHEMA {schema}"),
            format!(
                "CREATE TABLE {schema}.accounts (id bigint PRIMARY KEY, cents bigint NOT NULL)"
            ),
            format!("INSERT INTO {schema}.accounts VALUES (1, 0)"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&pool).await.unwrap();
        }
        let options = PostgresOptions { schema, ..PostgresOptions::from_url(url).unwrap() };
        Self { pool, options }
    }

    async fn client(&self) -> Client {
        let store = PostgresStore::connect(self.options.clone()).await.unwrap();
        let client = Client::new(Arc::new(store));
        client.store().migrate().await.unwrap();
        client
    }

    fn sql(&self, text: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(text.replace("accounts", &format!("{}.accounts", self.options.schema)))
    }

    async fn balance(&self) -> i64 {
        let cents = sqlx::query_scalar(self.sql("SELECT cents FROM accounts"));
        cents.fetch_one(&self.pool).await.unwrap()
    }

    async fn vanish(self) {
        let drop = AssertSqlSafe(format!("DROP SCHEMA {} CASCADE", self.options.schema));
        sqlx::query(drop).execute(&self.pool).await.unwrap();
    }
}

#[cfg(feature = "metrics")]
async fn what_is_done_inside_transactions_is_counted(schema: &Schema) {
    crate::metered::transactions_are_counted(schema.client().await, schema.pool.clone()).await;
}

async fn jobs_run_and_results_come_back(schema: &Schema) {
    let client = schema.client().await;
    let enqueued = client.enqueue_all((0..7_000).map(Double)).await.unwrap();
    Worker::new(client.clone()).handle(double).queue("default", 50).drain().await.unwrap();
    let last = client.wait(enqueued[6_999].id(), Duration::from_secs(60)).await.unwrap();
    assert_eq!(last.result::<u64>().unwrap(), 13_998);
}

/// S2-4
async fn a_job_lives_and_dies_with_the_transaction_that_stores_it(schema: &Schema) {
    let client = schema.client().await;

    let mut tx = schema.pool.begin().await.unwrap();
    let kept = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap().id();
    assert!(client.find(kept).await.unwrap().is_none(), "nobody else sees it before the commit");
    tx.commit().await.unwrap();
    client.wake("bank").await.unwrap();
    assert_eq!(client.find(kept).await.unwrap().unwrap().row.state, core::State::Available);

    let mut tx = schema.pool.begin().await.unwrap();
    let gone = client.enqueue(Deposit { cents: 5 }).unique("once").tx(&mut tx).await.unwrap().id();
    tx.rollback().await.unwrap();
    assert!(client.find(gone).await.unwrap().is_none());
    assert!(!client.enqueue(Deposit { cents: 5 }).unique("once").await.unwrap().is_duplicate());
}

#[derive(Clone)]
struct Bank {
    pool: PgPool,
    add: String,
}

async fn deposit(job: Deposit, ctx: Ctx, State(bank): State<Bank>) -> Result {
    let mut tx = bank.pool.begin().await?;
    sqlx::query(AssertSqlSafe(bank.add)).bind(job.cents).execute(&mut *tx).await?;
    ctx.complete_in(&mut tx, &"paid").await?;
    if ctx.attempt() == 1 {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(())
}

async fn a_completion_that_is_rolled_back_is_tried_again_and_one_that_commits_is_kept(
    schema: &Schema,
) {
    let client = schema.client().await;
    let at_once = longshore::Backoff::Fixed { delay: Duration::ZERO };
    let id = client.enqueue(Deposit { cents: 5 }).backoff(at_once).await.unwrap().id();

    let add = schema.sql("UPDATE accounts SET cents = cents + $1").0;
    let bank = Bank { pool: schema.pool.clone(), add };
    Worker::with_state(client.clone(), bank)
        .handle(deposit)
        .queue("bank", 1)
        .drain()
        .await
        .unwrap();

    let job = client.find(id).await.unwrap().unwrap();
    assert_eq!((job.row.state, job.row.attempt), (core::State::Completed, 2));
    assert_eq!(job.result.unwrap().decode::<String>().unwrap(), "paid");
    assert_eq!(schema.balance().await, 5, "the first attempt's deposit was rolled back");
}

/// What the two handlers of the next test and the test tell each other.
#[derive(Clone)]
struct Meeting {
    pool: PgPool,
    completed: Arc<Semaphore>,
    enough: Arc<Semaphore>,
}

async fn stay(_: Double, State(meeting): State<Meeting>) -> Result {
    meeting.enough.acquire().await?.forget();
    Ok(())
}

async fn complete_slowly(_: Deposit, ctx: Ctx, State(meeting): State<Meeting>) -> Result {
    let mut tx = meeting.pool.begin().await?;
    ctx.complete_in(&mut tx, &()).await?;
    meeting.completed.add_permits(1);
    meeting.enough.acquire().await?.forget();
    tx.commit().await?;
    Ok(())
}

async fn a_completion_that_is_not_committed_yet_holds_up_no_other_lease(schema: &Schema) {
    let client = schema.client().await;
    let other = client.enqueue(Double(1)).await.unwrap().id();
    let id = client.enqueue(Deposit { cents: 5 }).await.unwrap().id();
    let nobody = || Arc::new(Semaphore::new(0));
    let meeting = Meeting { pool: schema.pool.clone(), completed: nobody(), enough: nobody() };
    let worker = Worker::with_state(client.clone(), meeting.clone())
        .handle(stay)
        .handle(complete_slowly)
        .lease(Duration::from_secs(2));
    let running = worker.start().await.unwrap();

    meeting.completed.acquire().await.unwrap().forget();
    let renewals = async {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        let mut seen = std::collections::BTreeSet::new();
        while seen.len() < 4 {
            clock.tick().await;
            seen.extend(client.find(other).await.unwrap().unwrap().lease_until);
        }
    };
    let renewed = tokio::time::timeout(Duration::from_secs(60), renewals).await;
    meeting.enough.add_permits(2);
    renewed.expect("the other lease is renewed while the transaction is open");
    for id in [id, other] {
        let answer = client.wait(id, Duration::from_secs(60)).await.unwrap();
        assert!(matches!(answer, longshore::Answer::Completed { .. }), "{answer:?}");
    }
    running.stop().await.unwrap();
    assert_eq!(client.find(id).await.unwrap().unwrap().row.attempt, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_unavailable() {
    let options = Options { migrate: false };
    let error = match Client::connect_with("postgres://ada:secret@127.0.0.1:1/app", options).await {
        // A storage may connect when it is first asked.
        Ok(client) => client.enqueue(Double(1)).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

async fn a_client_shares_the_pool_of_its_program_and_has_options_of_its_own(schema: &Schema) {
    // Where the server is comes from the pool alone.
    let options = PostgresOptions {
        schema: schema.options.schema.clone(),
        limits: Limits { payload_bytes: 20, ..Limits::default() },
        ..PostgresOptions::from_url("postgres://nobody@127.0.0.1:1/nothing").unwrap()
    };
    let client =
        Client::from_postgres_pool(&schema.pool, options, Options::default()).await.unwrap();
    let mut tx = schema.pool.begin().await.unwrap();
    let id = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap().id();
    tx.commit().await.unwrap();
    // It stands in the schema that was asked for.
    let same = schema.client().await;
    assert_eq!(same.find(id).await.unwrap().unwrap().row.state, core::State::Available);
    let long = client.enqueue(Deposit { cents: i64::MAX }).await.unwrap_err();
    assert_eq!(long.kind(), ErrorKind::Invalid, "{long}");
    same.enqueue(Deposit { cents: i64::MAX }).await.unwrap();
}

#[cfg(feature = "sqlite")]
async fn a_transaction_of_another_engine_is_refused(schema: &Schema) {
    let file = crate::sqlite_file::File::fresh();
    let mut tx = schema.pool.begin().await.unwrap();
    let error = file.client().await.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("one of PostgreSQL"), "{error}");
    drop(tx);
}

/// S2-5 to S2-10, S2-13 to S2-16, S2-20, S2-21, S2-25, S2-26
async fn a_loop_of_the_programs_own_gets_jobs_and_ends_them(schema: &Schema) {
    crate::polling::all(&schema.client().await).await;
}

/// S2-22
async fn siblings_are_closed_with_the_transaction_that_completes_one(schema: &Schema) {
    let client = schema.client().await;
    let hour = Duration::from_secs(3600);
    let waiting = client.enqueue(Double(1)).run_in(hour).correlation("order-7").await.unwrap().id();
    let closer = client.enqueue(Double(2)).correlation("order-7").completes_siblings();
    closer.await.unwrap();
    let mut poller = client.poller().job::<Double>();
    let Polled::Jobs(jobs) = poller.poll(1).await.unwrap() else { panic!("a job is due") };
    let state = async || client.find(waiting).await.unwrap().unwrap().row.state;
    for (commits, expected) in [(false, core::State::Scheduled), (true, core::State::Completed)] {
        let mut tx = schema.pool.begin().await.unwrap();
        jobs[0].ctx().complete_in(&mut tx, &4).await.unwrap();
        assert_eq!(state().await, core::State::Scheduled);
        if commits {
            tx.commit().await.unwrap();
        } else {
            tx.rollback().await.unwrap();
        }
        assert_eq!(state().await, expected);
    }
    assert_eq!(jobs[0].complete(4).await.unwrap().state, core::State::Completed, "as it said");
}
