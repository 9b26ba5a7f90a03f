//! The same on MariaDB and MySQL: transactions of the program's own, one database for each test.

use std::{sync::Arc, time::Duration};

use longshore::{
    Client, CompleteIn, Ctx, ErrorKind, JobId, Limits, Options, Polled, Result, State, Worker,
    core,
    mysql::{MysqlOptions, MysqlStore},
    sqlx::{self, AssertSqlSafe, MySqlPool},
};
use tokio::sync::Semaphore;

use crate::jobs::{Deposit, Double, double};

/// A test of each of these on every server.
macro_rules! on_both {
    ($($name:ident)+) => { on_both! { "multi_thread": $($name)+ } };
    ($flavor:tt: $($name:ident)+) => {$(
        mod $name {
            #[tokio::test(flavor = $flavor)]
            async fn on_mariadb() {
                super::on("LONGSHORE_TEST_MARIADB", super::$name).await;
            }

            #[tokio::test(flavor = $flavor)]
            async fn on_mysql() {
                super::on("LONGSHORE_TEST_MYSQL", super::$name).await;
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

/// A database with an account in it.
struct Database {
    pool: MySqlPool,
    options: MysqlOptions,
    name: String,
}

/// Runs a test on the server that a variable names, if there is one; the database of a failed test stays.
async fn on(variable: &str, test: impl AsyncFnOnce(&Database)) {
    let Ok(url) = std::env::var(variable) else {
        let required = std::env::var("LONGSHORE_TEST_REQUIRE").is_ok_and(|value| value == "1");
        // MariaDB is there in every run of the tests; MySQL where somebody brings it.
        let required = required && variable != "LONGSHORE_TEST_MYSQL";
        assert!(!required, "{variable} names no server: run `cargo xtask test`, which brings one");
        eprintln!("SKIPPED: {variable} names no server; `cargo xtask test` brings one");
        return;
    };
    let database = Database::fresh(&url).await;
    test(&database).await;
    database.vanish().await;
}

impl Database {
    async fn fresh(url: &str) -> Self {
        let name = format!("facade_{}", JobId::new().0.simple());
        let mut options = MysqlOptions::from_url(url).unwrap();
        let server = MySqlPool::connect_with(options.connect.clone()).await.unwrap();
        let make = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(make).execute(&server).await.unwrap();
        options.connect = options.connect.database(&name);
        let pool = MySqlPool::connect_with(options.connect.clone()).await.unwrap();
        for statement in [
            "CREATE TABLE accounts (id BIGINT PRIMARY KEY, cents BIGINT NOT NULL)",
            "INSERT INTO accounts VALUES (1, 0)",
        ] {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        Self { pool, options, name }
    }

    async fn client(&self) -> Client {
        let store = MysqlStore::connect(self.options.clone()).await.unwrap();
        let client = Client::new(Arc::new(store));
        client.store().migrate().await.unwrap();
        client
    }

    async fn balance(&self) -> i64 {
        let cents = sqlx::query_scalar("SELECT cents FROM accounts");
        cents.fetch_one(&self.pool).await.unwrap()
    }

    async fn vanish(self) {
        let drop = AssertSqlSafe(format!("DROP DATABASE {}", self.name));
        sqlx::query(drop).execute(&self.pool).await.unwrap();
    }
}

#[cfg(feature = "metrics")]
async fn what_is_done_inside_transactions_is_counted(database: &Database) {
    crate::metered::transactions_are_counted(database.client().await, database.pool.clone()).await;
}

async fn jobs_run_and_results_come_back(database: &Database) {
    let client = database.client().await;
    let enqueued = client.enqueue_all((0..7_000).map(Double)).await.unwrap();
    Worker::new(client.clone()).handle(double).queue("default", 50).drain().await.unwrap();
    let last = client.wait(enqueued[6_999].id(), Duration::from_secs(60)).await.unwrap();
    assert_eq!(last.result::<u64>().unwrap(), 13_998);
}

async fn a_job_lives_and_dies_with_the_transaction_that_stores_it(database: &Database) {
    let client = database.client().await;

    let mut tx = database.pool.begin().await.unwrap();
    let kept = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap().id();
    assert!(client.find(kept).await.unwrap().is_none(), "nobody else sees it before the commit");
    tx.commit().await.unwrap();
    client.wake("bank").await.unwrap();
    assert_eq!(client.find(kept).await.unwrap().unwrap().row.state, core::State::Available);

    let mut tx = database.pool.begin().await.unwrap();
    let gone = client.enqueue(Deposit { cents: 5 }).unique("once").tx(&mut tx).await.unwrap().id();
    tx.rollback().await.unwrap();
    assert!(client.find(gone).await.unwrap().is_none());
    assert!(!client.enqueue(Deposit { cents: 5 }).unique("once").await.unwrap().is_duplicate());
}

async fn deposit(job: Deposit, ctx: Ctx, State(pool): State<MySqlPool>) -> Result {
    let mut tx = pool.begin().await?;
    sqlx::query("UPDATE accounts SET cents = cents + ?").bind(job.cents).execute(&mut *tx).await?;
    ctx.complete_in(&mut tx, &"paid").await?;
    if ctx.attempt() == 1 {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(())
}

async fn a_completion_that_is_rolled_back_is_tried_again_and_one_that_commits_is_kept(
    database: &Database,
) {
    let client = database.client().await;
    let at_once = longshore::Backoff::Fixed { delay: Duration::ZERO };
    let id = client.enqueue(Deposit { cents: 5 }).backoff(at_once).await.unwrap().id();

    Worker::with_state(client.clone(), database.pool.clone())
        .handle(deposit)
        .queue("bank", 1)
        .drain()
        .await
        .unwrap();

    let job = client.find(id).await.unwrap().unwrap();
    assert_eq!((job.row.state, job.row.attempt), (core::State::Completed, 2));
    assert_eq!(job.result.unwrap().decode::<String>().unwrap(), "paid");
    assert_eq!(database.balance().await, 5, "the first attempt's deposit was rolled back");
}

/// What the two handlers of the next test and the test tell each other.
#[derive(Clone)]
struct Meeting {
    pool: MySqlPool,
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

async fn a_completion_that_is_not_committed_yet_holds_up_no_other_lease(database: &Database) {
    let client = database.client().await;
    let other = client.enqueue(Double(1)).await.unwrap().id();
    let id = client.enqueue(Deposit { cents: 5 }).await.unwrap().id();
    let nobody = || Arc::new(Semaphore::new(0));
    let meeting = Meeting { pool: database.pool.clone(), completed: nobody(), enough: nobody() };
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
    let error = match Client::connect_with("mysql://ada:secret@127.0.0.1:1/app", options).await {
        // A storage may connect when it is first asked.
        Ok(client) => client.enqueue(Double(1)).await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
}

async fn a_client_shares_the_pool_of_its_program_and_has_options_of_its_own(database: &Database) {
    // Where the server is comes from the pool alone.
    let options = MysqlOptions {
        prefix: "jobs_".into(),
        limits: Limits { payload_bytes: 20, ..Limits::default() },
        ..MysqlOptions::from_url("mysql://nobody@127.0.0.1:1/nothing").unwrap()
    };
    let client =
        Client::from_mysql_pool(&database.pool, options, Options::default()).await.unwrap();
    let mut tx = database.pool.begin().await.unwrap();
    let id = client.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap().id();
    tx.commit().await.unwrap();
    // It stands in the tables that were asked for.
    let options = MysqlOptions { prefix: "jobs_".into(), ..database.options.clone() };
    let same = Client::new(Arc::new(MysqlStore::connect(options).await.unwrap()));
    assert_eq!(same.find(id).await.unwrap().unwrap().row.state, core::State::Available);
    let long = client.enqueue(Deposit { cents: i64::MAX }).await.unwrap_err();
    assert_eq!(long.kind(), ErrorKind::Invalid, "{long}");
    same.enqueue(Deposit { cents: i64::MAX }).await.unwrap();
}

#[cfg(feature = "sqlite")]
async fn a_transaction_of_another_engine_is_refused(database: &Database) {
    let file = crate::sqlite_file::File::fresh();
    let mut tx = database.pool.begin().await.unwrap();
    let error = file.client().await.enqueue(Deposit { cents: 5 }).tx(&mut tx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("one of MySQL or MariaDB"), "{error}");
    drop(tx);
}

/// S2-5 to S2-10, S2-13 to S2-16, S2-20, S2-21, S2-25, S2-26
async fn a_loop_of_the_programs_own_gets_jobs_and_ends_them(database: &Database) {
    crate::polling::all(&database.client().await).await;
}

/// S2-22
async fn siblings_are_closed_with_the_transaction_that_completes_one(database: &Database) {
    let client = database.client().await;
    let hour = Duration::from_secs(3600);
    let waiting = client.enqueue(Double(1)).run_in(hour).correlation("order-7").await.unwrap().id();
    let closer = client.enqueue(Double(2)).correlation("order-7").completes_siblings();
    closer.await.unwrap();
    let mut poller = client.poller().job::<Double>();
    let Polled::Jobs(jobs) = poller.poll(1).await.unwrap() else { panic!("a job is due") };
    let state = async || client.find(waiting).await.unwrap().unwrap().row.state;
    for (commits, expected) in [(false, core::State::Scheduled), (true, core::State::Completed)] {
        let mut tx = database.pool.begin().await.unwrap();
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
